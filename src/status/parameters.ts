/**
 * The parameters of `cmd=update`: short names, labels, and from texts to values (mod_jk.md 7.4). What mod_jk ignores is
 * ignored: numbers that are none or too small, flags that are neither. What it would take for something else is not: an
 * unknown activation, method or lock goes on as it is, to be refused.
 */
import {
  type Attribute,
  backendAttributes,
  lbAttributes,
  memberAttributes,
  type SettingValue,
} from '../balancer/edit-attributes.ts'
import type { BackendSettings, LbSettings, MemberSettings } from '../balancer/edit-types.ts'

export interface Parameter<Key extends string = string> {
  readonly name: string
  readonly label: string
  readonly key: Key
  readonly attribute: Attribute
  /** Words on the form, in the order of their digits. */
  readonly words?: readonly string[]
}

const rowsOf = <Settings extends object>(
  attributes: Readonly<Record<keyof Settings, Attribute>>,
  rows: readonly (readonly [name: string, label: string, key: keyof Settings & string, words?: readonly string[]])[],
): readonly Parameter<keyof Settings & string>[] =>
  rows.map(([name, label, key, words]) => ({ name, label, key, attribute: attributes[key], ...(words && { words }) }))

export const lbParameters = rowsOf<LbSettings>(lbAttributes, [
  ['vlr', 'Retries', 'retries'],
  ['vlri', 'Retry Interval', 'retryIntervalMs'],
  ['vlt', 'Recover Wait Time', 'recoverTimeMs'],
  ['vlee', 'Error Escalation Time', 'errorEscalationTimeMs'],
  ['vlx', 'Max Reply Timeouts', 'maxReplyTimeouts'],
  ['vls', 'Sticky Sessions', 'stickySession'],
  ['vlf', 'Force Sticky Sessions', 'stickySessionForce'],
  ['vlm', 'LB Method', 'method', ['Requests', 'Traffic', 'Busyness', 'Sessions', 'Next']],
  ['vll', 'Locking', 'lock', ['Optimistic', 'Pessimistic']],
])

export const memberParameters = rowsOf<MemberSettings>(memberAttributes, [
  ['vwa', 'Activation', 'activation', ['Active', 'Disabled', 'Stopped']],
  ['vwf', 'LB Factor', 'lbfactor'],
  ['vwn', 'Route', 'route'],
  ['vwr', 'Redirect Route', 'redirect'],
  ['vwc', 'Cluster Domain', 'domain'],
  ['vwd', 'Distance', 'distance'],
])

export const backendParameters = rowsOf<BackendSettings>(backendAttributes, [
  ['vahst', 'Hostname', 'host'],
  ['vaprt', 'Port', 'port'],
  ['vacpt', 'Connection Pool Timeout', 'connectionPoolTimeoutMs'],
  ['vapng', 'Ping Timeout', 'pingTimeoutMs'],
  ['vact', 'Connect Timeout', 'connectTimeoutMs'],
  ['vapt', 'Prepost Timeout', 'prepostTimeoutMs'],
  ['vart', 'Reply Timeout', 'replyTimeoutMs'],
  ['var', 'Retries', 'retries'],
  ['vari', 'Retry Interval', 'retryIntervalMs'],
  ['vacpi', 'Connection Ping Interval', 'connectionPingIntervalMs'],
  ['varo', 'Recovery Options', 'recoveryOptions'],
  ['vabl', 'Busy Limit', 'busyLimit'],
  ['vamps', 'Max Packet Size', 'maxPacketSize'],
])

/** What `att` can name: an address belongs to one member. */
export const attributeParameters: readonly Parameter<keyof MemberSettings | keyof BackendSettings>[] = [
  ...memberParameters,
  ...backendParameters.filter(({ key }) => key !== 'host' && key !== 'port'),
]

export type Values = ReadonlyMap<string, string>

/** The settings that a query asks for. */
export function settingsIn<Key extends string>(
  values: Values,
  parameters: readonly Parameter<Key>[],
): Partial<Record<Key, SettingValue>> {
  const settings: Partial<Record<Key, SettingValue>> = {}
  for (const { name, key, attribute } of parameters) {
    const text = values.get(name)
    const value = text === undefined ? undefined : readSetting(attribute, text)
    if (value !== undefined) settings[key] = value
  }
  return settings
}

/** Undefined: as if it had not been given. */
export function readSetting(attribute: Attribute, text: string): SettingValue | undefined {
  switch (attribute.is) {
    case 'number': {
      const value = Number(/^\s*[+-]?\d{1,15}\s*$/.test(text) ? text : Number.NaN) * attribute.perUnit
      return value >= attribute.least ? value : undefined
    }
    case 'flag':
      return flagIn(text)
    case 'word':
      return wordIn(attribute.words, text) ?? text
    case 'host':
      return text.replace(/^\[([^\]]*)\]$/, '$1')
    default:
      return text
  }
}

/** The boolean syntax of workers.properties (mod_jk.md 1.1). */
function flagIn(text: string): boolean | undefined {
  const word = text.toLowerCase()
  if (word === 'off' || /^[0fn]/.test(word)) return false
  if (word === 'on' || /^[1ty]/.test(word)) return true
  return undefined
}

/** First letters and digits count. */
function wordIn(words: readonly string[], text: string): string | undefined {
  const first = text.slice(0, 1).toLowerCase()
  if (first === '') return undefined
  return words.find((word, index) => first === word[0] || first === String(index))
}

/**
 * The parameters of `cmd=update`: short names, labels, and from texts to values (mod_jk.md 7.4). What mod_jk ignores is
 * ignored: numbers that are none or too small, flags that are neither. What it would take for something else is not: an
 * unknown activation, method or lock goes on as it is. Whether a value is any good is for the balancer to say.
 */
import type { BackendSettings, LbSettings, MemberSettings } from '../balancer/edit-types.ts'

export type Kind =
  | {
      readonly is: 'number'
      /** In the unit of the parameter. */
      readonly least: number
      /** What is larger is ignored as well; else it is for the balancer to say. */
      readonly most?: number
      /** Seconds become milliseconds. */
      readonly perUnit: 1 | 1_000
    }
  | { readonly is: 'flag' }
  /** By first letter or digit; `labels` are those of the form, in the order of the digits. */
  | { readonly is: 'word'; readonly words: readonly string[]; readonly labels: readonly string[] }
  | { readonly is: 'text' | 'host' }

export interface Parameter<Key extends string = string> {
  readonly name: string
  readonly label: string
  readonly key: Key
  readonly kind: Kind
}

export type SettingValue = number | boolean | string

const from = (least: number): Kind => ({ is: 'number', least, perUnit: 1 })
/** Rounded up to whole KiB it must lie within 8 and 64 KiB, or it is ignored [live 1.2.48]. */
const packetBytes: Kind = { is: 'number', least: 7 * 1_024 + 1, most: 64 * 1_024, perUnit: 1 }
const secondsFrom = (least: number): Kind => ({ is: 'number', least, perUnit: 1_000 })
const flag: Kind = { is: 'flag' }
const text: Kind = { is: 'text' }
const words = (...pairs: readonly (readonly [word: string, label: string])[]): Kind => ({
  is: 'word',
  words: pairs.map(([word]) => word),
  labels: pairs.map(([, label]) => label),
})

const method = words(
  ['request', 'Requests'],
  ['traffic', 'Traffic'],
  ['busyness', 'Busyness'],
  ['session', 'Sessions'],
  ['next', 'Next'],
)
const lock = words(['optimistic', 'Optimistic'], ['pessimistic', 'Pessimistic'])
const activation = words(['active', 'Active'], ['disabled', 'Disabled'], ['stopped', 'Stopped'])

type Row<Settings> = readonly [name: string, label: string, key: keyof Settings & string, kind: Kind]

const parametersOf = <Settings>(rows: readonly Row<Settings>[]): readonly Parameter<keyof Settings & string>[] =>
  rows.map(([name, label, key, kind]) => ({ name, label, key, kind }))

export const lbParameters = parametersOf<LbSettings>([
  ['vlr', 'Retries', 'retries', from(1)],
  ['vlri', 'Retry Interval', 'retryIntervalMs', from(1)],
  ['vlt', 'Recover Wait Time', 'recoverTimeMs', secondsFrom(1)],
  ['vlee', 'Error Escalation Time', 'errorEscalationTimeMs', secondsFrom(1)],
  ['vlx', 'Max Reply Timeouts', 'maxReplyTimeouts', from(0)],
  ['vls', 'Sticky Sessions', 'stickySession', flag],
  ['vlf', 'Force Sticky Sessions', 'stickySessionForce', flag],
  ['vlm', 'LB Method', 'method', method],
  ['vll', 'Locking', 'lock', lock],
])

export const memberParameters = parametersOf<MemberSettings>([
  ['vwa', 'Activation', 'activation', activation],
  ['vwf', 'LB Factor', 'lbfactor', from(1)],
  ['vwn', 'Route', 'route', text],
  ['vwr', 'Redirect Route', 'redirect', text],
  ['vwc', 'Cluster Domain', 'domain', text],
  ['vwd', 'Distance', 'distance', from(0)],
])

export const backendParameters = parametersOf<BackendSettings>([
  ['vahst', 'Hostname', 'host', { is: 'host' }],
  ['vaprt', 'Port', 'port', from(0)],
  ['vacpt', 'Connection Pool Timeout', 'connectionPoolTimeoutMs', secondsFrom(0)],
  ['vapng', 'Ping Timeout', 'pingTimeoutMs', from(0)],
  ['vact', 'Connect Timeout', 'connectTimeoutMs', from(0)],
  ['vapt', 'Prepost Timeout', 'prepostTimeoutMs', from(0)],
  ['vart', 'Reply Timeout', 'replyTimeoutMs', from(0)],
  ['var', 'Retries', 'retries', from(1)],
  ['vari', 'Retry Interval', 'retryIntervalMs', from(1)],
  ['vacpi', 'Connection Ping Interval', 'connectionPingIntervalMs', secondsFrom(1)],
  ['varo', 'Recovery Options', 'recoveryOptions', from(0)],
  ['vabl', 'Busy Limit', 'busyLimit', from(0)],
  ['vamps', 'Max Packet Size', 'maxPacketSize', packetBytes],
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
  for (const { name, key, kind } of parameters) {
    const given = values.get(name)
    const value = given === undefined ? undefined : readSetting(kind, given)
    if (value !== undefined) settings[key] = value
  }
  return settings
}

/** Undefined: as if it had not been given. */
export function readSetting(kind: Kind, given: string): SettingValue | undefined {
  switch (kind.is) {
    case 'number': {
      const value = Number(/^\s*[+-]?\d{1,15}\s*$/.test(given) ? given : Number.NaN)
      const { least, most = Number.POSITIVE_INFINITY } = kind
      return value >= least && value <= most ? value * kind.perUnit : undefined
    }
    case 'flag':
      return flagIn(given)
    case 'word':
      return wordIn(kind.words, given) ?? given
    case 'host':
      return given.replace(/^\[([^\]]*)\]$/, '$1')
    case 'text':
      return given
  }
}

/** The boolean syntax of workers.properties (mod_jk.md 1.1). */
function flagIn(given: string): boolean | undefined {
  const word = given.toLowerCase()
  if (word === 'off' || /^[0fn]/.test(word)) return false
  if (word === 'on' || /^[1ty]/.test(word)) return true
  return undefined
}

/** First letters and digits count. */
function wordIn(known: readonly string[], given: string): string | undefined {
  const first = given.slice(0, 1).toLowerCase()
  if (first === '') return undefined
  return known.find((word, index) => first === word[0] || first === String(index))
}

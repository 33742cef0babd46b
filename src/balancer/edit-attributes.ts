/**
 * The attributes of live workers that can be changed: their names in workers.properties, and what they take. One row each
 * (mod_jk.md 7.4); limits are those of `resolve-workers.ts`, so that no edit gets in what a start would refuse.
 */
import { isIP } from 'node:net'
import type { BackendSettings, EditReason, LbSettings, MemberSettings } from './edit-types.ts'
import { MAX_COUNT, MAX_MS } from './findings.ts'
import { MAX_LBFACTOR, MAX_PORT, MAX_RECOVERY_OPTIONS } from './resolve-workers.ts'

export type Attribute =
  | {
      readonly is: 'number'
      readonly directive: string
      readonly least: number
      readonly most: number
      /** Unit in the file, where the option is in milliseconds. */
      readonly perUnit: 1 | 1_000
    }
  | { readonly is: 'flag'; readonly directive: string }
  | { readonly is: 'word'; readonly directive: string; readonly words: readonly string[] }
  | { readonly is: 'text' | 'host' | 'route'; readonly directive: string }

export type SettingValue = number | boolean | string
type Settings = Readonly<Record<string, SettingValue | undefined>>

/** Bytes of a name in mod_jk's shared memory (mod_jk.md 7.4: longer routes, domains and hosts are refused). */
export const MAX_NAME_BYTES = 63

const number = (directive: string, least: number, most = MAX_COUNT): Attribute => ({
  is: 'number',
  directive,
  least,
  most,
  perUnit: 1,
})
const ms = (directive: string, least = 0): Attribute => number(directive, least, MAX_MS)
const seconds = (directive: string, least: number): Attribute => ({
  is: 'number',
  directive,
  least: least * 1_000,
  most: MAX_MS,
  perUnit: 1_000,
})

export const lbAttributes: Readonly<Record<keyof LbSettings, Attribute>> = {
  retries: number('retries', 1),
  retryIntervalMs: ms('retry_interval', 1),
  recoverTimeMs: seconds('recover_time', 1),
  errorEscalationTimeMs: seconds('error_escalation_time', 0),
  maxReplyTimeouts: number('max_reply_timeouts', 0),
  stickySession: { is: 'flag', directive: 'sticky_session' },
  stickySessionForce: { is: 'flag', directive: 'sticky_session_force' },
  method: { is: 'word', directive: 'method', words: ['request', 'traffic', 'busyness', 'session', 'next'] },
  lock: { is: 'word', directive: 'lock', words: ['optimistic', 'pessimistic'] },
}

export const memberAttributes: Readonly<Record<keyof MemberSettings, Attribute>> = {
  activation: { is: 'word', directive: 'activation', words: ['active', 'disabled', 'stopped'] },
  lbfactor: number('lbfactor', 1, MAX_LBFACTOR),
  route: { is: 'route', directive: 'route' },
  redirect: { is: 'text', directive: 'redirect' },
  domain: { is: 'text', directive: 'domain' },
  distance: number('distance', 0),
}

export const backendAttributes: Readonly<Record<keyof BackendSettings, Attribute>> = {
  host: { is: 'host', directive: 'host' },
  port: number('port', 0, MAX_PORT),
  connectionPoolTimeoutMs: seconds('connection_pool_timeout', 0),
  pingTimeoutMs: ms('ping_timeout'),
  connectTimeoutMs: ms('connect_timeout'),
  prepostTimeoutMs: ms('prepost_timeout'),
  replyTimeoutMs: ms('reply_timeout'),
  retries: number('retries', 1),
  retryIntervalMs: ms('retry_interval', 1),
  connectionPingIntervalMs: seconds('connection_ping_interval', 1),
  recoveryOptions: number('recovery_options', 0, MAX_RECOVERY_OPTIONS),
  busyLimit: number('busy_limit', 0),
  maxPacketSize: number('max_packet_size', 0),
}

/** What is wrong with a value; undefined for nothing. */
export function refusalOf(attribute: Attribute, value: SettingValue): EditReason | undefined {
  switch (attribute.is) {
    case 'number':
      return isWithin(value, attribute.least, attribute.most) ? undefined : 'out-of-range'
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'unknown-word'
    case 'word':
      return attribute.words.includes(String(value)) ? undefined : 'unknown-word'
    case 'text':
      return textRefusal(value, true)
    case 'route':
      return textRefusal(value, false)
    case 'host':
      return textRefusal(value, false) ?? (isHost(String(value)) ? undefined : 'unresolvable')
  }
}

/** A value as workers.properties would have it. */
export function written(attribute: Attribute, value: SettingValue): string {
  return attribute.is === 'number' && typeof value === 'number' ? String(value / attribute.perUnit) : String(value)
}

/** The attributes whose values differ, in the words of workers.properties; what one side does not have is left out. */
export function differences(
  attributes: Readonly<Record<string, Attribute>>,
  before: object,
  after: object,
): { attribute: string; before: string; after: string }[] {
  const [old, now] = [before as Settings, after as Settings]
  return Object.entries(attributes).flatMap(([key, attribute]) => {
    const [was, is] = [old[key], now[key]]
    if (was === is || was === undefined || is === undefined) return []
    return [{ attribute: attribute.directive, before: written(attribute, was), after: written(attribute, is) }]
  })
}

/** The value that {@link written} has made this of; undefined for what it cannot have made. */
export function unwritten(attribute: Attribute, text: string): SettingValue | undefined {
  switch (attribute.is) {
    case 'number':
      return /^\d{1,10}(?:\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * attribute.perUnit) : undefined
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : undefined
    default:
      return text
  }
}

function isWithin(value: SettingValue, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function textRefusal(value: SettingValue, mayBeEmpty: boolean): EditReason | undefined {
  if (typeof value !== 'string') return 'unknown-word'
  if (Buffer.byteLength(value) > MAX_NAME_BYTES) return 'too-long'
  return value === '' && !mayBeEmpty ? 'empty' : undefined
}

/** An address, or letters, digits, hyphens and underscores between dots: nothing that a resolver would read otherwise. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\w-]+(?:\.[\w-]+)*\.?$/.test(text)
}

/**
 * What a mount rule, or the environment of a request, changes for the requests it concerns (mod_jk.md 2.3 and 3.4): the
 * rule extensions as options, and what an exchange carries of them. Nearly all requests carry none.
 */
import { MAX_MS } from './findings.ts'
import type { Activation } from './options.ts'
import type { Told } from './telling.ts'

/** `WORKER;name=value;…`. What is left out stays as the worker has it. */
export interface RuleExtensions {
  /** ms; 0 = no limit. mod_jk `reply_timeout`. */
  readonly replyTimeoutMs?: number
  /** The session is not looked at. mod_jk `sticky_ignore`. */
  readonly stickyIgnore?: boolean
  /** Does not count as a session, and is dealt out in turn. mod_jk `stateless`. */
  readonly stateless?: boolean
  /** Members of the lb with another activation here; whoever stands in several lists: the last of these counts. */
  readonly active?: readonly string[]
  readonly disabled?: readonly string[]
  readonly stopped?: readonly string[]
  /** Instead of the worker's list. mod_jk `fail_on_status`. */
  readonly failOnStatus?: readonly number[]
  /** Answers with this status or a higher one are replaced by a page of the front; 0 = none. mod_jk `use_server_errors`. */
  readonly useServerErrors?: number
  /** Names by which the session is found, and of the cookie that is set. */
  readonly sessionCookie?: string
  readonly sessionPath?: string
  /** Sets the cookie although the lb does not. */
  readonly setSessionCookie?: boolean
  /** Path of the cookie that is set. */
  readonly sessionCookiePath?: string
}

/** The same as an exchange carries it. */
export interface RequestOverrides extends Omit<RuleExtensions, 'active' | 'disabled' | 'stopped'> {
  /** By name of the member. */
  readonly activations?: ReadonlyMap<string, Activation>
  /** Taken for the route of the session, whatever the request says (`JK_ROUTE`). */
  readonly route?: string
  /** What an AJP worker is told other than what the front knows. */
  readonly told?: Told
  /** The connection to the worker is closed after the answer. */
  readonly closesConnections?: boolean
}

const ACTIVATIONS = ['active', 'disabled', 'stopped'] as const satisfies readonly Activation[]

/** Undefined where a rule changes nothing. */
export function overridesOf(extensions: RuleExtensions | undefined): RequestOverrides | undefined {
  if (extensions === undefined) return undefined
  const { active, disabled, stopped, ...same } = extensions
  const activations = new Map<string, Activation>()
  for (const activation of ACTIVATIONS)
    for (const member of extensions[activation] ?? []) activations.set(member, activation)
  return activations.size === 0 ? same : { ...same, activations }
}

/** Environment variables that change how a request is served (2.3); `no-jk` and JK_WORKER_NAME are for the dispatcher. */
export function withEnvironment(
  overrides: RequestOverrides | undefined,
  env: ReadonlyMap<string, string>,
): RequestOverrides | undefined {
  const changed: { -readonly [Name in keyof RequestOverrides]: RequestOverrides[Name] } = {}
  const timeout = env.get('JK_REPLY_TIMEOUT')
  // As mod_jk reads it: what does not begin with a digit is 0, and negative values are passed over.
  if (timeout !== undefined && !timeout.trimStart().startsWith('-'))
    changed.replyTimeoutMs = Math.min(Number.parseInt(timeout, 10) || 0, MAX_MS)
  const ignore = env.get('JK_STICKY_IGNORE')
  if (ignore !== undefined) changed.stickyIgnore = isSwitchedOn(ignore)
  const stateless = env.get('JK_STATELESS')
  if (stateless !== undefined) changed.stateless = isSwitchedOn(stateless)
  const route = env.get('JK_ROUTE')
  if (route !== undefined && route !== '') changed.route = route
  return Object.keys(changed).length === 0 ? overrides : { ...overrides, ...changed }
}

/** Empty or not zero. */
function isSwitchedOn(value: string): boolean {
  return value === '' || (Number.parseInt(value, 10) || 0) !== 0
}

/** When an AJP connection is asked for a sign of life, and how long that may take (ajp13.md 5.1, mod_jk.md 5.2). */
import type { ResolvedEndpointWorker } from './resolved-options.ts'
import { isIdempotent } from './retry.ts'

/** A connection that has been silent for longer may have ended unnoticed: no POST on it without a CPing. */
const SAFE_IDLE_MS = 1_000
/** How long the answer to that CPing may take, where no option says so. */
const SAFETY_PING_MS = 5_000

type PingOptions = Pick<ResolvedEndpointWorker, 'connectTimeoutMs' | 'prepostTimeoutMs' | 'allowReplay'>

/** On a new connection, whose first request then follows without another, ms; 0 = not at all. */
export function pingAfterConnecting({ connectTimeoutMs, prepostTimeoutMs }: PingOptions): number {
  return connectTimeoutMs || prepostTimeoutMs
}

/** On a connection that has served before and was last heard of `silentMs` ago, ms; 0 = not at all. */
export function pingBeforeRequest(options: PingOptions, method: string, silentMs: number): number {
  if (options.prepostTimeoutMs > 0) return options.prepostTimeoutMs
  const mayGoTwice = options.allowReplay || isIdempotent(method)
  return silentMs > SAFE_IDLE_MS && !mayGoTwice ? SAFETY_PING_MS : 0
}

/**
 * When a session ends by itself, and on which node. Idle time is measured on the monotonic clock of each node, so setting
 * a wall clock ends no session and keeps none.
 */
import type { Session } from './session.ts'

/**
 * - `owner`: this node served the session last. It knows exactly when that was.
 * - `heir`: the owner is gone, and of those left this node is the one that acts for it.
 * - `copy`: neither.
 */
export type ExpiryRole = 'owner' | 'heir' | 'copy'

/** `expire`: end it everywhere and report it. `forget`: drop our copy without a word. */
export type ExpiryDuty = 'keep' | 'expire' | 'forget'

export interface ExpiryRules {
  /** By how much a copy's knowledge of the last request may be behind. */
  readonly touchIntervalMs: number
  /** What others wait on top of that, for messages on their way and for nodes that are slow. */
  readonly replicaGraceMs: number
}

/**
 * Tomcat's replicas wait twice the interval and then end the session silently (tomcat-cluster.md 6.9), so nobody is told
 * when its node has died. Here one of the living, the heir, ends it in the owner's place, and reports it.
 */
export function expiryDuty(role: ExpiryRole, idleMs: number, maxInactiveMs: number, rules: ExpiryRules): ExpiryDuty {
  if (maxInactiveMs <= 0) return 'keep'
  if (role === 'owner') return idleMs >= maxInactiveMs ? 'expire' : 'keep'
  const graceMs = rules.touchIntervalMs + rules.replicaGraceMs
  if (role === 'heir') return idleMs >= maxInactiveMs + graceMs ? 'expire' : 'keep'
  return idleMs >= maxInactiveMs + 2 * graceMs ? 'forget' : 'keep'
}

/** Whether a request may still have the session. A copy gives it the time by which its knowledge may be behind. */
export function isUsable(role: ExpiryRole, idleMs: number, maxInactiveMs: number, rules: ExpiryRules): boolean {
  if (maxInactiveMs <= 0) return true
  return idleMs < (role === 'owner' ? maxInactiveMs : maxInactiveMs + rules.touchIntervalMs)
}

/** Whether a session is over its time whoever uses it. Its age is known to all nodes alike, so none gives it more. */
export function isTooOld(ageMs: number, maxLifetimeMs: number): boolean {
  return maxLifetimeMs > 0 && ageMs >= maxLifetimeMs
}

/** What remains to be done where there are two reasons. */
export function stricter(a: ExpiryDuty, b: ExpiryDuty): ExpiryDuty {
  return a === 'expire' || b === 'keep' ? a : b
}

/** Fewest sessions looked at in one slice of the search. */
const MIN_SLICE = 256
/** The whole table is searched in this many slices; with one a second an ended session is found within about 10 s. */
const SLICES = 10
/** Most sessions in one slice: about 2 ms. */
const MAX_SLICE = 20_000

/** Walks through the table of sessions a slice at a time, from where it stopped. Sessions may come and go meanwhile. */
export class ExpiryScan {
  readonly #sessions: ReadonlyMap<string, Session>
  #at: Iterator<Session> | undefined

  constructor(sessions: ReadonlyMap<string, Session>) {
    this.#sessions = sessions
  }

  /** True when the end of the table was reached: the next slice begins anew. */
  slice(visit: (session: Session) => void): boolean {
    const count = Math.min(MAX_SLICE, Math.max(MIN_SLICE, Math.ceil(this.#sessions.size / SLICES)))
    for (let i = 0; i < count; i++) {
      this.#at ??= this.#sessions.values()
      const next = this.#at.next()
      if (next.done) {
        this.#at = undefined
        return true
      }
      visit(next.value)
    }
    return false
  }
}

/**
 * Which sessions are whose, in the store. A session is claimed for its user before the store has it, and the claim is renewed so
 * often that it outlives the session; so whoever looks finds all sessions of a user that are there, and perhaps some
 * that are not, or are another's by now: those he sees when he reads them.
 */
import type { ResolvedSessionOptions } from '../options.ts'
import type { Session } from '../session.ts'
import type { OpenStore } from './store.ts'
import type { StoreCalls } from './store-calls.ts'

export type UserOf = (session: Session) => string | undefined

interface Claim {
  readonly user: string
  readonly key: string
  /** How long the session lasted without a request then, ms; 0 or less = for ever. */
  readonly lastsMs: number
  /** Monotonic. */
  readonly at: number
}

export class Claims {
  /** Undefined until somebody wants an index. */
  userOf: UserOf | undefined
  readonly #store: OpenStore
  readonly #calls: StoreCalls
  readonly #options: ResolvedSessionOptions
  readonly #onFailure: (error: unknown) => void
  readonly #claims = new WeakMap<Session, Claim>()

  /** `onFailure`: the application's own function threw; then the session is nobody's, and is saved all the same. */
  constructor(
    store: OpenStore,
    calls: StoreCalls,
    options: ResolvedSessionOptions,
    onFailure: (error: unknown) => void,
  ) {
    this.#store = store
    this.#calls = calls
    this.#options = options
    this.#onFailure = onFailure
  }

  /** To be called before the store is told of the session. */
  async keep(session: Session, key: string): Promise<void> {
    const user = this.#whose(session)
    if (user === undefined) return
    const { clock, touchIntervalMs, maxLifetimeMs } = this.#options
    const before = this.#claims.get(session)
    const at = clock.monotonic()
    const lastsMs = shorter(session.maxInactiveMs, maxLifetimeMs)
    const isSame = before?.user === user && before.key === key && before.lastsMs === lastsMs
    if (isSame && at - before.at < touchIntervalMs) return
    // What changes before the next renewal keeps the session this much longer, or begins it this much later.
    const forMs = lastsMs > 0 ? lastsMs + 2 * touchIntervalMs : 0
    await this.#calls.run(() => this.#store.claim(user, key, forMs))
    this.#claims.set(session, { user, key, lastsMs, at })
  }

  /** The key is dead. Should this fail, the claim lapses; never rejects. */
  async release(session: Session, key: string): Promise<void> {
    const user = this.#claims.get(session)?.user ?? this.#whose(session)
    if (user === undefined) return
    await this.#calls.run(() => this.#store.release(user, key)).catch(() => {})
  }

  of(user: string): Promise<string[]> {
    return this.#calls.run(() => this.#store.claimed(user, this.#options.limits.userSessions))
  }

  #whose(session: Session): string | undefined {
    try {
      return this.userOf?.(session)
    } catch (error) {
      this.#onFailure(error)
      return undefined
    }
  }
}

/** Of two times of which 0 or less means for ever. */
function shorter(a: number, b: number): number {
  return a > 0 && b > 0 ? Math.min(a, b) : Math.max(a, b)
}

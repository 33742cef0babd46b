/**
 * What a persistent manager asks of a store. Each call is one atomic step on one session, so a store needs no transaction
 * over several keys and may spread sessions over as many machines as it likes. Versions decide between writes
 * (`stored-field.ts`); time is the store's own, so the clocks of the nodes need not agree.
 *
 * Every step may be repeated: an answer that got lost does no harm. Calls reject when the store does not answer; how long
 * that is waited for, and what happens then, is `persistent-replication.ts`.
 */

/** Makes or finds the sessions of one application, by the manager's name. */
export interface SessionStore {
  open(name: string): OpenStore
}

export interface OpenStore {
  read(key: string): Promise<Stored>
  /** Merges: each field that is later than the one that is there takes its place; all in one step. */
  write(key: string, change: StoredChange): Promise<Outcome>
  /** The session is in use, and nothing else is new. */
  touch(key: string, times: StoredTimes): Promise<Outcome>
  /** Ends it, and remembers for `rememberMs` that it must not come back. */
  destroy(key: string, rememberMs: number): Promise<Outcome>
  /**
   * Ends it in favour of another key, if it was not written to since a `read` that said `writes`; else answers as `read`.
   * `writes` undefined: in any case.
   */
  leave(key: string, move: { to: string; writes: number | undefined; rememberMs: number }): Promise<Stored | Done>

  /** Keys of all sessions, in portions; perhaps some twice, and some that have ended. What begins meanwhile may lack. */
  keys(): AsyncIterator<readonly string[]>

  /** Says that the session is the user's, for `forMs` (0 = for good) from now on. */
  claim(user: string, key: string, forMs: number): Promise<void>
  release(user: string, key: string): Promise<void>
  /** What was claimed, those that ended without a word included; the latest `max` at most. */
  claimed(user: string, max: number): Promise<string[]>
}

export interface StoredTimes {
  /** Idle time after which the session ends by itself, ms; 0 or less = never. */
  readonly idleMs: number
  /** Age at which it ends, however much it is used, ms; 0 = never. */
  readonly lifetimeMs: number
}

export interface StoredChange extends StoredTimes {
  /** Begin the session if it is not there. A change alone never does: what has ended stays so. */
  readonly create: boolean
  /** With `create`: how old it is already, ms. */
  readonly ageMs: number
  /** By attribute name; see `stored-field.ts`. */
  readonly fields: ReadonlyMap<string, Uint8Array>
  /** Beyond so many fields, those that say since a while that an attribute was removed are forgotten. */
  readonly maxFields: number
}

export interface Done {
  readonly type: 'done'
}

export type Ended =
  /** It never was, has expired, or the store has lost it. */
  | { readonly type: 'missing' }
  | { readonly type: 'destroyed' }
  | { readonly type: 'moved'; readonly to: string; readonly agoMs: number }

export type Outcome = Done | Ended

export interface Living {
  readonly type: 'living'
  readonly createdMs: number
  readonly accessedMs: number
  /** Of the store's clock, when it answered. */
  readonly nowMs: number
  /** How many writes it has had; for `leave`. */
  readonly writes: number
  readonly fields: ReadonlyMap<string, Uint8Array>
}

export type Stored = Living | Ended

export const DONE: Done = { type: 'done' }
export const MISSING: Ended = { type: 'missing' }

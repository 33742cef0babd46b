/**
 * A store in this process on a test's clock, which does what `redis-scripts.ts` does. Trouble is made on purpose: the store can be down, hang, lose everything,
 * or do a thing and lose the answer.
 */
import type { Clock } from '../../clock/clock.ts'
import type {
  Done,
  Living,
  OpenStore,
  Outcome,
  SessionStore,
  Stored,
  StoredChange,
  StoredTimes,
} from '../persistent/store.ts'
import { DONE, MISSING } from '../persistent/store.ts'
import { FLAGS_AT, isLater, REMOVED } from '../persistent/stored-field.ts'

interface Row {
  readonly createdMs: number
  accessedMs: number
  writes: number
  endsAt: number
  readonly fields: Map<string, Uint8Array>
  readonly ended: 'd' | 'm' | undefined
  readonly to: string
}

/** `down`: rejects. `hang`: never answers. `deaf`: does it, and the answer is lost. */
export type Mood = 'fine' | 'down' | 'hang' | 'deaf'

const FORGET_REMOVALS_MS = 60_000

export class MemoryStore implements SessionStore {
  mood: Mood = 'fine'
  /** Steps so far, by name. */
  readonly calls: string[] = []
  /** What comes between the steps, where a test wants to decide. */
  gate: (step: string) => Promise<void> = () => Promise.resolve()
  readonly #clock: Clock
  readonly #spaces = new Map<string, { rows: Map<string, Row>; claims: Map<string, Map<string, number>> }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** As after a restart without persistence. */
  loseAll(): void {
    for (const { rows, claims } of this.#spaces.values()) {
      rows.clear()
      claims.clear()
    }
  }

  open(name: string): OpenStore {
    let space = this.#spaces.get(name)
    if (space === undefined) {
      space = { rows: new Map(), claims: new Map() }
      this.#spaces.set(name, space)
    }
    const { rows, claims } = space
    const step = <T>(what: string, run: () => T) => this.#step(what, run)
    return {
      read: (key) => step('read', () => this.#read(rows, key)),
      write: (key, change) => step('write', () => this.#write(rows, key, change)),
      touch: (key, times) => step('touch', () => this.#touch(rows, key, times)),
      destroy: (key, rememberMs) => step('destroy', () => this.#destroy(rows, key, rememberMs)),
      leave: (key, move) => step('leave', () => this.#leave(rows, key, move)),
      keys: () => this.#keys(rows),
      claim: (user, key, forMs) =>
        step('claim', () => {
          const claimed = claims.get(user) ?? new Map<string, number>()
          claims.set(user, claimed.set(key, forMs > 0 ? this.#clock.now() + forMs : Number.POSITIVE_INFINITY))
        }),
      release: (user, key) => step('release', () => void claims.get(user)?.delete(key)),
      claimed: (user, max) =>
        step('claimed', () =>
          [...(claims.get(user) ?? [])]
            .filter(([, endsAt]) => endsAt > this.#clock.now())
            .sort((a, b) => b[1] - a[1])
            .map(([key]) => key)
            .slice(0, max),
        ),
    }
  }

  async #step<T>(what: string, run: () => T): Promise<T> {
    this.calls.push(what)
    await this.gate(what)
    if (this.mood === 'down') throw new Error('the store is down')
    const answer = this.mood === 'hang' ? undefined : run()
    if (this.mood !== 'fine') return new Promise(() => {})
    return answer as T
  }

  async *#keys(rows: Map<string, Row>): AsyncGenerator<string[], undefined> {
    const keys = [...rows.keys()]
    for (let at = 0; at < keys.length; at += 2) yield this.#step('keys', () => keys.slice(at, at + 2))
    return undefined
  }

  #row(rows: Map<string, Row>, key: string): Row | undefined {
    const row = rows.get(key)
    if (row === undefined || row.endsAt > this.#clock.now()) return row
    rows.delete(key)
    return undefined
  }

  #over(rows: Map<string, Row>, key: string): Exclude<Stored, Living> | undefined {
    const row = this.#row(rows, key)
    if (row === undefined) return MISSING as Exclude<Stored, Living>
    if (row.ended === 'd') return { type: 'destroyed' }
    if (row.ended === 'm') return { type: 'moved', to: row.to, agoMs: this.#clock.now() - row.accessedMs }
    return undefined
  }

  #read(rows: Map<string, Row>, key: string): Stored {
    const over = this.#over(rows, key)
    if (over !== undefined) return over
    const { createdMs, accessedMs, writes, fields } = rows.get(key)!
    return { type: 'living', createdMs, accessedMs, writes, nowMs: this.#clock.now(), fields: new Map(fields) }
  }

  #write(rows: Map<string, Row>, key: string, change: StoredChange): Outcome {
    const now = this.#clock.now()
    const over = this.#over(rows, key)
    if (over !== undefined) {
      if (over.type !== 'missing' || !change.create) return over
      const createdMs = now - change.ageMs
      rows.set(key, { createdMs, accessedMs: now, writes: 0, endsAt: 0, fields: new Map(), ended: undefined, to: '' })
    }
    const row = rows.get(key)!
    for (const [name, field] of change.fields) {
      const known = row.fields.get(name)
      if (known === undefined || isLater(field, known)) row.fields.set(name, Uint8Array.from(field))
    }
    if (row.fields.size > change.maxFields) {
      for (const [name, field] of row.fields) {
        const timeMs = Buffer.from(field).readUIntBE(0, 6)
        if (field[FLAGS_AT] === REMOVED && now - timeMs > FORGET_REMOVALS_MS) row.fields.delete(name)
      }
    }
    row.writes++
    return this.#used(row, change)
  }

  #touch(rows: Map<string, Row>, key: string, times: StoredTimes): Outcome {
    return this.#over(rows, key) ?? this.#used(rows.get(key)!, times)
  }

  #used(row: Row, { idleMs, lifetimeMs }: StoredTimes): Outcome {
    const now = this.#clock.now()
    row.accessedMs = now
    const idleEnd = idleMs > 0 ? now + idleMs : Number.POSITIVE_INFINITY
    const lifeEnd = lifetimeMs > 0 ? row.createdMs + lifetimeMs : Number.POSITIVE_INFINITY
    row.endsAt = Math.max(now + 1, Math.min(idleEnd, lifeEnd))
    return DONE
  }

  #destroy(rows: Map<string, Row>, key: string, rememberMs: number): Outcome {
    const over = this.#over(rows, key)
    if (over?.type === 'moved') return over
    this.#bury(rows, key, 'd', '', rememberMs)
    return DONE
  }

  #leave(
    rows: Map<string, Row>,
    key: string,
    { to, writes, rememberMs }: { to: string; writes: number | undefined; rememberMs: number },
  ): Stored | Done {
    const stored = this.#read(rows, key)
    if (stored.type !== 'living' || (writes !== undefined && stored.writes !== writes)) return stored
    this.#bury(rows, key, 'm', to, rememberMs)
    return DONE
  }

  #bury(rows: Map<string, Row>, key: string, ended: 'd' | 'm', to: string, rememberMs: number): void {
    const now = this.#clock.now()
    rows.set(key, {
      createdMs: now,
      accessedMs: now,
      writes: 0,
      endsAt: now + rememberMs,
      fields: new Map(),
      ended,
      to,
    })
  }
}

/**
 * Which session of this node nobody has used for longest: that is the one to end where there is room for no more and the
 * manager was told to make some (`whenFull`). Nothing is done when a session is used; the order is made by the search for
 * ended sessions, which looks at every one anyway. Whether one may be ended is the manager's business, and so is ending it.
 *
 * What it guarantees: while any of the `KEPT` that a search leaves is as idle as it was found, it gives the idlest of all
 * that the search has seen. That needs no second look at the table: using a session moves it back in the order and never
 * forward, so one that was not used still stands before all that were not kept. When those kept are used up before the
 * next search is through, it gives the idlest of the `SAMPLE` that come next in the table. Either way it looks at
 * `KEPT` + `SAMPLE` sessions at most, and at each of those kept once per search.
 */
import type { Session } from './session.ts'

/** Sessions that a search leaves in order. At 20 000 looked at per second, in a table of 1 000 000: 80 a second. */
const KEPT = 4096
/** Sessions looked at where those are used up. Of 64 in no order, the idlest is in the mean among the idlest 2 % of all. */
const SAMPLE = 64

interface Found {
  readonly session: Session
  /** When it was found: if it has been used since, it is none of the idlest any more. */
  readonly touchedAt: number
}

export interface IdlestSizes {
  readonly kept: number
  readonly sample: number
}

export class IdlestSessions {
  readonly #sessions: ReadonlyMap<string, Session>
  readonly #mayEnd: (session: Session) => boolean
  readonly #sizes: IdlestSizes
  /** Of the last complete search, idlest first; those before `#next` are taken. */
  #order: readonly Found[] = []
  #next = 0
  /** Of the search that is under way; in order up to where it was last cut. */
  #found: Found[] = []
  /** Who was used later than this is none of them. */
  #bar = Number.POSITIVE_INFINITY
  /** Where the last look beyond the order ended. */
  #at: Iterator<Session> | undefined

  constructor(
    sessions: ReadonlyMap<string, Session>,
    mayEnd: (session: Session) => boolean,
    sizes: IdlestSizes = { kept: KEPT, sample: SAMPLE },
  ) {
    this.#sessions = sessions
    this.#mayEnd = mayEnd
    this.#sizes = sizes
  }

  /** The search has come to a session that this node serves. */
  offer(session: Session): void {
    const { touchedAt } = session
    if (touchedAt >= this.#bar) return
    this.#found.push({ session, touchedAt })
    // Sorted when twice as many are there, not one by one: n sessions cost n × log(kept) at worst.
    if (this.#found.length >= 2 * this.#sizes.kept) this.#cut()
  }

  /** The search has seen all. */
  searched(): void {
    this.#cut()
    this.#order = this.#found
    this.#next = 0
    this.#found = []
    this.#bar = Number.POSITIVE_INFINITY
    // A place in a table that grows and shrinks holds what the table once was.
    this.#at = undefined
  }

  /** Each is given once, until the next search. Undefined when none is found that may be ended. */
  take(): Session | undefined {
    while (this.#next < this.#order.length) {
      const { session, touchedAt } = this.#order[this.#next++]!
      if (session.touchedAt === touchedAt && this.#isHere(session) && this.#mayEnd(session)) return session
    }
    this.#order = []
    return this.#idlestOfNext()
  }

  #isHere(session: Session): boolean {
    return this.#sessions.get(session.key) === session
  }

  #cut(): void {
    const { kept } = this.#sizes
    this.#found.sort((a, b) => a.touchedAt - b.touchedAt)
    if (this.#found.length < kept) return
    this.#found.length = kept
    this.#bar = this.#found[kept - 1]!.touchedAt
  }

  #idlestOfNext(): Session | undefined {
    let idlest: Session | undefined
    let isSecondRound = false
    for (let looked = 0; looked < this.#sizes.sample; ) {
      this.#at ??= this.#sessions.values()
      const next = this.#at.next()
      if (next.done) {
        this.#at = undefined
        if (isSecondRound) break
        isSecondRound = true
        continue
      }
      looked++
      const session = next.value
      if ((idlest === undefined || session.touchedAt < idlest.touchedAt) && this.#mayEnd(session)) idlest = session
    }
    return idlest
  }
}

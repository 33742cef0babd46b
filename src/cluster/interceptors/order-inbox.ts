/**
 * What came from one member, put in order: which number is next, and what waits for it. It knows no clock and delivers
 * nothing itself.
 *
 * A sender begins to count anew when it was restarted, or when it lost sight of this node, which this node may not have
 * noticed (Tomcat's `memberDisappeared`, too, resets the counters of one side). The message with number 1 tells: where it
 * has another id than the one before, it is not that one sent again.
 */
import { sameBytes } from '../identity.ts'
import type { IncomingMessage } from './interceptor.ts'
import { following, stepsAhead } from './order-number.ts'

export type Place =
  /** Deliver it. */
  | 'next'
  /** Its gap was given up, or it came before: deliver it, it moves nothing. */
  | 'late'
  /** Let it wait. */
  | 'early'
  /** It belongs to a new count: call `restart`, and ask again. */
  | 'anew'

export interface Waiting {
  readonly message: IncomingMessage
  /** Monotonic ms. */
  readonly since: number
}

export interface GivenUp {
  /** In order. */
  readonly taken: readonly Waiting[]
  /** Gaps before them. */
  readonly gaps: number
}

export class OrderInbox {
  #expected = 1
  /** The one that waits longest is the first. */
  readonly #waiting = new Map<number, Waiting>()
  #bytes = 0
  /** Of the message that had number 1. */
  #firstId: Uint8Array | undefined
  /** The sender was lost: it may have begun to count anew. */
  #isUnsure = false

  /** The next number. */
  get expected(): number {
    return this.#expected
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** What they hold. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes that a message came. */
  place(number: number, uniqueId: Uint8Array): Place {
    const ahead = stepsAhead(this.#expected, number)
    if (ahead < 0) return this.#placeBehind(number, uniqueId)
    this.#isUnsure = false
    if (number === 1) this.#firstId = Uint8Array.from(uniqueId)
    if (ahead > 0) return 'early'
    this.#expected = following(number)
    return 'next'
  }

  /** Keeps a copy of a message that came early. One that is there already is left as it is. */
  park(number: number, message: IncomingMessage, now: number): void {
    if (this.#waiting.has(number)) return
    const body = Buffer.from(message.body)
    this.#bytes += body.length
    this.#waiting.set(number, { message: { ...message, uniqueId: Buffer.from(message.uniqueId), body }, since: now })
  }

  /** Takes what follows the last one without a gap. */
  takeReady(): readonly Waiting[] {
    const ready: Waiting[] = []
    for (let found = this.#waiting.get(this.#expected); found !== undefined; ) {
      ready.push(found)
      this.#take(this.#expected, found)
      found = this.#waiting.get(this.#expected)
    }
    return ready
  }

  /** Whether something has waited since before a time. */
  hasOlder(than: number): boolean {
    for (const { since } of this.#waiting.values()) return since < than
    return false
  }

  /** Gives up the gaps before what has waited since before a time: takes that, what stands before it, and what follows. */
  giveUp(than: number): GivenUp {
    let last = -1
    for (const [number, { since }] of this.#waiting) {
      if (since >= than) break
      last = Math.max(last, this.#aheadOf(number))
    }
    const numbers = [...this.#waiting.keys()].filter((number) => this.#aheadOf(number) <= last)
    numbers.sort((a, b) => this.#aheadOf(a) - this.#aheadOf(b))
    const taken: Waiting[] = []
    let gaps = 0
    for (const number of numbers) {
      if (number !== this.#expected) gaps++
      const waiting = this.#waiting.get(number)!
      taken.push(waiting)
      this.#take(number, waiting)
    }
    return { taken: [...taken, ...this.takeReady()], gaps }
  }

  /** The sender was lost. */
  doubt(): void {
    this.#isUnsure = true
  }

  /** Begins to count anew. What waits is to be taken before. */
  restart(): void {
    this.#expected = 1
    this.#firstId = undefined
    this.#isUnsure = false
  }

  #placeBehind(number: number, uniqueId: Uint8Array): Place {
    if (this.#isUnsure) return 'anew'
    if (number !== 1) return 'late'
    if (this.#firstId !== undefined && !sameBytes(this.#firstId, uniqueId)) return 'anew'
    this.#firstId ??= Uint8Array.from(uniqueId)
    return 'late'
  }

  #aheadOf(number: number): number {
    return stepsAhead(this.#expected, number)
  }

  #take(number: number, { message }: Waiting): void {
    this.#waiting.delete(number)
    this.#bytes -= message.body.length
    this.#expected = following(number)
  }
}

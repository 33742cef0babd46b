/**
 * Lines of which strangers can cause any number: of each kind the first is printed at once, then one a minute at most, which
 * says how many there were in between. Kinds are few and fixed, such as error codes. A line is cut.
 */
import type { Clock } from '../clock/clock.ts'

const PAUSE_MS = 60_000
const MAX_CHARS = 300

export class SparseLines {
  readonly #print: (line: string) => void
  readonly #clock: Clock
  readonly #kinds = new Map<string, { printedAt: number; unprinted: number }>()

  constructor(print: (line: string) => void, clock: Clock) {
    this.#print = print
    this.#clock = clock
  }

  print(kind: string, line: string): void {
    const now = this.#clock.monotonic()
    const last = this.#kinds.get(kind)
    if (last !== undefined && now - last.printedAt < PAUSE_MS) {
      last.unprinted++
      return
    }
    const more = last === undefined || last.unprinted === 0 ? '' : ` (and ${last.unprinted} more in the meantime)`
    this.#kinds.set(kind, { printedAt: now, unprinted: 0 })
    const cut = line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line
    this.#print(`${cut}${more}`)
  }
}

/** The Date field for answers that come without one (RFC 9110 6.6.1), written once per second for all of them. */
import type { Clock } from '../clock/clock.ts'
import type { Deadlines } from './deadlines.ts'

export class DateLine {
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  #atMs = Number.NaN
  #line = ''

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock
    this.#deadlines = deadlines
  }

  /** With its CRLF; late by at most one sweep of the deadlines, which is a second. */
  get text(): string {
    const { nowMs } = this.#deadlines
    if (nowMs !== this.#atMs) {
      this.#atMs = nowMs
      const line = `Date: ${new Date(this.#clock.now()).toUTCString()}\r\n`
      // The same string again, so that a comparison with what was made of it stays cheap.
      if (line !== this.#line) this.#line = line
    }
    return this.#line
  }
}

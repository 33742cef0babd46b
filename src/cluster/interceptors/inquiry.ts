/**
 * Asks whether anybody is at an address, several times within a limit: the next attempt to connect starts before the
 * last one has failed. One lost packet delays a connect by a second (RFC 6298 section 2), which is most of the time that
 * a decision may take; five attempts that are all lost are no accident.
 */
import type { Clock, TimerHandle } from '../../clock/clock.ts'
import type { Endpoint } from '../member.ts'
import type { Transport } from '../transport/transport.ts'
import { judgeProbe, PROBES, type Verdict } from './suspicion.ts'

export interface InquiryOptions {
  readonly clock: Clock
  readonly transport: Pick<Transport, 'probe'>
  /** What each attempt writes. */
  readonly frame: () => Buffer
  readonly limitMs: number
}

export class Inquiry {
  readonly #to: Endpoint
  readonly #options: InquiryOptions
  readonly #decided: (verdict: Exclude<Verdict, 'ask-on'>) => void
  readonly #endsAt: number
  #timer: TimerHandle
  #asked = 0
  #silent = 0
  #over = false

  constructor(to: Endpoint, options: InquiryOptions, decided: (verdict: Exclude<Verdict, 'ask-on'>) => void) {
    this.#to = to
    this.#options = options
    this.#decided = decided
    this.#endsAt = options.clock.monotonic() + options.limitMs
    void this.#ask()
  }

  cancel(): void {
    this.#over = true
    this.#options.clock.clear(this.#timer)
  }

  async #ask(): Promise<void> {
    const { clock, transport, frame, limitMs } = this.#options
    const pauseMs = limitMs / PROBES
    if (++this.#asked < PROBES) this.#timer = clock.after(pauseMs, () => void this.#ask())
    // Where this node was blocked meanwhile, the last attempt still gets its share.
    const outcome = await transport.probe(this.#to, frame(), Math.max(pauseMs, this.#endsAt - clock.monotonic()))
    if (this.#over) return
    const verdict = judgeProbe(outcome, this.#silent)
    if (verdict === 'ask-on') {
      this.#silent++
      return
    }
    this.cancel()
    this.#decided(verdict)
  }
}

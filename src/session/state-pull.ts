/**
 * One question for another node's sessions, from asking to the last piece. Merging the pieces is left to the manager;
 * whom to ask, and when, to `state-exchange.ts`.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { DoneMessage, RefusedMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'

export type PullResult =
  | { readonly outcome: 'done'; readonly done: DoneMessage }
  | { readonly outcome: 'refused'; readonly refused: RefusedMessage }
  /** `unreachable`: the question did not get through. `stalled`: neither answer nor next piece in time. `pieces`: so many came. */
  | { readonly outcome: 'lost'; readonly reason: 'gone' | 'stalled' | 'unreachable'; readonly pieces: number }

interface Current {
  readonly peer: Peer
  readonly request: number
  readonly settle: (result: PullResult) => void
  timer: TimerHandle
  pieces: number
}

/** Request numbers begin anywhere: an answer to this address's previous process must not look like one to us. */
const FIRST_REQUEST_BYTES = 4

export class StatePull {
  readonly #options: ResolvedSessionOptions
  readonly #ask: (peer: Peer, request: number) => Promise<void>
  #request: number
  #current: Current | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** `ask` sends the question; it rejects when that fails. */
  constructor(options: ResolvedSessionOptions, ask: (peer: Peer, request: number) => Promise<void>) {
    this.#options = options
    this.#ask = ask
    // Never 0, which stands for entries that nobody pulled.
    this.#request = 1 + Buffer.from(options.randomBytes(FIRST_REQUEST_BYTES)).readUInt32BE()
  }

  /** One at a time: a second question waits for the first one's answer. */
  from(peer: Peer): Promise<PullResult> {
    const result = this.#last.then(() => this.#run(peer))
    this.#last = result
    return result
  }

  #run(peer: Peer): Promise<PullResult> {
    const request = this.#request++
    return new Promise((settle) => {
      this.#current = { peer, request, settle, timer: this.#watch(request), pieces: 0 }
      this.#ask(peer, request).catch(() => this.#lose(request, 'unreachable'))
    })
  }

  /** A piece came. False if nobody waits for it any more. */
  progress(request: number): boolean {
    const current = this.#current
    if (current?.request !== request) return false
    this.#options.clock.clear(current.timer)
    current.timer = this.#watch(request)
    current.pieces++
    return true
  }

  end(message: DoneMessage | RefusedMessage): void {
    this.#finish(
      message.request,
      message.type === 'done' ? { outcome: 'done', done: message } : { outcome: 'refused', refused: message },
    )
  }

  gone(peer: Peer): void {
    if (this.#current?.peer === peer) this.#lose(this.#current.request, 'gone')
  }

  stop(): void {
    if (this.#current !== undefined) this.gone(this.#current.peer)
  }

  #watch(request: number): TimerHandle {
    return this.#options.clock.after(this.#options.stallMs, () => this.#lose(request, 'stalled'))
  }

  #lose(request: number, reason: 'gone' | 'stalled' | 'unreachable'): void {
    this.#finish(request, { outcome: 'lost', reason, pieces: this.#current?.pieces ?? 0 })
  }

  #finish(request: number, result: PullResult): void {
    const current = this.#current
    if (current?.request !== request) return
    this.#current = undefined
    this.#options.clock.clear(current.timer)
    current.settle(result)
  }
}

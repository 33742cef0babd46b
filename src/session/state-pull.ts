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
  /** `unreachable`: the question did not get through. `stalled`: neither answer nor next piece in time. */
  | { readonly outcome: 'lost'; readonly reason: 'gone' | 'stalled' | 'unreachable' }

interface Current {
  readonly peer: Peer
  readonly request: number
  readonly settle: (result: PullResult) => void
  timer: TimerHandle
}

/** Request numbers begin anywhere: an answer to this address's previous process must not look like one to us. */
const FIRST_REQUEST_BYTES = 4

export class StatePull {
  readonly #options: ResolvedSessionOptions
  readonly #ask: (peer: Peer, request: number) => Promise<void>
  #request: number
  #current: Current | undefined
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** `ask` sends the question; it rejects when that fails. */
  constructor(options: ResolvedSessionOptions, ask: (peer: Peer, request: number) => Promise<void>) {
    this.#options = options
    this.#ask = ask
    // Never 0, which stands for entries that nobody pulled.
    this.#request = 1 + Buffer.from(options.randomBytes(FIRST_REQUEST_BYTES)).readUInt32BE()
  }

  get isRunning(): boolean {
    return this.#waiting > 0
  }

  /** One at a time: a second question waits for the first one's answer. */
  from(peer: Peer): Promise<PullResult> {
    this.#waiting++
    const result = this.#last.then(() => this.#run(peer))
    this.#last = result.finally(() => {
      this.#waiting--
    })
    return result
  }

  #run(peer: Peer): Promise<PullResult> {
    const request = this.#request++
    return new Promise((settle) => {
      this.#current = { peer, request, settle, timer: this.#watch(request) }
      this.#ask(peer, request).catch(() => this.#finish(request, { outcome: 'lost', reason: 'unreachable' }))
    })
  }

  /** A piece came. */
  progress(request: number): void {
    const current = this.#current
    if (current?.request !== request) return
    this.#options.clock.clear(current.timer)
    current.timer = this.#watch(request)
  }

  end(message: DoneMessage | RefusedMessage): void {
    this.#finish(
      message.request,
      message.type === 'done' ? { outcome: 'done', done: message } : { outcome: 'refused', refused: message },
    )
  }

  gone(peer: Peer): void {
    if (this.#current?.peer === peer) this.#finish(this.#current.request, { outcome: 'lost', reason: 'gone' })
  }

  stop(): void {
    if (this.#current !== undefined) this.gone(this.#current.peer)
  }

  #watch(request: number): TimerHandle {
    const stalled = () => this.#finish(request, { outcome: 'lost', reason: 'stalled' })
    return this.#options.clock.after(this.#options.stallMs, stalled)
  }

  #finish(request: number, result: PullResult): void {
    const current = this.#current
    if (current?.request !== request) return
    this.#current = undefined
    this.#options.clock.clear(current.timer)
    current.settle(result)
  }
}

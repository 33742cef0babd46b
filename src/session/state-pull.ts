/**
 * Questions for other nodes' sessions, each from asking to its last piece. Merging the pieces is left to the manager; whom
 * to ask for what, and when, to `state-exchange.ts` and `state-join.ts`.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { DoneMessage, PullMessage, RefusedMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'

export type Question = Pick<PullMessage, 'since' | 'sinceNode' | 'parts' | 'digests'>

export type LostReason = 'gone' | 'stalled' | 'unreachable'

/** What came, whatever the outcome. */
export interface Taken {
  readonly pieces: number
  readonly bytes: number
}

export type PullResult = Taken &
  (
    | { readonly outcome: 'done'; readonly done: DoneMessage }
    | { readonly outcome: 'refused'; readonly refused: RefusedMessage }
    /** `unreachable`: the question did not get through. `stalled`: neither answer nor next piece in time. */
    | { readonly outcome: 'lost'; readonly reason: LostReason }
  )

interface Current {
  readonly peer: Peer
  readonly settle: (result: PullResult) => void
  timer: TimerHandle
  pieces: number
  bytes: number
}

/** Request numbers begin anywhere: an answer to this address's previous process must not look like one to us. */
const FIRST_REQUEST_BYTES = 4

export class StatePull {
  readonly #options: ResolvedSessionOptions
  readonly #ask: (peer: Peer, request: number, question: Question) => Promise<void>
  readonly #current = new Map<number, Current>()
  #request: number

  /** `ask` sends the question; it rejects when that fails. */
  constructor(
    options: ResolvedSessionOptions,
    ask: (peer: Peer, request: number, question: Question) => Promise<void>,
  ) {
    this.#options = options
    this.#ask = ask
    // Never 0, which stands for entries that nobody pulled.
    this.#request = 1 + Buffer.from(options.randomBytes(FIRST_REQUEST_BYTES)).readUInt32BE()
  }

  from(peer: Peer, question: Question): Promise<PullResult> {
    const request = this.#request++
    return new Promise((settle) => {
      this.#current.set(request, { peer, settle, timer: this.#watch(request), pieces: 0, bytes: 0 })
      this.#ask(peer, request, question).catch(() => this.#lose(request, 'unreachable'))
    })
  }

  /** A piece came. False if nobody waits for it any more. */
  progress(request: number, bytes: number): boolean {
    const current = this.#current.get(request)
    if (current === undefined) return false
    this.#options.clock.clear(current.timer)
    current.timer = this.#watch(request)
    current.pieces++
    current.bytes += bytes
    return true
  }

  end(message: DoneMessage | RefusedMessage): void {
    const current = this.#forget(message.request)
    if (current === undefined) return
    const { pieces, bytes } = current
    if (message.type === 'done') current.settle({ outcome: 'done', done: message, pieces, bytes })
    else current.settle({ outcome: 'refused', refused: message, pieces, bytes })
  }

  gone(peer: Peer): void {
    for (const [request, current] of [...this.#current]) if (current.peer === peer) this.#lose(request, 'gone')
  }

  stop(): void {
    for (const request of [...this.#current.keys()]) this.#lose(request, 'gone')
  }

  #watch(request: number): TimerHandle {
    return this.#options.clock.after(this.#options.stallMs, () => this.#lose(request, 'stalled'))
  }

  #lose(request: number, reason: LostReason): void {
    const current = this.#forget(request)
    current?.settle({ outcome: 'lost', reason, pieces: current.pieces, bytes: current.bytes })
  }

  #forget(request: number): Current | undefined {
    const current = this.#current.get(request)
    this.#current.delete(request)
    this.#options.clock.clear(current?.timer)
    return current
  }
}

/** Collects sessions of which we got a change and lack the rest, and asks for them once it is clear that it is not just late. */
import type { TimerHandle } from '../clock/clock.ts'
import { MAX_NEEDED_KEYS } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'
import type { Session } from './session.ts'

export class Needs {
  readonly #options: ResolvedSessionOptions
  readonly #ask: (peer: Peer, keys: readonly string[]) => void
  readonly #wanted = new Map<Session, Peer>()
  #timer: TimerHandle | undefined

  constructor(options: ResolvedSessionOptions, ask: (peer: Peer, keys: readonly string[]) => void) {
    this.#options = options
    this.#ask = ask
  }

  /** `peer` sent the change, so it has the session. What is too much at once is asked for when it changes again. */
  add(session: Session, peer: Peer): void {
    if (this.#wanted.size >= MAX_NEEDED_KEYS) return
    this.#wanted.set(session, peer)
    this.#timer ??= this.#options.clock.after(this.#options.gapGraceMs, () => this.#askAll())
  }

  stop(): void {
    this.#options.clock.clear(this.#timer)
    this.#wanted.clear()
  }

  #askAll(): void {
    this.#timer = undefined
    const keys = new Map<Peer, string[]>()
    for (const [session, peer] of this.#wanted) {
      if (session.complete || session.ended) continue
      const list = keys.get(peer)
      if (list === undefined) keys.set(peer, [session.key])
      else list.push(session.key)
    }
    this.#wanted.clear()
    for (const [peer, list] of keys) this.#ask(peer, list)
  }
}

/**
 * Sessions of which we got a change and lack the rest, because an earlier message is late: asks whoever sent the change,
 * and if that does not help, everybody. And sessions that we had given up for expired while another node went on using
 * them: what we dropped then may be more than that node knows, so everybody is asked. What nobody can complete is forgotten
 * when it has been idle for long enough.
 */
import type { TimerHandle } from '../clock/clock.ts'
import { MAX_NEEDED_KEYS } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer, PeerTable } from './peers.ts'
import type { Replica } from './replica.ts'

/** The first time only who sent the change is asked. */
const MAX_ROUNDS = 4

interface Need {
  /** Undefined: everybody is to be asked, also if the session is complete. */
  readonly peer: Peer | undefined
  round: number
}

export class Needs {
  readonly #options: ResolvedSessionOptions
  readonly #replica: Replica
  readonly #peers: PeerTable
  readonly #ask: (peer: Peer, keys: readonly string[]) => void
  readonly #needs = new Map<string, Need>()
  #timer: TimerHandle | undefined

  constructor(
    options: ResolvedSessionOptions,
    replica: Replica,
    peers: PeerTable,
    ask: (peer: Peer, keys: readonly string[]) => void,
  ) {
    this.#options = options
    this.#replica = replica
    this.#peers = peers
    this.#ask = ask
  }

  /** `peer` sent a change of a session that we lack; undefined: it was revived. */
  add(key: string, peer: Peer | undefined): void {
    // What is too much at once is asked for when it changes again.
    if (this.#needs.size >= MAX_NEEDED_KEYS || (peer !== undefined && this.#needs.has(key))) return
    this.#needs.set(key, { peer, round: 0 })
    this.#timer ??= this.#options.clock.after(this.#options.gapGraceMs, () => this.#askAll())
  }

  stop(): void {
    this.#options.clock.clear(this.#timer)
    this.#needs.clear()
  }

  #askAll(): void {
    this.#timer = undefined
    const keys = new Map<Peer, string[]>()
    for (const [key, need] of this.#needs) {
      const isNew = need.round === 0 && need.peer === undefined
      const session = this.#replica.sessions.get(key)
      if (session === undefined || (session.complete && !isNew) || need.round === MAX_ROUNDS) {
        this.#needs.delete(key)
        continue
      }
      for (const peer of this.#whom(need)) {
        const list = keys.get(peer)
        if (list === undefined) keys.set(peer, [key])
        else list.push(key)
      }
      need.round++
    }
    for (const [peer, list] of keys) this.#ask(peer, list)
    if (this.#needs.size === 0) return
    this.#timer = this.#options.clock.after(this.#options.gapGraceMs, () => this.#askAll())
  }

  #whom({ peer, round }: Need): readonly Peer[] {
    return round === 0 && peer !== undefined && this.#peers.all.includes(peer) ? [peer] : this.#peers.all
  }
}

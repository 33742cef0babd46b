/** The transport of real clusters: one listening port, a few connections to each peer. */
import type { TimerHandle } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint, Member } from '../member.ts'
import { dial } from './dial.ts'
import { STALL_CHECKS } from './plain-link.ts'
import { TcpPeer } from './tcp-peer.ts'
import { TcpReceiver } from './tcp-receiver.ts'
import type { Outcome, PeerSnapshot, ProbeOutcome, Transport, TransportHandler, TransportOptions } from './transport.ts'

/** How often a closing transport looks whether its queues are empty. */
const DRAIN_CHECK_MS = 5
const NO_PEER: PeerSnapshot = { link: 'closed', queuedBytes: 0, sent: 0, failed: 0 }

export class TcpTransport implements Transport {
  readonly #options: TransportOptions
  readonly #peers = new Map<string, TcpPeer>()
  #handler: TransportHandler | undefined
  #receiver: TcpReceiver | undefined
  #timers: TimerHandle[] = []
  /** Ends each probe under way: one that waits for a host that is gone must not hold the process when all else is closed. */
  readonly #probes = new Set<() => void>()
  #closing: Promise<void> | undefined

  constructor(options: TransportOptions) {
    this.#options = options
  }

  async open(handler: TransportHandler): Promise<number> {
    const { clock, limits, timeoutMs } = this.#options
    const receiver = new TcpReceiver(this.#options, handler)
    const port = await receiver.open()
    this.#handler = handler
    this.#receiver = receiver
    this.#timers = [
      clock.every(limits.frameStallMs, () => receiver.checkStalls()),
      clock.every(timeoutMs / STALL_CHECKS, () => {
        for (const peer of this.#peers.values()) peer.checkStall()
      }),
    ]
    return port
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  keep(to: Endpoint): void {
    this.#peer(to)?.keep()
  }

  release(to: Endpoint): void {
    const key = endpointKey(to)
    const peer = this.#peers.get(key)
    if (peer !== undefined) this.#forget(key, peer)
  }

  isOpen(to: Endpoint): boolean {
    return this.#peers.get(endpointKey(to))?.isOpen ?? false
  }

  send(to: Member, frame: Buffer, wantsAck: boolean, outcome: Outcome | undefined): void {
    const peer = this.#peer(to)
    if (peer !== undefined) peer.send(to, frame, wantsAck, outcome)
    else outcome?.settled(to, new ClusterError('CLUSTER_NOT_RUNNING', 'the transport is not open'))
  }

  probe(to: Endpoint, frame: Buffer, timeoutMs: number): Promise<ProbeOutcome> {
    if (this.#closing !== undefined) return Promise.resolve('unknown')
    return new Promise((resolve) => {
      const over = (outcome: ProbeOutcome) => {
        this.#probes.delete(abandon)
        resolve(outcome)
      }
      const probing = dial(to, timeoutMs, this.#options.clock, {
        connected: (socket) => {
          socket.on('error', () => {})
          socket.write(frame)
          socket.destroySoon()
          over('alive')
        },
        failed: (_cause, outcome) => over(outcome),
      })
      const abandon = () => {
        probing.abort()
        over('unknown')
      }
      this.#probes.add(abandon)
    })
  }

  heartbeat(): void {
    for (const [key, peer] of this.#peers) {
      // Connections for acknowledgements may be open all the same.
      if (peer.isUnused) this.#forget(key, peer)
      else peer.heartbeat()
    }
  }

  snapshot(to: Endpoint): PeerSnapshot {
    return this.#peers.get(endpointKey(to))?.snapshot() ?? NO_PEER
  }

  #forget(key: string, peer: TcpPeer): void {
    this.#peers.delete(key)
    void peer.close(new ClusterError('CLUSTER_STOPPED', `${key} is no longer a member`))
    // It is most likely dead, and will not say that it has read everything.
    peer.cut()
  }

  /** The peer behind an endpoint; undefined before `open` and after `close`. */
  #peer(to: Endpoint): TcpPeer | undefined {
    const key = endpointKey(to)
    const known = this.#peers.get(key)
    if (known !== undefined || this.#handler === undefined || this.#closing !== undefined) return known
    const peer = new TcpPeer(to, this.#options, this.#handler)
    this.#peers.set(key, peer)
    return peer
  }

  async #close(graceMs: number): Promise<void> {
    const { clock } = this.#options
    for (const timer of this.#timers) clock.clear(timer)
    for (const abandon of this.#probes) abandon()
    const until = clock.monotonic() + graceMs
    await this.#drained(graceMs)
    const cause = new ClusterError('CLUSTER_STOPPED', 'the transport was closed')
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    const cut = clock.after(Math.max(0, until - clock.monotonic()), () => {
      for (const peer of peers) peer.cut()
    })
    await Promise.all(peers.map((peer) => peer.close(cause)))
    clock.clear(cut)
    await this.#receiver?.close(Math.max(0, until - clock.monotonic()))
  }

  /** Resolves when nothing is queued any more, or when the time is up. */
  #drained(graceMs: number): Promise<void> {
    const { clock } = this.#options
    const until = clock.monotonic() + graceMs
    return new Promise((resolve) => {
      const look = () => {
        const busy = [...this.#peers.values()].some((peer) => !peer.isIdle)
        if (busy && clock.monotonic() < until) clock.after(DRAIN_CHECK_MS, look)
        else resolve()
      }
      look()
    })
  }
}

/**
 * Which members are reachable (Tomcat `TcpFailureDetector`; tomcat-cluster.md 3.5). A member is admitted once the link to
 * it is open, and dropped only after a probe of its port has failed: a broken connection, a failed send or silence make
 * it a suspect, no more. Members that were not heard since the last heartbeat are probed, too, because a host that lost
 * its power breaks no connection (Tomcat needs a `TcpPingInterceptor` for this).
 */
import type { Clock } from '../../clock/clock.ts'
import { controlMessageOf } from '../control-messages.ts'
import { ClusterError } from '../errors.ts'
import type { ClusterEvent, DisappearReason } from '../events.ts'
import { endpointKey, sameMember } from '../identity.ts'
import { widen } from '../lateness.ts'
import type { Endpoint, Member } from '../member.ts'
import type { Transport } from '../transport/transport.ts'
import type {
  IncomingMessage,
  Interceptor,
  MemberAddedNext,
  MemberDisappearedNext,
  Neighbours,
  ReceiveNext,
} from './interceptor.ts'
import { isSuspicionOver, judgeProbe } from './suspicion.ts'

export interface TcpFailureDetectorOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly connectTimeoutMs: number
  readonly removeSuspectsMs: number
  readonly lateness: () => number
  /** The whole frame of a probe of this node. */
  readonly probeFrame: () => Buffer
  readonly emit: (event: ClusterEvent) => void
  /** For the layer that announced the member: it was given up. */
  readonly dropped: (member: Member) => void
  /** The member lives, but messages on a broken connection may not have reached it. */
  readonly mayHaveMissed: (member: Member, cause: ClusterError) => void
}

interface Watch {
  readonly member: Member
  /** Since the last heartbeat, or since it became a suspect. */
  heard: boolean
  /** Messages from it. */
  received: number
  /** Monotonic ms. */
  suspectSince: number | undefined
  probing: boolean
  /** Set while it is not known whether the member outlived the connection that broke. */
  lost: ClusterError | undefined
}

export class TcpFailureDetector implements Interceptor {
  readonly name = 'tcp-failure-detector'
  readonly #options: TcpFailureDetectorOptions
  /** The view, by `address:port`: two members cannot be at one address. */
  readonly #watches = new Map<string, Watch>()
  /** Announced from below, not yet connected. */
  readonly #pending = new Map<string, Member>()
  #neighbours: Neighbours | undefined
  #running = true

  constructor(options: TcpFailureDetectorOptions) {
    this.#options = options
  }

  attach(neighbours: Neighbours): void {
    this.#neighbours = neighbours
  }

  stop(): void {
    this.#running = false
  }

  /** Whether a member at this address is in the view. */
  isWatched(endpoint: Endpoint): boolean {
    return this.#watches.has(endpointKey(endpoint))
  }

  isSuspect(member: Member): boolean {
    return this.#watches.get(endpointKey(member))?.suspectSince !== undefined
  }

  /** Messages that came from a member since it was admitted. */
  receivedFrom(member: Member): number {
    return this.#watches.get(endpointKey(member))?.received ?? 0
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    const watch = this.#watches.get(endpointKey(message.sender))
    if (watch !== undefined && watch.member === message.sender) {
      watch.received++
      this.#heard(watch)
    }
    return controlMessageOf(message.body) === 'probe' ? true : next(message)
  }

  memberAdded(member: Member, next: MemberAddedNext): void {
    const watch = this.#watches.get(endpointKey(member))
    if (watch !== undefined && sameMember(watch.member, member)) {
      this.#heard(watch)
    } else if (this.#options.transport.isOpen(member)) {
      this.#admit(member, next)
    } else {
      this.#pending.set(endpointKey(member), member)
      this.#options.transport.keep(member)
    }
  }

  memberDisappeared(member: Member, reason: DisappearReason, next: MemberDisappearedNext): void {
    const key = endpointKey(member)
    const pending = this.#pending.get(key)
    if (pending !== undefined && sameMember(pending, member)) this.#pending.delete(key)
    const watch = this.#watches.get(key)
    if (watch === undefined || !sameMember(watch.member, member)) return
    this.#watches.delete(key)
    next(watch.member, reason)
  }

  linkUp(to: Endpoint): void {
    const member = this.#pending.get(endpointKey(to))
    if (member !== undefined) this.#admit(member, (added) => this.#neighbours?.above.memberAdded(added))
  }

  linkDown(to: Endpoint, cause: ClusterError, mayHaveLost: boolean): void {
    const watch = this.#watches.get(endpointKey(to))
    if (watch === undefined) return
    if (mayHaveLost) {
      const message = `messages on the link to ${endpointKey(to)} may not have arrived: ${cause.message}`
      watch.lost = new ClusterError('CLUSTER_LINK_LOST', message, { cause })
    }
    this.#suspect(watch, cause)
  }

  doubt(to: Endpoint, cause: ClusterError): void {
    const key = endpointKey(to)
    const pending = this.#pending.get(key)
    if (pending !== undefined) {
      this.#pending.delete(key)
      this.#options.dropped(pending)
    }
    const watch = this.#watches.get(key)
    if (watch !== undefined) this.#suspect(watch, cause)
  }

  heartbeat(): void {
    const now = this.#options.clock.monotonic()
    for (const watch of this.#watches.values()) {
      const { suspectSince } = watch
      if (suspectSince !== undefined && isSuspicionOver(suspectSince, now, this.#options.removeSuspectsMs)) {
        this.#trust(watch)
      }
      if (watch.suspectSince !== undefined || !watch.heard) void this.#probe(watch)
      watch.heard = false
    }
  }

  #admit(member: Member, next: MemberAddedNext): void {
    const key = endpointKey(member)
    this.#pending.delete(key)
    this.#watches.set(key, {
      member,
      heard: true,
      received: 0,
      suspectSince: undefined,
      probing: false,
      lost: undefined,
    })
    next(member)
  }

  #heard(watch: Watch): void {
    watch.heard = true
    if (watch.suspectSince !== undefined && !watch.probing) this.#trust(watch)
  }

  #trust(watch: Watch): void {
    watch.suspectSince = undefined
    this.#options.emit({ type: 'member-trusted', member: watch.member })
  }

  #suspect(watch: Watch, cause: ClusterError): void {
    if (watch.suspectSince === undefined) {
      watch.suspectSince = this.#options.clock.monotonic()
      watch.heard = false
      this.#options.emit({ type: 'member-suspect', member: watch.member, cause })
    }
    void this.#probe(watch)
  }

  async #probe(watch: Watch): Promise<void> {
    if (watch.probing) return
    watch.probing = true
    const { transport, connectTimeoutMs, lateness, probeFrame } = this.#options
    for (let silent = 0; ; silent++) {
      const timeoutMs = widen(connectTimeoutMs, lateness())
      const outcome = await transport.probe(watch.member, probeFrame(), timeoutMs)
      if (!this.#isCurrent(watch)) return
      const verdict = judgeProbe(outcome, silent)
      if (verdict === 'probe-again') continue
      watch.probing = false
      if (verdict === 'dead') this.#drop(watch)
      else if (verdict === 'alive') this.#outlived(watch)
      return
    }
  }

  #isCurrent(watch: Watch): boolean {
    return this.#running && this.#watches.get(endpointKey(watch.member)) === watch
  }

  /** The probe found it alive. A suspect stays one until it is heard; the transport connects to it again by itself. */
  #outlived(watch: Watch): void {
    const { lost, member } = watch
    watch.lost = undefined
    if (watch.suspectSince !== undefined && watch.heard) this.#trust(watch)
    if (lost !== undefined) this.#options.mayHaveMissed(member, lost)
  }

  #drop(watch: Watch): void {
    this.#watches.delete(endpointKey(watch.member))
    this.#options.dropped(watch.member)
    this.#neighbours?.above.memberDisappeared(watch.member, 'unreachable')
  }
}

/**
 * Which members are reachable (Tomcat `TcpFailureDetector`; tomcat-cluster.md 3.5). A member is admitted once the link to
 * it is open, and dropped only after a probe of its port has failed: a broken connection, a failed send or silence make
 * it a suspect, no more. A host that lost its power, or a cut cable, breaks no connection: so clowder members promise each
 * other a ping every so often, and one that keeps silent is a suspect; members that promise nothing (Tomcats) are probed
 * when they were not heard since the last heartbeat (Tomcat needs a `TcpPingInterceptor` for this).
 */
import type { Clock, TimerHandle } from '../../clock/clock.ts'
import { controlMessageOf, pingPauseMs } from '../control-messages.ts'
import { ClusterError } from '../errors.ts'
import type { ClusterEvent, DisappearReason } from '../events.ts'
import { endpointKey, sameMember } from '../identity.ts'
import { LATE_TIMER_MS, lateMs, widen } from '../lateness.ts'
import type { Endpoint, Member } from '../member.ts'
import { decodePayload } from '../payload.ts'
import type { Transport } from '../transport/transport.ts'
import { Inquiry } from './inquiry.ts'
import type {
  IncomingMessage,
  Interceptor,
  MemberAddedNext,
  MemberDisappearedNext,
  Neighbours,
  ReceiveNext,
} from './interceptor.ts'
import { isSuspicionOver, isTooSilent, type Verdict } from './suspicion.ts'

/** Looks per ping: how often this node notes who was heard. */
const LOOKS_PER_PING = 2
/**
 * Until a suspect that was found alive is asked after again, ms. The system closes the sockets of a killed process one by
 * one: its port may still accept when its links are gone already. After so many times the pause doubles.
 */
const RECHECK_MS = 25
const QUICK_RECHECKS = 8
const MAX_RECHECK_MS = 2000
/** How often a link that is to be kept, and is not open, is tried again. Ms. */
const RECONNECT_MS = 1000

export interface TcpFailureDetectorOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly connectTimeoutMs: number
  readonly removeSuspectsMs: number
  readonly pingMs: number
  readonly lateness: () => number
  /** This node looked so much too late. */
  readonly late: (ms: number) => void
  /** The whole frame of a probe of this node for a member. */
  readonly probeFrame: (to: Member) => Buffer
  /** The whole frame of a ping of this node for a member. */
  readonly pingFrame: (to: Member) => Buffer
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
  inquiry: Inquiry | undefined
  /** Inquiries of this suspicion that are over, and did not find it dead. */
  asked: number
  recheck: TimerHandle
  /** It understands pings. */
  readonly pinged: boolean
  /** What was sent to it by the last ping: a member that hears from us anyway needs none. */
  sentAtPing: number | undefined
  /** The pause between pings that it promised, or until then this node's own; undefined: it does not ping. */
  pingMs: number | undefined
  /** Frames from it, pings included. */
  frames: number
  framesAtLook: number
  /** Looks since it was heard. */
  silentLooks: number
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
  readonly #lookMs: number
  #timer: TimerHandle
  #lookedAt = 0
  #reconnectAt = 0
  #looks = 0

  constructor(options: TcpFailureDetectorOptions) {
    this.#options = options
    this.#lookMs = options.pingMs / LOOKS_PER_PING
  }

  attach(neighbours: Neighbours): void {
    this.#neighbours = neighbours
  }

  start(): void {
    const { clock } = this.#options
    this.#lookedAt = clock.monotonic()
    this.#timer = clock.every(this.#lookMs, () => this.#look())
  }

  stop(): void {
    this.#running = false
    this.#options.clock.clear(this.#timer)
    for (const watch of this.#watches.values()) this.#stopAsking(watch)
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
    const control = controlMessageOf(message.body)
    if (watch !== undefined && watch.member === message.sender) {
      watch.frames++
      if (control === 'ping') watch.pingMs = pingPauseMs(message.body)
      else watch.received++
      this.#heard(watch)
    }
    return control === 'probe' || control === 'ping' ? true : next(message)
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
    this.#unwatch(watch)
    next(watch.member, reason)
  }

  linkUp(to: Endpoint): void {
    const member = this.#pending.get(endpointKey(to))
    if (member !== undefined && this.#running)
      this.#admit(member, (added) => this.#neighbours?.above.memberAdded(added))
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
      if (watch.suspectSince !== undefined || !watch.heard) this.#probe(watch)
      watch.heard = false
    }
  }

  /** Notes who was heard, asks after suspects, pings, and tries links that are not open. */
  #look(): void {
    const { clock, late } = this.#options
    const now = clock.monotonic()
    const delay = lateMs(this.#lookedAt, now, this.#lookMs)
    this.#lookedAt = now
    // What arrived while this node was blocked is not read yet.
    if (delay > LATE_TIMER_MS) late(delay)
    else for (const watch of this.#watches.values()) this.#lookAt(watch)
    if (++this.#looks % LOOKS_PER_PING === 0) this.#ping()
    if (now < this.#reconnectAt) return
    this.#reconnectAt = now + RECONNECT_MS
    this.#options.transport.heartbeat()
  }

  #lookAt(watch: Watch): void {
    watch.silentLooks = watch.frames === watch.framesAtLook ? watch.silentLooks + 1 : 0
    watch.framesAtLook = watch.frames
    if (watch.suspectSince !== undefined) return
    const { pingMs, silentLooks, member } = watch
    if (pingMs === undefined || !isTooSilent(silentLooks, this.#lookMs, pingMs, this.#options.lateness())) return
    const silentMs = Math.round(silentLooks * this.#lookMs)
    const message = `${endpointKey(member)} sent nothing for ${silentMs} ms, a ping was due every ${pingMs} ms`
    this.#suspect(watch, new ClusterError('CLUSTER_SILENT', message))
  }

  /** What else is sent is as good as a ping, and a ping behind what waits would tell nothing new. */
  #ping(): void {
    const { transport, pingFrame } = this.#options
    for (const watch of this.#watches.values()) {
      if (!watch.pinged || !transport.isOpen(watch.member)) continue
      const { sent, queuedBytes } = transport.snapshot(watch.member)
      if (queuedBytes > 0 || (watch.sentAtPing !== undefined && sent !== watch.sentAtPing)) {
        watch.sentAtPing = sent
        continue
      }
      transport.send(watch.member, pingFrame(watch.member), false, undefined)
      watch.sentAtPing = sent + 1
    }
  }

  #admit(member: Member, next: MemberAddedNext): void {
    const key = endpointKey(member)
    this.#pending.delete(key)
    const pinged = decodePayload(member.payload) !== undefined
    this.#watches.set(key, {
      member,
      heard: true,
      received: 0,
      suspectSince: undefined,
      inquiry: undefined,
      asked: 0,
      recheck: undefined,
      pinged,
      sentAtPing: undefined,
      pingMs: pinged ? this.#options.pingMs : undefined,
      frames: 0,
      framesAtLook: 0,
      silentLooks: 0,
      lost: undefined,
    })
    next(member)
  }

  #heard(watch: Watch): void {
    watch.heard = true
    if (watch.suspectSince !== undefined && watch.inquiry === undefined) this.#trust(watch)
  }

  #trust(watch: Watch): void {
    this.#options.clock.clear(watch.recheck)
    watch.suspectSince = undefined
    this.#options.emit({ type: 'member-trusted', member: watch.member })
  }

  #suspect(watch: Watch, cause: ClusterError): void {
    if (watch.suspectSince === undefined) {
      watch.suspectSince = this.#options.clock.monotonic()
      watch.heard = false
      watch.asked = 0
      this.#options.emit({ type: 'member-suspect', member: watch.member, cause })
    }
    this.#probe(watch)
  }

  #probe(watch: Watch): void {
    if (watch.inquiry !== undefined || !this.#running) return
    const { clock, transport, connectTimeoutMs, lateness, probeFrame } = this.#options
    clock.clear(watch.recheck)
    const limitMs = widen(connectTimeoutMs, lateness())
    const inquiry = { clock, transport, frame: () => probeFrame(watch.member), limitMs }
    watch.inquiry = new Inquiry(watch.member, inquiry, (verdict) => this.#decided(watch, verdict))
  }

  #decided(watch: Watch, verdict: Exclude<Verdict, 'ask-on'>): void {
    watch.inquiry = undefined
    if (verdict === 'dead') {
      this.#drop(watch)
      return
    }
    const recheckMs = Math.min(MAX_RECHECK_MS, RECHECK_MS * 2 ** Math.max(0, ++watch.asked - QUICK_RECHECKS))
    if (verdict === 'alive') this.#outlived(watch)
    if (watch.suspectSince !== undefined) watch.recheck = this.#options.clock.after(recheckMs, () => this.#probe(watch))
  }

  /** The probe found it alive. A suspect stays one until it is heard; the transport connects to it again by itself. */
  #outlived(watch: Watch): void {
    const { lost, member } = watch
    watch.lost = undefined
    if (watch.suspectSince !== undefined && watch.heard) this.#trust(watch)
    if (lost !== undefined) this.#options.mayHaveMissed(member, lost)
  }

  #drop(watch: Watch): void {
    this.#unwatch(watch)
    this.#options.dropped(watch.member)
    this.#neighbours?.above.memberDisappeared(watch.member, 'unreachable')
  }

  #unwatch(watch: Watch): void {
    this.#stopAsking(watch)
    this.#watches.delete(endpointKey(watch.member))
  }

  #stopAsking({ inquiry, recheck }: Watch): void {
    inquiry?.cancel()
    this.#options.clock.clear(recheck)
  }
}

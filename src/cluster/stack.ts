/**
 * The layers of one running channel with what lies below them, put together:
 *
 *   layers of the program · message dispatch · failure detector · static membership · coordinator · transport
 *
 * It also hands what the transport reports about links to the layers that care.
 */
import { SEND } from './channel.ts'
import { clowderPing, PROBE_BODY } from './control-messages.ts'
import { Coordinator } from './coordinator.ts'
import { ClusterError } from './errors.ts'
import type { EventThrottle } from './event-throttle.ts'
import type { ClusterEvent } from './events.ts'
import { endpointKey } from './identity.ts'
import { type Chain, composeChain } from './interceptors/chain.ts'
import type { Neighbours, OutgoingMessage } from './interceptors/interceptor.ts'
import { MessageDispatch } from './interceptors/message-dispatch.ts'
import { StaticMembership } from './interceptors/static-membership.ts'
import { TcpFailureDetector } from './interceptors/tcp-failure-detector.ts'
import type { Endpoint, Member } from './member.ts'
import type { MessageIds } from './message-id.ts'
import type { ResolvedChannelOptions } from './options.ts'
import type { FrameHandler, Transport, TransportHandler } from './transport/transport.ts'

export interface StackOptions {
  readonly options: ResolvedChannelOptions
  /** Where to listen. */
  readonly host: Uint8Array
  readonly ids: MessageIds
  /** This node, with its age. */
  readonly localNow: () => Member
  readonly resolve: (host: string) => Promise<Uint8Array>
  readonly lateness: () => number
  /** This node was blocked for so long. */
  readonly late: (ms: number) => void
  readonly emit: (event: ClusterEvent) => void
  readonly throttle: EventThrottle
  /** What comes out at the top. */
  readonly top: Neighbours['above']
  readonly sendFailed: (members: readonly Member[], cause: ClusterError) => void
  readonly listenerFailed: (cause: unknown) => void
}

export class Stack implements TransportHandler {
  readonly transport: Transport
  readonly chain: Chain
  readonly dispatch: MessageDispatch
  readonly detector: TcpFailureDetector
  readonly membership: StaticMembership
  /** Messages of strangers. */
  refusedMessages = 0
  refusedConnections = 0
  readonly #options: StackOptions
  readonly #coordinator: Coordinator
  /** Endpoints that were reported as unreachable and have not been connected since. */
  readonly #unreachable = new Set<string>()
  #local: Member
  #stopping = false

  constructor(stackOptions: StackOptions) {
    const { options, host, lateness, ids, emit, top, localNow } = stackOptions
    const { clock, limits, receiver, sender, failureDetector } = options
    this.#local = localNow()
    this.#options = stackOptions
    this.transport = options.transport({
      bind: { host, port: receiver.port, autoBind: receiver.autoBind },
      ...sender,
      limits,
      clock,
      lateness,
    })
    this.#coordinator = new Coordinator(this.#local, {
      transport: this.transport,
      maxFrameBytes: limits.maxFrameBytes,
      receive: (message) => this.chain.receive(message),
      failed: (cause) => this.#handlingFailed(cause),
    })
    this.dispatch = new MessageDispatch({ maxBytes: limits.maxDispatchBytes, failed: stackOptions.sendFailed })
    const pingBody = clowderPing(failureDetector.pingMs)
    this.detector = new TcpFailureDetector({
      ...failureDetector,
      clock,
      transport: this.transport,
      lateness,
      late: stackOptions.late,
      probeFrame: () => this.#coordinator.frameOf(this.#control(PROBE_BODY)),
      pingFrame: () => this.#coordinator.frameOf(this.#control(pingBody)),
      emit,
      dropped: (member) => this.membership.dropped(member),
      mayHaveMissed: (member, cause) => stackOptions.sendFailed([member], cause),
    })
    this.membership = new StaticMembership({
      members: options.members,
      clock,
      transport: this.transport,
      connectTimeoutMs: sender.connectTimeoutMs,
      lateness,
      resolve: stackOptions.resolve,
      local: () => this.#local,
      refreshLocal: () => this.refreshLocal(),
      frameOf: (message) => this.#coordinator.frameOf(message),
      startId: Uint8Array.from(ids.next()),
      maxDoubtMs: failureDetector.removeSuspectsMs,
      emit,
      stranger: (sender) => this.#stranger(sender),
    })
    this.chain = composeChain([...options.interceptors, this.dispatch, this.detector, this.membership], {
      bottom: { send: (message) => this.#coordinator.send(message) },
      top,
    })
  }

  /** Listens; resolves with the port. */
  open(): Promise<number> {
    return this.transport.open(this)
  }

  /** Every frame from now on says how old this node is now. */
  refreshLocal(): void {
    this.#local = this.#options.localNow()
    this.#coordinator.setLocal(this.#local)
  }

  /** Interceptors top to bottom, then the sender, as in Tomcat (tomcat-cluster.md 1.3). */
  heartbeat(): void {
    this.refreshLocal()
    this.chain.heartbeat()
    this.transport.heartbeat()
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    try {
      await this.chain.stop()
    } finally {
      await this.transport.close(graceMs)
    }
  }

  accepted(reply: (frame: Buffer) => void): FrameHandler {
    return this.#coordinator.accepted(reply)
  }

  linkUp(to: Endpoint): Buffer | undefined {
    this.#unreachable.delete(endpointKey(to))
    const greeting = this.membership.linkUp(to)
    this.detector.linkUp(to)
    return greeting
  }

  linkDown(to: Endpoint, cause: ClusterError, mayHaveLost: boolean): void {
    if (this.#stopping) return
    this.membership.linkDown(to)
    this.detector.linkDown(to, cause, mayHaveLost)
  }

  doubt(to: Endpoint, cause: ClusterError): void {
    if (this.#stopping) return
    this.detector.doubt(to, cause)
    this.membership.doubt(to)
    const key = endpointKey(to)
    if (cause.code !== 'CLUSTER_CONNECT' || this.#unreachable.has(key) || this.detector.isWatched(to)) return
    this.#unreachable.add(key)
    this.#options.emit({ type: 'member-unreachable', endpoint: to, cause })
  }

  refused(from: string, cause: ClusterError): void {
    this.refusedConnections++
    this.#options.throttle.tell(`connection ${cause.code}`, (count) => {
      return { type: 'connection-refused', from, cause, count }
    })
  }

  #control(body: Uint8Array): OutgoingMessage {
    const { ids, options } = this.#options
    return {
      to: [],
      options: SEND.BYTE_MESSAGE,
      timestamp: options.clock.now(),
      uniqueId: ids.next(),
      body,
    }
  }

  #stranger(sender: Member): void {
    this.refusedMessages++
    this.#options.throttle.tell(`stranger ${endpointKey(sender)}`, (count) => ({ type: 'stranger', sender, count }))
  }

  #handlingFailed(cause: unknown): void {
    const isStranger = cause instanceof ClusterError && cause.code === 'CLUSTER_NOT_A_MEMBER'
    if (!isStranger) this.#options.listenerFailed(cause)
  }
}

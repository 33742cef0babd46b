/**
 * The layers of one running channel with what lies below them, put together:
 *
 *   layers of the program · message dispatch · failure detector · static membership · encryption · coordinator
 *   · transport
 *
 * It also hands what the transport reports about links to the layers that care.
 */
import type { KeyObject } from 'node:crypto'
import { SEND } from './channel.ts'
import { clowderPing, PROBE_BODY } from './control-messages.ts'
import { Coordinator } from './coordinator.ts'
import { ClusterError } from './errors.ts'
import type { EventThrottle } from './event-throttle.ts'
import type { ClusterEvent } from './events.ts'
import { endpointKey } from './identity.ts'
import { type Chain, composeChain } from './interceptors/chain.ts'
import { Encrypt } from './interceptors/encrypt.ts'
import type { ChannelContext, Interceptor, Neighbours, OutgoingMessage } from './interceptors/interceptor.ts'
import { MessageDispatch } from './interceptors/message-dispatch.ts'
import { SealedCipher } from './interceptors/sealed-cipher.ts'
import { StaticMembership } from './interceptors/static-membership.ts'
import { TcpFailureDetector } from './interceptors/tcp-failure-detector.ts'
import { TomcatCipher } from './interceptors/tomcat-cipher.ts'
import type { Endpoint, Member } from './member.ts'
import { membershipSource } from './membership/options.ts'
import type { MessageIds } from './message-id.ts'
import type { ResolvedChannelOptions } from './options.ts'
import type { ChannelSnapshot } from './snapshot.ts'
import type { FrameHandler, Transport, TransportHandler } from './transport/transport.ts'

export interface StackOptions {
  readonly options: ResolvedChannelOptions
  /** Of the encryption, where there is one. */
  readonly keys: readonly KeyObject[]
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
  readonly #encrypt: Encrypt | undefined
  readonly #layers: readonly Interceptor[]
  /** Told as such already, when they come out of the chain. */
  readonly #refusals = new WeakSet<ClusterError>()
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
    this.#encrypt = this.#makeEncrypt()
    this.dispatch = new MessageDispatch({
      maxBytes: limits.maxDispatchBytes,
      whenFull: options.whenDispatchFull,
      failed: stackOptions.sendFailed,
    })
    const pingBody = clowderPing(failureDetector.pingMs)
    this.detector = new TcpFailureDetector({
      ...failureDetector,
      clock,
      transport: this.transport,
      lateness,
      late: stackOptions.late,
      probeFrame: (to) => this.#frameFor(to, this.#control(to, PROBE_BODY)),
      pingFrame: (to) => this.#frameFor(to, this.#control(to, pingBody)),
      emit,
      dropped: (member) => this.membership.dropped(member),
      mayHaveMissed: (member, cause) => stackOptions.sendFailed([member], cause),
    })
    this.membership = new StaticMembership({
      members: options.members,
      sources: options.membership.map((source) => membershipSource(source, stackOptions.resolve)),
      gossips: options.membership.some((source) => 'type' in source && source.type === 'seeds'),
      maxMembers: limits.maxMembers,
      clock,
      transport: this.transport,
      connectTimeoutMs: sender.connectTimeoutMs,
      lateness,
      resolve: stackOptions.resolve,
      local: () => this.#local,
      refreshLocal: () => this.refreshLocal(),
      frameOf: (to, message) => this.#frameFor(to, message),
      admitsSilent: options.encryption?.format !== 'clowder',
      startId: Uint8Array.from(ids.next()),
      maxDoubtMs: failureDetector.removeSuspectsMs,
      emit,
      stranger: (sender) => this.#stranger(sender),
      sourceFailed: (source, cause) => {
        stackOptions.throttle.tell(`membership ${source}`, (count) => {
          return { type: 'membership-failed', source, cause, count }
        })
      },
      suspect: (member, cause) => this.detector.doubt(member, cause),
    })
    const encrypt = this.#encrypt === undefined ? [] : [this.#encrypt]
    this.#layers = [...options.interceptors, this.dispatch, this.detector, this.membership, ...encrypt]
    this.chain = composeChain(this.#layers, {
      channel: this.#context(),
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

  setKeys(keys: readonly KeyObject[]): void {
    this.#encrypt?.setKeys(keys)
  }

  layerCounters(): ChannelSnapshot['layers'] {
    const counters: Record<string, Readonly<Record<string, number>>> = {}
    for (const layer of this.#layers) {
      const own = layer.snapshot?.()
      if (own !== undefined) counters[layer.name] = own
    }
    return counters
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

  accepted(reply: (frame: Buffer) => void, welcome?: () => void): FrameHandler {
    return this.#coordinator.accepted(reply, welcome)
  }

  linkUp(to: Endpoint): Buffer | undefined {
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
    this.membership.doubt(to, cause)
  }

  refused(from: string, cause: ClusterError): void {
    this.refusedConnections++
    this.#options.throttle.tell(`connection ${cause.code}`, (count) => {
      return { type: 'connection-refused', from, cause, count }
    })
  }

  #makeEncrypt(): Encrypt | undefined {
    const { options, keys } = this.#options
    const { encryption, clock, randomBytes } = options
    if (encryption === undefined) return undefined
    const given = { ...encryption, keys, clock, randomBytes }
    const sealed = new SealedCipher({ ...given, clusterName: options.name, local: () => this.#local })
    return new Encrypt(sealed, encryption.format === 'tomcat' ? new TomcatCipher(given) : undefined)
  }

  #context(): ChannelContext {
    const { options, emit, throttle } = this.#options
    const { clock, randomBytes, limits, failureDetector } = options
    return {
      clock,
      randomBytes,
      maxFrameBytes: limits.maxFrameBytes,
      local: () => this.#local,
      isReachable: async (member) => {
        const frame = this.#frameFor(member, this.#control(member, PROBE_BODY))
        return (await this.transport.probe(member, frame, failureDetector.connectTimeoutMs)) === 'alive'
      },
      emit,
      failed: this.#options.listenerFailed,
      refused: (layer, sender, cause) => {
        this.#refusals.add(cause)
        throttle.tell(`${layer} ${cause.code}`, (count) => ({ type: 'message-refused', layer, sender, cause, count }))
      },
    }
  }

  /** The frame of a message of this node about itself. */
  #frameFor(to: Member, message: OutgoingMessage): Buffer {
    return this.#coordinator.frameOf(this.#encrypt?.control(message, to) ?? message)
  }

  #control(to: Member, body: Uint8Array): OutgoingMessage {
    const { ids, options } = this.#options
    return {
      to: [to],
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
    const isTold = cause instanceof ClusterError && (cause.code === 'CLUSTER_NOT_A_MEMBER' || this.#refusals.has(cause))
    if (!isTold) this.#options.listenerFailed(cause)
  }
}

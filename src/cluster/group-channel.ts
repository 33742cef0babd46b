/**
 * The channel of a program (Tomcat `GroupChannel`): its life, its heartbeat, its view of the group, and what it tells
 * listeners and readers of events. What lies below is in `stack.ts`; decisions are made in the layers.
 */
import type { TimerHandle } from '../clock/clock.ts'
import { formatAddress, parseAddress } from './address.ts'
import type { Channel, ChannelListener, ReceivedMessage } from './channel.ts'
import { ClusterError, reasonOf } from './errors.ts'
import { EventThrottle } from './event-throttle.ts'
import type { ClusterEvent, ClusterEventListener, DisappearReason } from './events.ts'
import { hexOf, memberName } from './identity.ts'
import { LATE_STEP_MS, nextLateness } from './lateness.ts'
import { Listeners } from './listeners.ts'
import { createMember, type Member } from './member.ts'
import { MemberView } from './member-view.ts'
import { MessageIds } from './message-id.ts'
import type {
  ChannelOptions,
  EncryptionOptions,
  ResolvedChannelOptions,
  ResolvedEncryption,
  StaticMemberOptions,
} from './options.ts'
import { refuseInsecureBind, resolveKeys, resolveOptions, resolveStaticMember } from './resolve-options.ts'
import type { ChannelSnapshot, ChannelState, MemberFacts, MemberSnapshot, QuorumSnapshot } from './snapshot.ts'
import { Stack } from './stack.ts'

const DONE = Promise.resolve()

/**
 * A channel over TCP, not yet started.
 *
 * @throws ClusterError CLUSTER_OPTIONS or CLUSTER_INSECURE_BIND
 * @example
 * const channel = createChannel({ receiver: { port: 4000 }, members: [{ host: '127.0.0.1', port: 4001 }] })
 * channel.addListener({ message: ({ sender, body }) => handle(sender, body) })
 * await channel.start()
 * await channel.send(channel.members(), Buffer.from('hello'), SEND.ASYNCHRONOUS)
 */
export function createChannel(options: ChannelOptions = {}): GroupChannel {
  return new GroupChannel(resolveOptions(options))
}

export class GroupChannel implements Channel {
  readonly #options: ResolvedChannelOptions
  readonly #ids: MessageIds
  readonly #view = new MemberView()
  readonly #listeners = new Listeners((cause) => this.#listenerFailed(cause))
  readonly #throttle = new EventThrottle((event) => this.#emit(event))
  #eventListeners: readonly ClusterEventListener[] = []
  #state: ChannelState = 'new'
  #local: Member
  #stack: Stack | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #heartbeat: TimerHandle
  /** Monotonic ms; undefined: not yet. */
  #startedAt: number | undefined
  #lateness = 0
  /** It was late since the last heartbeat. */
  #wasLate = false
  #sent = 0
  #received = 0
  #failed = 0
  /** Of now; those of the options are the first ones. */
  #keys: ResolvedEncryption['keys']
  readonly #disappeared: Partial<Record<DisappearReason, number>> = {}

  constructor(options: ResolvedChannelOptions) {
    this.#options = options
    this.#keys = options.encryption?.keys ?? []
    this.#ids = new MessageIds(options.randomBytes)
    this.#local = this.#makeLocal(parseAddress(options.receiver.advertise) ?? Uint8Array.of(0, 0, 0, 0), 0)
  }

  get name(): string {
    return this.#options.name
  }

  get local(): Member {
    return this.#local
  }

  members(): readonly Member[] {
    return this.#view.members
  }

  get hasQuorum(): boolean {
    return this.members().length + 1 >= this.#options.quorum
  }

  /**
   * Resolves when it listens and every configured member was tried once: those that are up and fast are in `members()`
   * then. Starts once; a stopped channel does not start again.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  send(to: readonly Member[], body: Uint8Array, options: number): Promise<void> {
    const stack = this.#stack
    if (stack === undefined || this.#state !== 'running') {
      return Promise.reject(new ClusterError('CLUSTER_NOT_RUNNING', `the channel is ${this.#state}`))
    }
    if (to.length === 0) return DONE
    this.#sent++
    const timestamp = this.#options.clock.now()
    return stack.chain.send({ to, options, timestamp, uniqueId: this.#ids.next(), body })
  }

  addListener(listener: ChannelListener): void {
    this.#listeners.add(listener)
  }

  removeListener(listener: ChannelListener): void {
    this.#listeners.remove(listener)
  }

  /** Hears every {@link ClusterEvent}, for logs. What a listener throws becomes a process warning. */
  on(_name: 'event', listener: ClusterEventListener): this {
    this.#eventListeners = [...this.#eventListeners, listener]
    return this
  }

  off(_name: 'event', listener: ClusterEventListener): this {
    this.#eventListeners = this.#eventListeners.filter((other) => other !== listener)
    return this
  }

  /** Adds a configured member to a running channel; one that is there already is left as it is. */
  async addMember(member: StaticMemberOptions): Promise<void> {
    const resolved = resolveStaticMember(member)
    await this.#running().membership.add(resolved)
  }

  /** Takes a configured member out of a running channel; host and port as they were configured. */
  removeMember({ host, port }: Pick<StaticMemberOptions, 'host' | 'port'>): void {
    this.#running().membership.remove(host, port)
  }

  /**
   * Uses other keys from now on: the first one encrypts, each of them decrypts. To change a key without losing a message,
   * add the new one behind the old one on all members, then put it first on all, then take the old one out on all.
   *
   * @throws ClusterError CLUSTER_OPTIONS; the keys stay as they were
   */
  rotateKeys(keys: EncryptionOptions['keys']): void {
    if (this.#options.encryption === undefined) {
      throw new ClusterError('CLUSTER_OPTIONS', 'a channel that was made without encryption has no keys to rotate')
    }
    this.#keys = resolveKeys(keys)
    this.#stack?.setKeys(this.#keys)
  }

  snapshot(): ChannelSnapshot {
    const stack = this.#stack
    return {
      name: this.name,
      state: this.#state,
      local: factsOf(this.#localNow()),
      members: stack === undefined ? [] : this.members().map((member) => this.#snapshotOf(member, stack)),
      quorum: this.#options.quorum === 0 ? undefined : this.#quorum(),
      missing: stack === undefined ? [] : stack.membership.missing().map(({ host, port }) => `${host}:${port}`),
      counters: {
        sent: this.#sent,
        received: this.#received,
        failed: this.#failed,
        refused: stack?.refusedMessages ?? 0,
        connectionsRefused: stack?.refusedConnections ?? 0,
        disappeared: { ...this.#disappeared },
      },
      dispatchBytes: stack?.dispatch.queuedBytes ?? 0,
      lateness: this.#lateness,
      layers: stack?.layerCounters() ?? {},
    }
  }

  async #start(): Promise<void> {
    if (this.#stopping !== undefined) throw new ClusterError('CLUSTER_STOPPED', 'the channel was stopped')
    this.#state = 'starting'
    const { receiver, clock, heartbeatMs } = this.#options
    let stack: Stack | undefined
    try {
      const host = await this.#resolveOwn(receiver.address)
      refuseInsecureBind(host, this.#options)
      const advertised = receiver.advertise === receiver.address ? host : await this.#resolveOwn(receiver.advertise)
      stack = this.#makeStack(host)
      const port = await stack.open()
      this.#startedAt = clock.monotonic()
      this.#local = this.#makeLocal(advertised, port)
      stack.refreshLocal()
      this.#stack = stack
      this.#state = 'running'
      this.#heartbeat = clock.every(heartbeatMs, () => this.#beat())
      this.#emit({ type: 'started', local: this.#local })
      await stack.chain.start()
    } catch (error) {
      this.#end()
      await stack?.transport.close(0)
      throw error
    }
  }

  async #stop(): Promise<void> {
    this.#stack?.membership.endFirstRound()
    try {
      await this.#starting
    } catch {
      // Whoever called start knows; there is nothing to stop.
      return
    }
    const stack = this.#stack
    this.#options.clock.clear(this.#heartbeat)
    try {
      if (stack !== undefined) {
        this.#state = 'stopping'
        await stack.stop(this.#options.stopGraceMs)
      }
    } finally {
      this.#end()
      this.#throttle.beat()
      this.#emit({ type: 'stopped' })
    }
  }

  #end(): void {
    this.#state = 'stopped'
    this.#options.clock.clear(this.#heartbeat)
    for (const member of this.members()) this.#view.remove(member)
  }

  #beat(): void {
    if (!this.#wasLate) this.#lateness = nextLateness(this.#lateness, 0)
    this.#wasLate = false
    this.#stack?.heartbeat()
    this.#throttle.beat()
  }

  #late(lateMs: number): void {
    if (lateMs < LATE_STEP_MS) return
    this.#wasLate = true
    this.#lateness = nextLateness(this.#lateness, lateMs)
    this.#emit({ type: 'late-heartbeat', lateMs, score: this.#lateness })
  }

  #makeStack(host: Uint8Array): Stack {
    return new Stack({
      options: this.#options,
      keys: this.#keys,
      host,
      ids: this.#ids,
      localNow: () => this.#localNow(),
      resolve: (name) => this.#resolve(name),
      lateness: () => this.#lateness,
      late: (ms) => this.#late(ms),
      emit: (event) => this.#emit(event),
      throttle: this.#throttle,
      top: {
        receive: (message) => this.#receive(message),
        memberAdded: (member) => this.#memberAdded(member),
        memberDisappeared: (member, reason) => this.#memberDisappeared(member, reason),
      },
      sendFailed: (members, cause) => this.#sendFailed(members, cause),
      listenerFailed: (cause) => this.#listenerFailed(cause),
    })
  }

  #snapshotOf(member: Member, { transport, detector }: Stack): MemberSnapshot {
    const { link, queuedBytes, sent, failed } = transport.snapshot(member)
    return {
      ...factsOf(member),
      aliveMs: Math.round(this.#view.ageOf(member, this.#options.clock.monotonic())),
      suspect: detector.isSuspect(member),
      link,
      queueBytes: queuedBytes,
      sent,
      received: detector.receivedFrom(member),
      failed,
    }
  }

  #receive(message: ReceivedMessage): boolean | Promise<boolean> {
    this.#received++
    return this.#listeners.message(message)
  }

  #memberAdded(member: Member): void {
    const had = this.hasQuorum
    this.#view.add(member, this.#options.clock.monotonic())
    this.#emit({ type: 'member-added', member })
    this.#tellQuorum(had)
    this.#listeners.memberAdded(member)
  }

  #memberDisappeared(member: Member, reason: DisappearReason): void {
    const had = this.hasQuorum
    if (!this.#view.remove(member)) return
    this.#disappeared[reason] = (this.#disappeared[reason] ?? 0) + 1
    this.#emit({ type: 'member-disappeared', member, reason })
    this.#tellQuorum(had)
    this.#listeners.memberDisappeared(member)
  }

  #tellQuorum(had: boolean): void {
    if (this.hasQuorum !== had) this.#emit({ type: 'quorum', ...this.#quorum() })
  }

  #quorum(): QuorumSnapshot {
    return { held: this.hasQuorum, present: this.members().length + 1, needed: this.#options.quorum }
  }

  #sendFailed(members: readonly Member[], cause: ClusterError): void {
    this.#failed++
    this.#throttle.tell(`send ${cause.code} ${members.map(memberName).join()}`, (count) => {
      return { type: 'send-failed', members, cause, count }
    })
    const present = members.filter((member) => this.#view.has(member))
    if (present.length > 0) this.#listeners.sendFailed(present, cause)
  }

  #listenerFailed(cause: unknown): void {
    this.#throttle.tell('listener', (count) => ({ type: 'listener-failed', cause, count }))
  }

  #emit(event: ClusterEvent): void {
    for (const listener of this.#eventListeners) {
      try {
        listener(event)
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  async #resolveOwn(name: string): Promise<Uint8Array> {
    try {
      return await this.#resolve(name)
    } catch (cause) {
      throw new ClusterError('CLUSTER_BIND', `${name} has no address to listen on: ${reasonOf(cause)}`, { cause })
    }
  }

  /** The address behind a name, of the family this node listens on where there are several. */
  async #resolve(name: string): Promise<Uint8Array> {
    const literal = parseAddress(name)
    if (literal !== undefined) return literal
    const found = await this.#options.lookup(name, this.#local.host.length === 16 ? 6 : 4)
    const address = parseAddress(found)
    if (address === undefined) throw new Error(`${name} resolves to ${found}, which is no address`)
    return address
  }

  #running(): Stack {
    if (this.#stack !== undefined && this.#state === 'running') return this.#stack
    throw new ClusterError('CLUSTER_NOT_RUNNING', `the channel is ${this.#state}`)
  }

  #makeLocal(host: Uint8Array, port: number): Member {
    const { uniqueId, domain, payload } = this.#options
    return createMember({ host, port, uniqueId, domain, payload })
  }

  #localNow(): Member {
    const now = this.#options.clock.monotonic()
    const aliveMs = Math.round(now - (this.#startedAt ?? now))
    return { ...this.#local, aliveMs }
  }
}

function factsOf(member: Member): MemberFacts {
  return {
    name: memberName(member),
    host: formatAddress(member.host),
    port: member.port,
    uniqueId: hexOf(member.uniqueId),
    domain: Buffer.from(member.domain).toString('latin1'),
    aliveMs: member.aliveMs,
  }
}

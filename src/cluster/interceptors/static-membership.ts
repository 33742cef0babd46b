/**
 * The lowest layer: who may be in the group, from a list (Tomcat `StaticMembershipInterceptor`; tomcat-cluster.md 3.3) and
 * from sources that introduce members (`membership/`). It keeps a link to every address it knows, tells each new
 * connection who this node is, learns who answers, and refuses messages of strangers; where there are sources, a
 * stranger introduces himself, as with Tomcat. Whether a member is reachable is judged by the layer above.
 */
import type { Clock } from '../../clock/clock.ts'
import { SEND } from '../channel.ts'
import { controlMessageOf, MEMBERS_OPTION, START_BODY, START_OPTION, STOP_BODY } from '../control-messages.ts'
import { Deadline } from '../deadline.ts'
import { ClusterError } from '../errors.ts'
import type { ClusterEvent } from '../events.ts'
import { memberName, sameBytes, sameMember } from '../identity.ts'
import { widen } from '../lateness.ts'
import type { Endpoint, Member } from '../member.ts'
import { decodeGossip, encodeGossip } from '../membership/gossip.ts'
import type { MembershipGroup, MembershipSource } from '../membership/source.ts'
import type { ResolvedStaticMember } from '../options.ts'
import { inOneCluster } from '../payload.ts'
import type { Transport } from '../transport/transport.ts'
import type { IncomingMessage, Interceptor, Neighbours, OutgoingMessage, ReceiveNext } from './interceptor.ts'
import { type Entry, LIST, MAX_INTRUDERS, MemberEntries } from './member-entries.ts'
import { sourceGroup, speaksClowder } from './source-group.ts'
import { type EntryEvent, type EntryState, nextEntry } from './static-entry.ts'

/** How long a peer may take to say who it is before it counts as one that does not (Tomcat). */
export const ANSWER_WAIT_MS = 1000

export interface StaticMembershipOptions {
  readonly members: readonly ResolvedStaticMember[]
  readonly sources: readonly MembershipSource[]
  /** Members tell each other whom they know. */
  readonly gossips: boolean
  /** Addresses known at once. */
  readonly maxMembers: number
  readonly clock: Clock
  readonly transport: Transport
  readonly connectTimeoutMs: number
  /** How much this node distrusts itself now. */
  readonly lateness: () => number
  /** Addresses of host names; rejects when there is none. */
  readonly resolve: (host: string) => Promise<Uint8Array>
  readonly local: () => Member
  /** Called before this node says who it is, so that it says how old it is now. */
  readonly refreshLocal: () => void
  /** The whole frame of a message of this node about itself. */
  readonly frameOf: (to: Member, message: OutgoingMessage) => Buffer
  /** A peer that does not say who it is counts as the one configured: Tomcat's never say. */
  readonly admitsSilent: boolean
  /** Id of every START of this process. */
  readonly startId: Uint8Array
  /** How long a member that used to answer may stay unconfirmed. */
  readonly maxDoubtMs: number
  readonly emit: (event: ClusterEvent) => void
  /** A message came from somebody who is not in the list. */
  readonly stranger: (sender: Member) => void
  /** A source reports a failure. */
  readonly sourceFailed: (source: string, cause: unknown) => void
  /** The member may be gone. */
  readonly suspect: (member: Endpoint, cause: ClusterError) => void
}

/** What was found out about a sender; holds as long as the entry's state is the same object. */
interface Recognised {
  readonly entry: Entry
  readonly state: EntryState
  readonly member: Member
}

export class StaticMembership implements Interceptor {
  readonly name = 'static-membership'
  readonly #options: StaticMembershipOptions
  readonly #entries: MemberEntries
  /** Configured under a name that has no address yet; whether the resolver was asked and has not answered. */
  readonly #unresolved = new Map<ResolvedStaticMember, 'asked' | 'failed'>()
  readonly #recognised = new WeakMap<Member, Recognised>()
  #neighbours: Neighbours | undefined
  #running = false
  #allAdded = false
  #gossipTurn = 0
  #firstRoundOver: (() => void) | undefined

  constructor(options: StaticMembershipOptions) {
    this.#options = options
    this.#entries = new MemberEntries(options)
  }

  attach(neighbours: Neighbours): void {
    this.#neighbours = neighbours
  }

  /**
   * Resolves when every configured member was tried once and every source has looked once: whoever is there and fast is a
   * member now. Rejects when a source cannot work.
   */
  async start(): Promise<void> {
    const { members, sources, clock, connectTimeoutMs } = this.#options
    this.#running = true
    const lookMs = Math.max(0, ...sources.map(({ firstLookMs }) => firstLookMs))
    await new Promise<void>((resolve, reject) => {
      const limit = new Deadline(clock, lookMs + connectTimeoutMs + ANSWER_WAIT_MS, () => this.endFirstRound())
      this.#firstRoundOver = () => {
        limit.cancel()
        resolve()
      }
      const added = members.map((config) => this.add(config))
      const looked = sources.map((source) => source.start(this.#groupOf(source)))
      Promise.all([...added, ...looked]).then(
        () => {
          this.#allAdded = true
          this.#lookWhetherAllTried()
        },
        (cause) => {
          limit.cancel()
          this.#running = false
          reject(cause)
        },
      )
    })
  }

  /** Lets `start` resolve now. */
  endFirstRound(): void {
    const over = this.#firstRoundOver
    this.#firstRoundOver = undefined
    over?.()
  }

  /** Says goodbye to everybody who can hear it. */
  async stop(): Promise<void> {
    this.#running = false
    const { sources, sourceFailed } = this.#options
    const stops = sources.map(async (source) => {
      try {
        await source.stop()
      } catch (cause) {
        sourceFailed(source.name, cause)
      }
    })
    await Promise.all(stops)
    for (const entry of this.#entries) {
      entry.answerDue?.cancel()
      // Closing the transport waits, within limits, until it is written.
      if (this.#options.transport.isOpen(entry.address)) this.#tell(entry, STOP_BODY, 0)
    }
  }

  /** Adds an entry, at the start or later. An entry for this node itself, or a second one for an address, is left out. */
  async add(config: ResolvedStaticMember): Promise<void> {
    const host = await this.#resolve(config)
    if (host === undefined || !this.#running) return
    this.#entries.of(host, config)?.sources.add(LIST)
  }

  /** Takes out the entry that was configured like this. */
  remove(host: string, port: number): void {
    const isMeant = (config: ResolvedStaticMember) => config.host === host && config.port === port
    for (const config of this.#unresolved.keys()) if (isMeant(config)) this.#unresolved.delete(config)
    for (const entry of this.#entries) {
      if (!entry.sources.has(LIST) || !isMeant(entry.config)) continue
      entry.sources.delete(LIST)
      if (entry.sources.size > 0) continue
      this.#entries.forget(entry)
      const { current } = entry.state
      if (current !== undefined) this.#neighbours?.above.memberDisappeared(current, 'removed')
    }
  }

  heartbeat(): void {
    const { clock, transport, maxDoubtMs } = this.#options
    for (const [config, state] of this.#unresolved) if (state === 'failed') void this.add(config)
    for (const entry of this.#entries) {
      this.#step(entry, { type: 'heartbeat', now: clock.monotonic(), maxDoubtMs })
      if (entry.sources.size === 0 && entry.state.current === undefined) {
        this.#entries.forget(entry)
        continue
      }
      const unsure = entry.state.current === undefined || entry.state.doubtedAt !== undefined
      if (unsure && entry.greeted && transport.isOpen(entry.address)) this.#tell(entry, START_BODY, START_OPTION.ASKS)
    }
    if (this.#options.gossips) this.#gossipToNext()
  }

  /** The link to a peer is open: the frame that tells it who is here and asks who is there. */
  linkUp(to: Endpoint): Buffer | undefined {
    const entry = this.#entries.get(to)
    // After its goodbye this node does not say again that it is here.
    if (entry === undefined || !this.#running) return undefined
    entry.unreachable = false
    if (!entry.greeted) {
      this.#tried(entry)
      return undefined
    }
    if (entry.state.current === undefined) this.#awaitAnswer(entry)
    else this.#tried(entry)
    return this.#frameFor(entry, START_BODY, START_OPTION.ASKS)
  }

  linkDown(to: Endpoint): void {
    const entry = this.#entries.get(to)
    if (entry === undefined) return
    entry.answerDue?.cancel()
    this.#step(entry, { type: 'link-lost', now: this.#options.clock.monotonic() })
  }

  /** A peer could not be reached. Where it is no member, that is told once. */
  doubt(to: Endpoint, cause: ClusterError): void {
    const entry = this.#entries.get(to)
    if (entry === undefined) return
    this.#tried(entry)
    if (cause.code !== 'CLUSTER_CONNECT' || entry.unreachable || entry.state.current !== undefined) return
    entry.unreachable = true
    this.#options.emit({ type: 'member-unreachable', endpoint: to, cause })
  }

  /** The failure detector gave up a member. Who is there next has to say so. */
  dropped(member: Member): void {
    const entry = this.#entries.get(member)
    if (entry?.state.current !== member) return
    this.#step(entry, { type: 'dropped' })
    // What the system still holds for a dead connection would be tried for minutes; a new one is up when the peer is.
    this.#options.transport.release(entry.address)
    this.#options.transport.keep(entry.address)
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    const control = controlMessageOf(message.body)
    if (control === 'start' || control === 'stop') {
      this.#notified(message, control)
      return true
    }
    if ((message.options & MEMBERS_OPTION) !== 0 && this.#gossiped(message)) return true
    const seen = this.#recognised.get(message.sender)
    if (seen !== undefined && seen.state === seen.entry.state) {
      message.sender = seen.member
      return next(message)
    }
    if (this.#recognise(message, control === undefined) || control !== undefined) return next(message)
    this.#options.stranger(message.sender)
    const text = `${memberName(message.sender)} is not one of the configured members`
    throw new ClusterError('CLUSTER_NOT_A_MEMBER', text)
  }

  /** Entries nobody is known for, for the snapshot. */
  missing(): readonly ResolvedStaticMember[] {
    const absent = [...this.#entries].filter(({ state, sources }) => {
      return state.current === undefined && sources.size > 0
    })
    return [...this.#unresolved.keys(), ...absent.map(({ config }) => config)]
  }

  /** The address of an entry; undefined when there is none, which is told once, or when it was removed meanwhile. */
  async #resolve(config: ResolvedStaticMember): Promise<Uint8Array | undefined> {
    const isNew = !this.#unresolved.has(config)
    this.#unresolved.set(config, 'asked')
    try {
      const host = await this.#options.resolve(config.host)
      return this.#unresolved.delete(config) ? host : undefined
    } catch (cause) {
      if (!this.#unresolved.has(config)) return undefined
      this.#unresolved.set(config, 'failed')
      if (isNew) this.#options.emit({ type: 'member-unresolved', host: config.host, cause })
      return undefined
    }
  }

  /**
   * Learns what the sender of an ordinary message tells; false when it may not take part. It introduces Tomcats only: clowder
   * members say START before, and one that does not may have said it with a key that this node does not have.
   */
  #recognise(message: IncomingMessage, introduces: boolean): boolean {
    const { sender } = message
    const entry =
      this.#entries.get(sender) ?? (introduces && !speaksClowder(sender) ? this.#introduced(sender) : undefined)
    if (entry === undefined || !this.#mayBe(sender, entry)) return false
    if (!this.#step(entry, { type: 'message', sender })) return false
    const { state } = entry
    const known = state.current !== undefined && Buffer.compare(state.current.uniqueId, sender.uniqueId) === 0
    const member = known ? state.current : sender
    this.#recognised.set(sender, { entry, state, member })
    message.sender = member
    return true
  }

  #notified({ sender, options, uniqueId }: IncomingMessage, control: 'start' | 'stop'): void {
    const known = this.#entries.get(sender)
    const entry = known ?? (control === 'start' ? this.#introduced(sender) : undefined)
    if (entry === undefined || !this.#mayBe(sender, entry)) {
      this.#options.stranger(sender)
      return
    }
    if (control === 'stop') {
      this.#step(entry, { type: 'stop', sender })
      return
    }
    if (!this.#running) return
    const asks = (options & START_OPTION.ASKS) !== 0
    const answers = asks || (options & START_OPTION.ANSWERS) !== 0
    // The id lies in the frame, which is freed with it; a life is longer.
    if (!this.#step(entry, { type: 'start', sender, id: Uint8Array.from(uniqueId), answers })) return
    entry.answerDue?.cancel()
    const { transport } = this.#options
    transport.keep(entry.address)
    if (transport.isOpen(entry.address)) this.#tried(entry)
    if (!asks) return
    this.#tell(entry, START_BODY, START_OPTION.ANSWERS)
    if (this.#options.gossips) this.#gossip(entry)
  }

  #entryAt(endpoint: Endpoint): Entry | undefined {
    return this.#running ? this.#entries.at(endpoint) : undefined
  }

  /** Whoever is in the list belongs to the cluster; others must not say that they belong to another one. */
  #mayBe({ payload }: Member, { sources }: Entry): boolean {
    return sources.has(LIST) || inOneCluster(payload, this.#options.local().payload)
  }

  /** Somebody who was not introduced by anybody else; where all members are listed there is no such thing. */
  #introduced(sender: Member): Entry | undefined {
    if (this.#options.sources.length === 0 || sameBytes(sender.uniqueId, this.#options.local().uniqueId))
      return undefined
    // Its address lies in the frame, which is freed with it.
    return this.#entryAt({ host: Uint8Array.from(sender.host), port: sender.port })
  }

  #groupOf(source: MembershipSource): MembershipGroup {
    return sourceGroup(source.name, {
      ...this.#options,
      entryOf: (endpoint) => this.#entries.get(endpoint),
      entryAt: (endpoint) => this.#entryAt(endpoint),
      step: (entry, event) => this.#step(entry, event),
      lives: (member) => this.#neighbours?.above.memberAdded(member),
    })
  }

  /** To one member per heartbeat in turn, so that whoever missed somebody learns of him. */
  #gossipToNext(): void {
    const speakers = [...this.#entries].filter(({ state }) => state.answers)
    const next = speakers[this.#gossipTurn++ % speakers.length]
    if (next !== undefined) this.#gossip(next)
  }

  #gossip(to: Entry): void {
    const present = [...this.#entries].flatMap(({ state }) => state.current ?? [])
    this.#tell(to, encodeGossip(present), MEMBERS_OPTION | SEND.BYTE_MESSAGE)
  }

  /** False when it is no list. */
  #gossiped({ sender, body }: IncomingMessage): boolean {
    const named = decodeGossip(body)
    if (named === undefined) return false
    if (!this.#options.gossips || this.#entries.get(sender) === undefined) return true
    for (const endpoint of named) this.#entryAt(endpoint)
    return true
  }

  /** Moves an entry on and does what follows; false when the sender is not who the configuration says. */
  #step(entry: Entry, event: EntryEvent): boolean {
    const { state, actions } = nextEntry(entry.state, event)
    entry.state = state
    let expected = true
    for (const action of actions) {
      switch (action.type) {
        case 'added':
        case 'confirmed':
          this.#neighbours?.above.memberAdded(action.member)
          break
        case 'disappeared':
          this.#neighbours?.above.memberDisappeared(action.member, action.reason)
          break
        case 'mismatch':
          expected = false
          this.#mismatched(entry, action.found)
          break
      }
    }
    return expected
  }

  /** Somebody else is at the address of a configured member; told once per somebody. */
  #mismatched(entry: Entry, found: Member): void {
    entry.answerDue?.cancel()
    this.#tried(entry)
    if (entry.intruders.some((intruder) => sameMember(intruder, found))) return
    entry.intruders = [...entry.intruders.slice(1 - MAX_INTRUDERS), found]
    this.#options.emit({ type: 'member-mismatch', configured: entry.address, found })
  }

  #awaitAnswer(entry: Entry): void {
    const { clock, lateness } = this.#options
    entry.answerDue?.cancel()
    entry.answerDue = new Deadline(clock, widen(ANSWER_WAIT_MS, lateness()), () => {
      if (this.#options.admitsSilent) this.#step(entry, { type: 'no-answer' })
      this.#tried(entry)
    })
  }

  #tried(entry: Entry): void {
    if (entry.tried) return
    entry.tried = true
    this.#lookWhetherAllTried()
  }

  #lookWhetherAllTried(): void {
    if (this.#firstRoundOver === undefined || !this.#allAdded) return
    for (const { tried } of this.#entries) if (!tried) return
    this.endFirstRound()
  }

  /** Whether it arrives shows in what comes back. */
  #tell(entry: Entry, body: Uint8Array, options: number): void {
    this.#options.transport.send(entry.address, this.#frameFor(entry, body, options), false, undefined)
  }

  #frameFor({ address }: Entry, body: Uint8Array, options: number): Buffer {
    const { clock, startId, refreshLocal, frameOf } = this.#options
    refreshLocal()
    return frameOf(address, { to: [address], options, timestamp: clock.now(), uniqueId: startId, body })
  }
}

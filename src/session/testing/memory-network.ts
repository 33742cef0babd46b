/**
 * Channels that reach each other through memory, for tests of what stands above a channel. Strict where the real one may
 * be: nothing arrives before the test says so, a body is wiped when its listener has returned, and acknowledgements come
 * when the option bits say. Troublesome on request: messages can be chosen in any order, lost, doubled and cut off.
 */
import type { Channel, ChannelListener, ReceivedMessage } from '../../cluster/channel.ts'
import type { ClusterError } from '../../cluster/errors.ts'
import type { Member } from '../../cluster/member.ts'
import { BITS } from '../options.ts'

export interface Flight {
  readonly from: MemoryChannel
  readonly to: MemoryChannel
  readonly body: Uint8Array
  readonly options: number
  readonly uniqueId: Uint8Array
  readonly settle: (failure?: unknown) => void
}

const EMPTY = new Uint8Array(0)

export class MemoryNetwork {
  readonly #channels: MemoryChannel[] = []
  /** Sent and not yet arrived, in the order of sending. */
  readonly flights: Flight[] = []
  /** Messages land by themselves, in order, for tests that have an event loop of their own. */
  isLive = false
  readonly #cut = new Set<string>()
  #messages = 0

  /** A running channel that nobody knows of yet. */
  channel(name: string): MemoryChannel {
    const channel = new MemoryChannel(this, name, this.#channels.length)
    this.#channels.push(channel)
    return channel
  }

  /** Everybody who is alive and reachable learns of everybody else. */
  meet(): void {
    for (const a of this.#channels) {
      for (const b of this.#channels) if (a !== b && a.isAlive && b.isAlive && !this.isCut(a, b)) a.learn(b.local)
    }
  }

  /** Messages between the two sides no longer arrive. Nobody is told; see `notice`. */
  cut(side: readonly MemoryChannel[], other: readonly MemoryChannel[]): void {
    for (const a of side) for (const b of other) this.#cut.add(`${a.index}-${b.index}`).add(`${b.index}-${a.index}`)
  }

  /** The membership service finds out who is cut off or dead. */
  notice(): void {
    for (const a of this.#channels) {
      for (const b of this.#channels) if (a !== b && a.isAlive && (!b.isAlive || this.isCut(a, b))) a.unlearn(b.local)
    }
  }

  /** The network is whole again, and the membership service says so. */
  heal(): void {
    this.#cut.clear()
    this.meet()
  }

  isCut(a: MemoryChannel, b: MemoryChannel): boolean {
    return this.#cut.has(`${a.index}-${b.index}`)
  }

  take(from: MemoryChannel, to: Member, body: Uint8Array, options: number, settle: Flight['settle']): void {
    const target = this.#channels.find((channel) => channel.local.port === to.port)
    const uniqueId = new Uint8Array(16)
    new DataView(uniqueId.buffer).setUint32(12, ++this.#messages)
    if (target === undefined) settle(new Error('no such member'))
    else this.flights.push({ from, to: target, body: Uint8Array.from(body), options, uniqueId, settle })
    if (this.isLive) setImmediate(() => this.flights[0] && this.land(this.flights[0]))
  }

  /** Lets one message arrive, or fail if its way is cut. `copies` 2: the sender repeats it after a lost answer. */
  async land(flight: Flight, copies = 1): Promise<void> {
    const at = this.flights.indexOf(flight)
    if (at >= 0) this.flights.splice(at, 1)
    if (!flight.from.isAlive) return
    if (!flight.to.isAlive || this.isCut(flight.from, flight.to)) {
      flight.settle(new Error('unreachable'))
      return
    }
    let failure: unknown
    for (let i = 0; i < copies; i++) failure = await flight.to.receive(flight)
    flight.settle(flight.options & BITS.SYNCHRONIZED_ACK ? failure : undefined)
  }

  /** It never arrives. The sender finds out only if it waits for an answer. */
  lose(flight: Flight): void {
    this.flights.splice(this.flights.indexOf(flight), 1)
    if (flight.options & BITS.USE_ACK) flight.settle(new Error('no answer'))
  }
}

export class MemoryChannel implements Channel {
  readonly local: Member
  readonly index: number
  isAlive = true
  readonly #network: MemoryNetwork
  readonly #listeners: ChannelListener[] = []
  #members: Member[] = []

  constructor(network: MemoryNetwork, name: string, index: number) {
    const uniqueId = new Uint8Array(16)
    uniqueId.set(Buffer.from(name).subarray(0, 16))
    this.#network = network
    this.index = index
    this.local = {
      host: new Uint8Array([127, 0, 0, 1]),
      port: 4000 + index,
      securePort: -1,
      udpPort: -1,
      uniqueId,
      domain: EMPTY,
      command: EMPTY,
      payload: EMPTY,
      aliveMs: 1_000_000 - index,
    }
  }

  members(): readonly Member[] {
    return this.#members
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.isAlive = false
    return Promise.resolve()
  }

  addListener(listener: ChannelListener): void {
    this.#listeners.push(listener)
  }

  removeListener(listener: ChannelListener): void {
    this.#listeners.splice(this.#listeners.indexOf(listener), 1)
  }

  send(to: readonly Member[], body: Uint8Array, options: number): Promise<void> {
    const faulty: { member: Member; cause: unknown }[] = []
    const answers = to.map(
      (member) =>
        new Promise<void>((resolve) => {
          this.#network.take(this, member, body, options, (failure) => {
            if (failure !== undefined) faulty.push({ member, cause: failure })
            if (failure !== undefined && options & BITS.ASYNCHRONOUS) this.#sendFailed(member, failure)
            resolve()
          })
        }),
    )
    if (options & BITS.ASYNCHRONOUS) return Promise.resolve()
    return Promise.all(answers).then(() => {
      if (faulty.length > 0) throw clusterError(faulty)
    })
  }

  async receive(flight: Flight): Promise<unknown> {
    const body = Uint8Array.from(flight.body)
    const { options, uniqueId, from } = flight
    const message: ReceivedMessage = { sender: from.local, options, timestamp: 0, uniqueId, body }
    try {
      for (const listener of this.#listeners) if (await listener.message?.(message)) break
      return undefined
    } catch (error) {
      return error
    } finally {
      body.fill(0xee)
    }
  }

  learn(member: Member): void {
    if (this.#members.includes(member)) return
    this.#members = [...this.#members, member].sort((a, b) => b.aliveMs - a.aliveMs)
    for (const listener of [...this.#listeners]) listener.memberAdded?.(member)
  }

  unlearn(member: Member): void {
    if (!this.#members.includes(member)) return
    this.#members = this.#members.filter((other) => other !== member)
    for (const listener of [...this.#listeners]) listener.memberDisappeared?.(member)
  }

  #sendFailed(member: Member, failure: unknown): void {
    const cause = clusterError([{ member, cause: failure }])
    for (const listener of [...this.#listeners]) listener.sendFailed?.([member], cause)
  }
}

/** The room of the real class gives us its type only. */
function clusterError(faulty: readonly { member: Member; cause: unknown }[]): ClusterError {
  const error = new Error(`${faulty.length} members did not get a message`)
  return Object.assign(error, { code: 'CLUSTER_SEND', faulty, complaints: [] }) as unknown as ClusterError
}

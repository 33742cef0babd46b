/** Channels on one memory network and one clock that stands still, for stories about groups. */
import { FakeClock } from '../../clock/fake-clock.ts'
import { formatAddress } from '../address.ts'
import type { ChannelListener } from '../channel.ts'
import type { ClusterEvent } from '../events.ts'
import { createChannel, type GroupChannel } from '../group-channel.ts'
import type { Endpoint, Member } from '../member.ts'
import type { ChannelOptions } from '../options.ts'
import { MemoryNetwork } from '../transport/memory.ts'

const STEP_MS = 250

/** Long enough for anything that needs no clock. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A channel with a name, and what its listeners and event readers heard, in short words. */
export class LabNode {
  readonly name: string
  readonly channel: GroupChannel
  readonly events: ClusterEvent[] = []
  /** `+b`, `-b`, `b:text`, `!b CODE`, in the order they were heard. */
  #heard: string[] = []
  readonly #lab: Lab

  constructor(lab: Lab, name: string, options: ChannelOptions) {
    this.#lab = lab
    this.name = name
    this.channel = createChannel(options)
    this.channel.on('event', (event) => this.events.push(event))
    const listener: ChannelListener = {
      message: ({ sender, body }) => {
        this.#heard.push(`${lab.nameOf(sender)}:${Buffer.from(body)}`)
        return true
      },
      memberAdded: (member) => void this.#heard.push(`+${lab.nameOf(member)}`),
      memberDisappeared: (member) => void this.#heard.push(`-${lab.nameOf(member)}`),
      sendFailed: (members, cause) =>
        void this.#heard.push(`!${members.map((member) => lab.nameOf(member)).join()} ${cause.code}`),
    }
    this.channel.addListener(listener)
  }

  get members(): string {
    return this.channel
      .members()
      .map((member) => this.#lab.nameOf(member))
      .join()
  }

  get endpoint(): Endpoint {
    return this.channel.local
  }

  /** What was heard since the last look. */
  heard(): string {
    return this.#heard.splice(0).join(' ')
  }

  eventTypes(): string {
    return this.events
      .splice(0)
      .map((event) => (event.type === 'member-disappeared' ? `${event.type} ${event.reason}` : event.type))
      .join()
  }

  member(name: string): Member {
    const found = this.channel.members().find((member) => this.#lab.nameOf(member) === name)
    if (found === undefined) throw new Error(`${this.name} does not see ${name}`)
    return found
  }

  say(text: string, options: number, to = this.channel.members()): Promise<void> {
    return this.channel.send(to, Buffer.from(text), options)
  }
}

export class Lab {
  readonly clock = new FakeClock()
  readonly network = new MemoryNetwork(this.clock)
  readonly #nodes: LabNode[] = []

  /** A node called `a`, `b`, … at 10.0.0.1, 10.0.0.2, …, configured with all addresses `a` to `d`. */
  node(name: string, options: ChannelOptions = {}): LabNode {
    const node = new LabNode(this, name, {
      receiver: { address: addressOf(name) },
      insecure: true,
      members: ['a', 'b', 'c', 'd'].map((other) => ({ host: addressOf(other), port: 4000 })),
      clock: this.clock,
      transport: this.network.transport,
      ...options,
    })
    this.#nodes.push(node)
    return node
  }

  async start(...names: string[]): Promise<LabNode[]> {
    const nodes = names.map((name) => this.node(name))
    for (const node of nodes) await node.channel.start()
    await turns()
    for (const node of nodes) node.heard()
    return nodes
  }

  /** Starts a node of which some configured member does not say who it is, and waits that time. */
  async startUnanswered(node: LabNode): Promise<void> {
    const starting = node.channel.start()
    await turns()
    this.clock.advance(1000)
    await starting
  }

  /** As SIGKILL: no goodbye, all connections break. */
  kill(node: LabNode): void {
    this.network.kill(node.endpoint)
  }

  /** Lets heartbeats pass and what follows from each happen. */
  beats(count: number, ms = 5000): Promise<void> {
    return this.pass(count * ms)
  }

  /** Lets time pass in steps as long as a node's looks at its members: what one step sends is read before the next. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, left))
      await turns()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(({ channel }) => channel.stop()))
  }

  nameOf({ host }: Endpoint): string {
    const text = formatAddress(host)
    return ['a', 'b', 'c', 'd'].find((name) => addressOf(name) === text) ?? text
  }
}

export function addressOf(name: string): string {
  return `10.0.0.${name.charCodeAt(0) - 'a'.charCodeAt(0) + 1}`
}

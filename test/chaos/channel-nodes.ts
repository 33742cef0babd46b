/** Channels in processes of their own on nodes of a network, and when they noticed what. */
import { fileURLToPath } from 'node:url'
import type { ChannelOptions } from '../../src/cluster/options.ts'
import type { Network } from '../kit/netns.ts'
import type { Running } from '../kit/process.ts'
import { until } from '../kit/until.ts'

const NODE = fileURLToPath(
  new URL(`../../src/cluster/testing/channel-node${import.meta.url.slice(-3)}`, import.meta.url),
)

/** Name and address of each node. */
export const NODES = { a: '10.0.0.1', b: '10.0.0.2', c: '10.0.0.3' } as const
export type NodeName = keyof typeof NODES

/** Ms on the clock that all processes of this machine share. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export class ChannelNodes {
  readonly #network: Network
  readonly #running = new Map<NodeName, Running>()

  constructor(network: Network) {
    this.#network = network
  }

  /** Starts the channel of a node; resolves when it listens and has looked at everybody once. */
  async start(name: NodeName): Promise<void> {
    const options: ChannelOptions = {
      receiver: { address: NODES[name], port: 4000, autoBind: 1 },
      insecure: true,
      members: Object.values(NODES).map((host) => ({ host, port: 4000 })),
    }
    const args = [...process.execArgv, NODE, JSON.stringify(options)]
    const running = await this.#network.start(name, process.execPath, args)
    this.#running.set(name, running)
    await running.waitForLine(/^ready/)
  }

  node(name: NodeName): Running {
    const running = this.#running.get(name)
    if (running === undefined) throw new Error(`${name} was not started`)
    return running
  }

  /** All nodes have each other in view. */
  async together(): Promise<void> {
    await until('all are in view', () => this.#pairs().every(([observer, about]) => this.sees(observer, about)), {
      everyMs: 20,
    })
  }

  sees(observer: NodeName, about: NodeName): boolean {
    return this.#news(observer, about).at(-1)?.startsWith('+') ?? false
  }

  /** When an observer dropped a node for the last time, once it has. */
  async droppedAt(observer: NodeName, about: NodeName): Promise<number> {
    const last = () => this.#news(observer, about).at(-1)
    await until(`${observer} drops ${about}`, () => last()?.startsWith('-'), { everyMs: 20 })
    return Number(last()?.split(' ').at(-1))
  }

  /** Lines of all nodes that begin like this. */
  count(prefix: string): number {
    let count = 0
    for (const { lines } of this.#running.values()) for (const line of lines) if (line.startsWith(prefix)) count++
    return count
  }

  #news(observer: NodeName, about: NodeName): string[] {
    return this.node(observer).lines.filter((line) => line.startsWith(`${NODES[about]}:4000 `, 1))
  }

  #pairs(): [NodeName, NodeName][] {
    const names = Object.keys(NODES) as NodeName[]
    return names.flatMap((one) =>
      names.filter((other) => other !== one).map((other): [NodeName, NodeName] => [one, other]),
    )
  }
}

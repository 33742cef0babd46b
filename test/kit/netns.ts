/**
 * A network of machines inside this one: a network namespace per node, joined by a switch, with no way out and no way
 * in. Nodes may have any address, hear each other's multicast, and lose sight of each other on demand.
 *
 *   node a [eth0]---[port0]  switch namespace,  [port1]---[eth0] node b
 *                            one bridge
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { atEnd, type Owner } from './owner.ts'
import { needsPeer, peer } from './peers.ts'
import { isAlive, type Running, type StartOptions, start } from './process.ts'

const NFT = '/usr/sbin/nft'
const PREFIX = 'clowder'
const run = promisify(execFile)

/** Whether this process may make networks here. */
export function available(): boolean {
  try {
    peer('netns')
    return true
  } catch {
    return false
  }
}

/** Options for tests that make networks. */
export const needsNetwork = () => needsPeer('netns')

export interface NetworkOptions {
  /** Ends it. */
  readonly owner: Owner
  /** Name of each node and its address with prefix length, e.g. `{ tomcat1: '192.168.1.100/24' }`. */
  readonly nodes: Readonly<Record<string, string>>
}

/**
 * @example
 * const network = await createNetwork({ owner: t, nodes: { a: '192.168.1.1/24', b: '192.168.1.2/24' } })
 * const server = await network.start('a', process.execPath, ['server.js'])
 * await network.partition(['a'], ['b'])
 */
export async function createNetwork({ owner, nodes }: NetworkOptions): Promise<Network> {
  const network = new Network(peer('netns'), `${PREFIX}-${process.pid}-${++count}`)
  atEnd(owner, () => network.close())
  await network.removeForgotten()
  await network.build(nodes)
  return network
}

let count = 0

export class Network {
  readonly #ip: string
  readonly #name: string
  /** Node name to its port on the switch. */
  readonly #ports = new Map<string, string>()
  readonly #running: Running[] = []
  #closed = false

  constructor(ip: string, name: string) {
    this.#ip = ip
    this.#name = name
  }

  /** Starts a program on a node. */
  async start(node: string, command: string, args: readonly string[], options: StartOptions = {}): Promise<Running> {
    // `ip netns exec` becomes the program, so the pid is the program's own.
    const running = await start(this.#ip, ['netns', 'exec', this.#namespace(node), command, ...args], {
      name: `${command} on ${node}`,
      ...options,
    })
    this.#running.push(running)
    return running
  }

  /** The same with the node fixed, in the shape the starters of peers take. */
  launcher(node: string): typeof start {
    return (command, args, options) => this.start(node, command, args, options)
  }

  /** Runs a program on a node to its end and gives its stdout; fails when it fails. */
  async run(node: string, command: string, args: readonly string[], timeoutMs = 30_000): Promise<string> {
    const full = ['netns', 'exec', this.#namespace(node), command, ...args]
    return (await run(this.#ip, full, { timeout: timeoutMs })).stdout
  }

  /** From now on nothing passes between the two sides, in both directions, multicast included. */
  async partition(one: readonly string[], other: readonly string[]): Promise<void> {
    await this.drop(one, other)
    await this.drop(other, one)
  }

  /** As {@link partition}, but only what goes from `from` to `to` is lost. */
  async drop(from: readonly string[], to: readonly string[]): Promise<void> {
    const set = (nodes: readonly string[]) => `{ ${nodes.map((node) => `"${this.#port(node)}"`).join(', ')} }`
    await this.#nft(`add rule bridge ${PREFIX} forward iifname ${set(from)} oifname ${set(to)} drop`)
  }

  /** Everybody sees everybody again. */
  async heal(): Promise<void> {
    await this.#nft(`flush chain bridge ${PREFIX} forward`)
  }

  /** Ends what runs on the nodes and removes them. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(this.#running.map((running) => running.kill()))
    await this.#delete(await this.#list((name) => name.startsWith(`${this.#name}-`)))
  }

  async build(nodes: Readonly<Record<string, string>>): Promise<void> {
    const hub = this.#hub
    await this.#do('netns', 'add', hub)
    await this.#do('-n', hub, 'link', 'add', 'switch', 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0')
    await this.#do('-n', hub, 'link', 'set', 'switch', 'up')
    await this.#nft(`add table bridge ${PREFIX}`)
    await this.#nft(`add chain bridge ${PREFIX} forward { type filter hook forward priority 0; policy accept; }`)
    for (const [node, address] of Object.entries(nodes)) await this.#addNode(node, address)
  }

  /** Namespaces of test processes that were killed before they could clean up. */
  async removeForgotten(): Promise<void> {
    const forgotten = await this.#list((name) => {
      const pid = Number(new RegExp(`^${PREFIX}-(\\d+)-\\d+-`).exec(name)?.[1])
      return !Number.isNaN(pid) && !isAlive(pid)
    })
    await this.#delete(forgotten)
  }

  async #addNode(node: string, address: string): Promise<void> {
    const hub = this.#hub
    const port = `port${this.#ports.size}`
    this.#ports.set(node, port)
    const namespace = this.#namespace(node)
    await this.#do('netns', 'add', namespace)
    const peerEnd = ['peer', 'name', port, 'netns', hub]
    await this.#do('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', ...peerEnd)
    await this.#do('-n', hub, 'link', 'set', port, 'master', 'switch', 'up')
    await this.#do('-n', namespace, 'address', 'add', address, 'dev', 'eth0')
    await this.#do('-n', namespace, 'link', 'set', 'lo', 'up')
    await this.#do('-n', namespace, 'link', 'set', 'eth0', 'up', 'multicast', 'on')
    await this.#do('-n', namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
  }

  get #hub(): string {
    return `${this.#name}-switch`
  }

  #namespace(node: string): string {
    this.#port(node)
    return `${this.#name}-node-${node}`
  }

  #port(node: string): string {
    const port = this.#ports.get(node)
    if (port === undefined) throw new Error(`no node ${node} in this network; there are ${[...this.#ports.keys()]}`)
    return port
  }

  async #list(wanted: (name: string) => boolean): Promise<string[]> {
    const { stdout } = await run(this.#ip, ['netns', 'list'])
    return stdout
      .split('\n')
      .map((line) => line.split(' ')[0]!)
      .filter(wanted)
  }

  async #delete(namespaces: readonly string[]): Promise<void> {
    // Of forgotten ones another test process may have been quicker: gone is what we want.
    await Promise.allSettled(namespaces.map((name) => this.#do('netns', 'delete', name)))
  }

  async #do(...args: string[]): Promise<void> {
    await run(this.#ip, args)
  }

  async #nft(command: string): Promise<void> {
    await run(this.#ip, ['netns', 'exec', this.#hub, NFT, command])
  }
}

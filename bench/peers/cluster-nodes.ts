/** Nodes of one session cluster that know each other, written to at random times. See `programs/cluster-node.ts`. */
import { readFileSync } from 'node:fs'
import { BenchError } from '../errors.ts'
import { cpuBetween, readCpu } from '../proc/cpu.ts'
import { untilQuiet } from '../proc/quiet.ts'
import type { RootProcess } from '../proc/tree.ts'
import type { ClusterNodeFacts } from '../programs/cluster-node.ts'
import { type Child, freePort, type Site } from '../site.ts'
import { waitFor } from '../wait.ts'
import { readyPort } from './node-programs.ts'

/** For all to see each other, and later for all writes to have arrived. */
const SETTLED_WITHIN_MS = 60_000
/** The manager's default. */
const COLLECT_MS = 1

export interface ClusterOptions {
  readonly nodes: number
  /** `none`: as many processes, and nobody knows another. */
  readonly manager: 'delta' | 'backup' | 'none'
  readonly mode: 'asynchronous' | 'synchronised'
  /** Of the manager, for asynchronous sending; default as it has it. */
  readonly collectMs?: number
  /** Of all nodes together; each node writes to its own. */
  readonly sessions: number
  readonly delays: boolean
}

/** What a load has cost, per write, over all nodes. */
export interface LoadCost {
  readonly writes: number
  readonly cpuUs: number
  /** Written to sockets, frames and acknowledgements included, TCP and IP not. */
  readonly bytes: number
  readonly bodyBytes: number
  readonly messages: number
  readonly delaysMs: readonly number[]
}

export class ClusterNodes {
  readonly #options: ClusterOptions
  readonly #children: readonly Child[]
  readonly #roots: readonly RootProcess[]

  private constructor(options: ClusterOptions, children: readonly Child[]) {
    this.#options = options
    this.#children = children
    this.#roots = children.map(({ pid }) => ({ role: 'node', pid }))
  }

  static async start(site: Site, options: ClusterOptions): Promise<ClusterNodes> {
    const ports: number[] = []
    while (ports.length < options.nodes) ports.push(await freePort())
    const children: Child[] = []
    for (const [index, port] of ports.entries()) {
      const peers = options.manager === 'none' ? '' : ports.filter((other) => other !== port).join(',')
      const own =
        Math.ceil((options.sessions * (index + 1)) / options.nodes) -
        Math.ceil((options.sessions * index) / options.nodes)
      const { manager, mode, collectMs = COLLECT_MS } = options
      const what = [manager, mode, String(collectMs), String(own), ...(options.delays ? ['delays'] : [])]
      children.push(await site.startProgram('cluster-node', [`node${index + 1}`, String(port), peers, ...what]))
    }
    const cluster = new ClusterNodes(options, children)
    await cluster.#settled()
    return cluster
  }

  /** `rate`: writes per second of all nodes together. */
  async load(rate: number, seconds: number): Promise<LoadCost> {
    const before = await this.#facts()
    const [cpuBefore, bytesBefore] = [readCpu(this.#roots), this.#bytesWritten()]
    await Promise.all(
      this.#ports.map((port) => ask(port, `/load?rate=${rate / this.#options.nodes}&seconds=${seconds}`)),
    )
    await untilQuiet(this.#roots)
    const cpuNs = cpuBetween(cpuBefore, readCpu(this.#roots)).get('node') ?? 0
    const bytes = this.#bytesWritten() - bytesBefore
    const after = await this.#settled()
    const more = (of: (facts: ClusterNodeFacts) => number) => sum(after, of) - sum(before, of)
    const writes = more(({ written }) => written)
    return {
      writes,
      cpuUs: cpuNs / 1000 / writes,
      bytes: bytes / writes,
      bodyBytes: more(({ bodyBytes }) => bodyBytes) / writes,
      messages: more(({ messages }) => messages) / writes,
      delaysMs: after.flatMap(({ delaysMs }) => delaysMs),
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()))
  }

  get #ports(): number[] {
    return this.#children.map((child) => readyPort(child.readyLines[0]))
  }

  /** All know each other, and every copy knows all writes: otherwise it is no cluster that was measured. */
  async #settled(): Promise<readonly ClusterNodeFacts[]> {
    const { nodes, manager, sessions } = this.#options
    const copies = { none: 1, delta: nodes, backup: Math.min(2, nodes) }[manager]
    const others = manager === 'none' ? 0 : nodes - 1
    const delaysMs: number[][] = this.#ports.map(() => [])
    let facts: readonly ClusterNodeFacts[] = []
    const isSettled = () => {
      if (facts.length === 0 || facts.some(({ members }) => members !== others)) return false
      if (sum(facts, (one) => one.sessions) !== copies * sessions) return false
      return sum(facts, ({ counted }) => counted) === copies * sum(facts, ({ written }) => written)
    }
    const look = async () => {
      facts = await this.#facts()
      // Each look takes the delays away.
      for (const [index, one] of facts.entries()) delaysMs[index]!.push(...one.delaysMs)
      return isSettled()
    }
    await waitFor(look, SETTLED_WITHIN_MS).catch(() => {})
    if (!isSettled()) {
      const seen = facts.map(
        ({ members, sessions: held, counted }) => `${members} members, ${held} sessions, ${counted} writes`,
      )
      throw new BenchError('BENCH_UNEQUAL', `${nodes} nodes, ${manager}: not settled: ${seen.join('; ')}`)
    }
    return facts.map((one, index) => ({ ...one, delaysMs: delaysMs[index]! }))
  }

  #facts(): Promise<ClusterNodeFacts[]> {
    return Promise.all(this.#ports.map((port) => ask<ClusterNodeFacts>(port, '/facts')))
  }

  /** What the kernel has counted (proc(5), `wchar`). */
  #bytesWritten(): number {
    return this.#children.reduce((total, { pid }) => {
      const found = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))
      return total + Number(found?.[1] ?? Number.NaN)
    }, 0)
  }
}

async function ask<T>(port: number, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  if (!response.ok)
    throw new BenchError('BENCH_UNEQUAL', `port ${port}${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}

/** Our own small programs as peers: backends, the `node:http` proxy, the bare relay. */
import { BenchError } from '../errors.ts'
import type { RootProcess } from '../proc/tree.ts'
import { formatBackends } from '../programs/program-arguments.ts'
import type { Site } from '../site.ts'
import { type Backend, type Peer, peerOf } from './peer.ts'

export interface StartedBackends {
  readonly backends: readonly Backend[]
  pids(): number[]
}

/** One process per route. */
export async function startSmallBackends(site: Site, routes: readonly string[]): Promise<StartedBackends> {
  const children = await Promise.all(routes.map((route) => site.startProgram('small-backend', [route])))
  const backends = children.map((child, index) => ({ route: routes[index]!, port: readyPort(child.readyLines[0]) }))
  return { backends, pids: () => children.map((child) => child.pid) }
}

export async function startNodeProxy(site: Site, backends: readonly Backend[]): Promise<Peer> {
  const child = await site.startProgram('node-proxy', formatBackends(backends))
  return peerOf(readyPort(child.readyLines[0]), child)
}

export async function startRelay(site: Site, backends: readonly Backend[]): Promise<Peer> {
  const child = await site.startProgram('relay', formatBackends(backends))
  return peerOf(readyPort(child.readyLines[0]), child)
}

/** `port=N` or an address `key=HOST:N` of a ready line. */
export function readyPort(line: string | undefined, key = 'port'): number {
  const port = Number(new RegExp(`\\b${key}=(?:\\S*:)?(\\d+)(?:\\s|$)`).exec(line ?? '')?.[1])
  if (!(port > 0)) throw new BenchError('BENCH_START', `no ${key} in the line: ${line ?? '(none)'}`)
  return port
}

export interface SessionWorkers {
  readonly workers: readonly Backend[]
  readonly roles: readonly RootProcess[]
}

/** One process per route, with or without sessions; `args` of each: what `programs/session-worker.ts` takes. */
export async function startSessionWorkers(
  site: Site,
  kind: 'bare' | 'express-session' | 'clowder',
  routes: readonly string[],
  args: (index: number) => readonly string[] = () => [],
): Promise<SessionWorkers> {
  const children = await Promise.all(
    routes.map((route, index) => site.startProgram('session-worker', [kind, route, ...args(index)])),
  )
  return {
    workers: children.map((child, index) => ({ route: routes[index]!, port: readyPort(child.readyLines[0]) })),
    roles: children.map(({ pid }) => ({ role: 'worker', pid })),
  }
}

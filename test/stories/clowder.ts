/** The built program, started as a user starts it, and what its ready lines say. */
import { fileURLToPath } from 'node:url'
import { parseAddress } from '../../src/cli/address.ts'
import { parseReadyLine } from '../../src/cli/ready-line.ts'
import type { Owner } from '../kit/owner.ts'
import { type Running, START_MS, type StartOptions, startNode } from '../kit/process.ts'
import { until } from '../kit/until.ts'

export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export function startClowder(args: readonly string[], options: StartOptions = {}): Promise<Running> {
  return startNode([MAIN, ...args], { name: `clowder ${args[0] ?? ''}`, ...options })
}

/** A process that serves. */
export interface Ready {
  readonly pid: number
  /** Of its first listener, for HTTP where it has one. */
  readonly port: number
  /** Of the AJP connector of a worker that has one. */
  readonly ajpPort: number | undefined
}

/** Waits for the ready line of this name; with `after`, for one with another pid, which a restarted process prints. */
export async function untilReady(running: Running, name: string, after?: number): Promise<Ready> {
  return until(
    `${name} is ready${after === undefined ? '' : ' again'}`,
    () => {
      if (running.exit !== undefined) throw running.failure(`${running.name} has ended`)
      const line = running.lines.map(parseReadyLine).findLast((found) => found?.name === name)
      const pid = Number(line?.facts.pid)
      if (line === undefined || pid === after) return undefined
      const { ajp, http } = line.facts
      const ajpPort = ajp === undefined ? undefined : parseAddress(ajp)!.port
      return { pid, port: http === undefined ? ajpPort! : parseAddress(http)!.port, ajpPort }
    },
    { deadlineMs: START_MS },
  ).catch((error: unknown) => {
    throw running.failure(error)
  })
}

export interface Cluster {
  readonly up: Running
  readonly port: number
  readonly worker1: Ready
  readonly worker2: Ready
}

/** `clowder up` on a port of its own. */
export async function startCluster(owner: Owner, args: readonly string[] = []): Promise<Cluster> {
  const up = await startClowder(['up', '--port', '0', ...args], { owner })
  const { port } = await untilReady(up, 'clowder')
  return { up, port, worker1: await untilReady(up, 'worker1'), worker2: await untilReady(up, 'worker2') }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

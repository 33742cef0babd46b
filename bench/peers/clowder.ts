/** clowder itself, started as an operator starts it: `clowder balancer FILE` with mod_jk's files, and `clowder up`. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { RootProcess } from '../proc/tree.ts'
import { freePort, type Site } from '../site.ts'
import { requestLogLines } from './httpd.ts'
import { readyPort } from './node-programs.ts'
import { type Backend, type Peer, peerOf } from './peer.ts'

const HELP_WITHIN_MS = 10_000

/** Why the command cannot be run from this build. */
export function missingClowder(command: 'balancer' | 'up'): string | undefined {
  const { command: program, args } = clowderCommand(command, '--help')
  const { status } = spawnSync(program, args, { timeout: HELP_WITHIN_MS, stdio: 'ignore' })
  return status === 0 ? undefined : `this build has no working "clowder ${command}"`
}

export interface ClowderOptions {
  /** What the backends speak; default `http`. */
  readonly type?: 'http' | 'ajp13'
  readonly backends: readonly Backend[]
  /** How long idle connections are kept; default as clowder has it. */
  readonly keepAliveMs?: number
  /** With the lines of `requestLogLines`. */
  readonly logsRequests?: boolean
}

export async function startClowderBalancer(site: Site, options: ClowderOptions): Promise<Peer> {
  const { backends, keepAliveMs, type, logsRequests } = options
  const folder = await site.folder('clowder')
  const port = await freePort()
  const file = join(folder, 'jk.conf')
  const lines = [`Listen 127.0.0.1:${port}`, 'JkWorkersFile workers.properties', 'JkMount /* pool']
  if (logsRequests) lines.push(...requestLogLines(folder))
  await writeFile(file, `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'workers.properties'), clowderWorkers(backends, type))
  const child =
    keepAliveMs === undefined && missingClowder('balancer') === undefined
      ? await site.start({ name: 'clowder balancer', ...clowderCommand('balancer', file), ready: { lines: 1 } })
      : await site.startProgram('clowder-balancer', [file, ...(keepAliveMs === undefined ? [] : [String(keepAliveMs)])])
  return peerOf(readyPort(child.readyLines[0], 'http'), child)
}

export function clowderWorkers(backends: readonly Backend[], type: 'http' | 'ajp13' = 'http'): string {
  return `${[
    'worker.list=pool',
    'worker.pool.type=lb',
    `worker.pool.balance_workers=${backends.map(({ route }) => route).join(',')}`,
    ...backends.flatMap(({ route, port }) => [
      `worker.${route}.type=${type}`,
      `worker.${route}.host=127.0.0.1`,
      `worker.${route}.port=${port}`,
    ]),
  ].join('\n')}\n`
}

/** The embedded cluster: balancer and two workers with replicated sessions and the sample app. */
export interface ClowderUp extends Peer {
  /** HTTP addresses of the workers themselves. */
  readonly workers: readonly Backend[]
  /** Every process under its role; what is neither balancer nor worker is the supervisor. */
  readonly roles: readonly RootProcess[]
}

export async function startClowderUp(site: Site): Promise<ClowderUp> {
  const child = await site.start({
    name: 'clowder up',
    ...clowderCommand('up', '--port', String(await freePort())),
    cwd: await site.folder('clowder-up'),
    ready: { lines: 3 },
  })
  const lines = child.readyLines.map((line) => line.split(' '))
  const pidOf = (words: readonly string[]) => Number(words.find((word) => word.startsWith('pid='))?.slice(4))
  const workers = lines
    .filter((words) => words[1] === 'worker')
    .map((words) => ({ route: words[2] ?? '', port: readyPort(words.join(' '), 'http') }))
  const balancer = child.readyLines.find((line) => line.startsWith('ready balancer'))
  return {
    ...peerOf(readyPort(balancer, 'http'), child),
    workers,
    roles: [
      { role: 'supervisor', pid: child.pid },
      ...lines.map((words) => ({ role: words[1] ?? '', pid: pidOf(words) })),
    ],
  }
}

/** The command line program as it lies in this checkout, compiled or not as this file is. */
function clowderCommand(...args: string[]): { command: string; args: string[] } {
  const main = new URL(`../../src/cli/main${extname(import.meta.url)}`, import.meta.url).pathname
  return { command: process.execPath, args: [...process.execArgv, main, ...args] }
}

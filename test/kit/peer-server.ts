/** What the starters of real servers have in common: a private folder, a loopback port, an end by pid. */
import { readFileSync } from 'node:fs'
import type { Folder } from './folder.ts'
import { atEnd, type Owner } from './owner.ts'
import { untilListening } from './ports.ts'
import { type Running, start } from './process.ts'

/** Last part of a server's log file that a failure to start repeats. */
const LOG_TAIL_CHARS = 4_000

export interface PeerServer {
  /** Its HTTP port on 127.0.0.1. */
  readonly port: number
  readonly pid: number
  /** Its configuration and logs; removed by {@link stop}. */
  readonly folder: string
  readonly process: Running
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>
}

export interface PeerServerStart {
  readonly owner?: Owner | undefined
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly folder: Folder
  readonly port: number
  /** A log file inside the folder, for servers that do not explain themselves on stderr. */
  readonly log?: string
  /** How it is started; default on this machine, else for instance in a network namespace. */
  readonly launch?: typeof start
  /** When it serves; default as soon as it accepts connections. */
  readonly ready?: (running: Running) => Promise<unknown>
}

export async function startPeerServer(options: PeerServerStart): Promise<PeerServer> {
  const { owner, name, command, args, env = {}, folder, port, log, launch = start } = options
  const { ready = (running) => untilListening(running, port) } = options
  let running: Running | undefined
  const stop = async () => {
    // Killed when it does not end by itself: what a peer does on its way out is not ours to judge.
    await running?.stop().catch(() => {})
    await running?.kill()
    folder.remove()
  }
  atEnd(owner, stop)
  try {
    running = await launch(command, args, { name, env })
    await ready(running)
  } catch (error) {
    const tail = log === undefined ? '' : tailOf(folder, log)
    await stop()
    throw tail === '' ? error : new Error(`${(error as Error).message}\n${log}:\n${tail}`, { cause: error })
  }
  return { port, pid: running.pid, folder: folder.path, process: running, stop }
}

function tailOf(folder: Folder, log: string): string {
  try {
    return readFileSync(`${folder.path}/${log}`, 'utf8').slice(-LOG_TAIL_CHARS)
  } catch {
    return ''
  }
}

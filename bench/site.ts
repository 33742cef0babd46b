/**
 * Where a bench happens: a temporary folder and the processes started in it. `close` leaves neither behind, whatever
 * happened before. Every process dies with the bench, too: by signal of the kernel where `setpriv` is there to ask for it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { BenchError } from './errors.ts'
import { ProcessTree } from './proc/end-tree.ts'
import { untilPortOpens, waitFor } from './wait.ts'

const READY_WITHIN_MS = 90_000
const FIRST_PORT = 10_000
const END_PORT = 18_000
const MAX_DRAWS = 50
/** Between the steps from SIGTERM to SIGKILL. A Tomcat with a cluster takes some seconds to say goodbye. */
const STOP_WITHIN_MS = 8_000
const MAX_TAIL_CHARACTERS = 8_192
const MAX_READY_LINES = 64
/** Part of util-linux; gives the child a signal when its parent has died, by whatever cause. */
const SETPRIV = '/usr/bin/setpriv'

export interface StartSpec {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** When it serves: it has printed so many `ready …` lines, or a port of it accepts. */
  readonly ready: { readonly lines: number } | { readonly port: number }
  readonly readyWithinMs?: number
}

export interface Child {
  readonly pid: number
  /** The `ready …` lines so far. */
  readonly readyLines: readonly string[]
  /** The end of what it printed. */
  tail(): string
  /** How it ended; undefined while it runs. */
  ended(): string | undefined
  stop(): Promise<void>
}

export class Site {
  readonly #folder: string
  readonly #children = new Set<RunningChild>()
  #closed = false

  readonly #stopWithinMs: number

  private constructor(folder: string, stopWithinMs: number) {
    this.#folder = folder
    this.#stopWithinMs = stopWithinMs
  }

  static async open({ stopWithinMs = STOP_WITHIN_MS } = {}): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'clowder-bench-')), stopWithinMs)
  }

  /** A new folder that nobody else has; peers that drop root rights may pass through. */
  async folder(name: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
    for (let index = 1; ; index++) {
      const path = join(this.#folder, `${name}-${index}`)
      if (existsSync(path)) continue
      await mkdir(path, { mode: 0o755 })
      return path
    }
  }

  /** Starts a process and waits until it serves. */
  async start(spec: StartSpec): Promise<Child> {
    if (this.#closed) throw new BenchError('BENCH_START', `${spec.name}: the bench is over`)
    const child = new RunningChild(spec, this.#stopWithinMs, () => this.#children.delete(child))
    this.#children.add(child)
    try {
      await child.ready(spec)
      return child
    } catch (cause) {
      await child.stop()
      throw cause
    }
  }

  /** Starts one of `bench/programs`; it must print a `ready` line and end when its standard input does. */
  startProgram(program: string, args: readonly string[], options: { readyWithinMs?: number } = {}): Promise<Child> {
    return this.start({
      name: program,
      command: process.execPath,
      args: [...process.execArgv, programPath(program), ...args],
      ready: { lines: 1 },
      ...options,
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#children].map((child) => child.stop()))
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A program of `bench/programs`, compiled or not, as this file is. */
export function programPath(program: string): string {
  return new URL(`./programs/${program}${extname(import.meta.url)}`, import.meta.url).pathname
}

/** The same command, made to end when this process does, where the system can do that. */
export function dyingWithUs(command: string, args: readonly string[]): { command: string; args: string[] } {
  if (!existsSync(SETPRIV)) return { command, args: [...args] }
  return { command: SETPRIV, args: ['--pdeathsig', 'TERM', '--', command, ...args] }
}

/**
 * A loopback port that was free a moment ago: of those that no system hands out for port 0 or for an outgoing connection
 * (Linux from 32 768) and from which no `clowder up` takes its own.
 */
export async function freePort(): Promise<number> {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const port = randomInt(FIRST_PORT, END_PORT)
    if (given.has(port) || !(await canListen(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${END_PORT}`)
}

/** Whoever was given one may not listen on it yet. */
const given = new Set<number>()

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

class RunningChild implements Child {
  readonly readyLines: string[] = []
  readonly #name: string
  readonly #stopWithinMs: number
  readonly #process: ChildProcess
  readonly #forget: () => void
  #output = ''
  #line = ''
  #ended: string | undefined
  #stopping: Promise<void> | undefined

  constructor(spec: StartSpec, stopWithinMs: number, forget: () => void) {
    this.#name = spec.name
    this.#stopWithinMs = stopWithinMs
    this.#forget = forget
    const { command, args } = dyingWithUs(spec.command, spec.args)
    this.#process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
    })
    this.#process.on('error', (error) => this.#end(error.message))
    this.#process.on('exit', (code, signal) => this.#end(`exit ${code ?? signal}`))
    this.#process.stdin?.on('error', () => {})
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take(text))
  }

  get pid(): number {
    return this.#process.pid ?? -1
  }

  tail(): string {
    return this.#output
  }

  ended(): string | undefined {
    return this.#ended
  }

  async ready(spec: StartSpec): Promise<void> {
    const dead = () => {
      if (this.#ended !== undefined)
        throw new BenchError('BENCH_START', `${this.#name}: ${this.#ended}\n${this.#output}`)
    }
    const withinMs = spec.readyWithinMs ?? READY_WITHIN_MS
    try {
      if ('port' in spec.ready) await untilPortOpens(spec.ready.port, withinMs, dead)
      else {
        const { lines } = spec.ready
        await waitFor(() => this.readyLines.length >= lines, withinMs, dead)
      }
    } catch (cause) {
      if (cause instanceof BenchError) throw cause
      throw new BenchError('BENCH_START', `${this.#name}: not ready within ${withinMs} ms\n${this.#output}`, { cause })
    }
  }

  /** Asks the whole tree to end, waits, and insists. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    if (this.#process.pid !== undefined) {
      const tree = new ProcessTree(this.#process.pid)
      this.#process.stdin?.end()
      await tree.end(this.#stopWithinMs)
    }
    // A pipe that somebody out of sight still holds must not keep the bench alive.
    this.#process.stdout?.destroy()
    this.#process.stderr?.destroy()
    this.#forget()
  }

  #take(text: string): void {
    this.#output = (this.#output + text).slice(-MAX_TAIL_CHARACTERS)
    const lines = (this.#line + text).split('\n')
    this.#line = (lines.pop() ?? '').slice(-MAX_TAIL_CHARACTERS)
    for (const line of lines)
      if (line.startsWith('ready ') && this.readyLines.length < MAX_READY_LINES) this.readyLines.push(line)
  }

  #end(how: string): void {
    this.#ended ??= how
  }
}

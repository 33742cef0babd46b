/**
 * Programs under test: started with their output captured, waited for by what they print, and gone when the test is.
 * Each runs in a process group of its own, so that ending one ends its children too, and by its pid only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { atEnd, type Owner } from './owner.ts'
import { PATIENCE_MS, within } from './until.ts'

/** Output kept for failure messages and {@link Running.waitForLine}; a program that prints more loses its oldest lines. */
const MAX_LINES = 20_000
/** How long a process that has ended may still have output in its pipes. */
const OUTPUT_AFTER_EXIT_MS = 250
/** How long a program may take to start: several do at once, on a machine that is busy. */
export const START_MS = 90_000
/** Lines of output repeated in the message of a failure. */
const LINES_IN_FAILURE = 30

export interface StartOptions {
  /** Ends the process when it ends; without one, call {@link Running.kill}. */
  readonly owner?: Owner | undefined
  /** What failure messages call it; default the command. */
  readonly name?: string
  readonly cwd?: string
  /** Added to the environment of this process; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Starts a program. Resolves once it runs, fails with the command's name if it cannot. */
export async function start(command: string, args: readonly string[], options: StartOptions = {}): Promise<Running> {
  // Otherwise a `node --test` among what we start would take itself for a part of the runner above us.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env }
  const child = spawn(command, args, { cwd: options.cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  await new Promise<void>((done, fail) => {
    child.once('spawn', done)
    child.once('error', (error) => fail(new Error(`cannot start ${command}: ${error.message}`, { cause: error })))
  })
  const running = new Running(options.name ?? command, child)
  atEnd(options.owner, () => running.kill())
  return running
}

/** Starts a JavaScript file with the Node that runs this. */
export function startNode(args: readonly string[], options: StartOptions = {}): Promise<Running> {
  return start(process.execPath, args, { name: `node ${args[0]}`, ...options })
}

export class Running {
  readonly name: string
  readonly pid: number
  /** Settles when the process has ended and its output is complete. */
  readonly exited: Promise<Exit>
  #exit: Exit | undefined
  readonly #lines: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  constructor(name: string, child: ChildProcess) {
    this.name = name
    this.pid = child.pid!
    live.add(this.pid)
    this.#read(child.stdout!)
    this.#read(child.stderr!)
    this.exited = new Promise((done) => {
      child.once('exit', (code, signal) => {
        const exit = { code, signal }
        const finish = () => {
          this.#exit = exit
          done(exit)
        }
        // `close` says that the output is complete; it never comes while an orphan of the process holds the pipe.
        // What lies in the pipe is read first, also when this process itself has stood still for so long.
        const orphaned = setTimeout(() => setImmediate(finish), OUTPUT_AFTER_EXIT_MS)
        child.once('close', () => {
          clearTimeout(orphaned)
          finish()
        })
      })
    })
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit
  }

  /** What it printed so far, stdout and stderr line by line in order of arrival. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** The first line, past or future, that matches. Fails at once when the process ends without printing it. */
  async waitForLine(pattern: RegExp, deadlineMs = START_MS): Promise<RegExpExecArray> {
    for (const line of this.#lines) {
      const match = pattern.exec(line)
      if (match !== null) return match
    }
    let listener: ((line: string) => void) | undefined
    const printed = new Promise<RegExpExecArray>((done) => {
      listener = (line) => {
        const match = pattern.exec(line)
        if (match !== null) done(match)
      }
      this.#listeners.add(listener)
    })
    const ended = this.exited.then(({ code, signal }) => {
      throw new Error(`${this.name} ended (${code ?? signal}) without printing ${pattern}`)
    })
    try {
      return await within(`${this.name} prints ${pattern}`, Promise.race([printed, ended]), deadlineMs)
    } catch (error) {
      throw this.failure(error)
    } finally {
      this.#listeners.delete(listener!)
      ended.catch(() => {})
    }
  }

  /** Sends a signal to the process alone, not to its children. `SIGSTOP` makes it slow, not dead. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) process.kill(this.pid, signal)
  }

  /** Asks it to end and waits; fails, and kills it, when it does not. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = PATIENCE_MS): Promise<Exit> {
    this.signal(signal)
    try {
      return await within(`${this.name} ends after ${signal}`, this.exited, graceMs)
    } catch (error) {
      await this.kill()
      throw this.failure(error)
    }
  }

  /** Ends it and all its children without asking. */
  async kill(): Promise<void> {
    killGroup(this.pid)
    await this.exited
  }

  /** `error` with the last lines of output, which usually say why. */
  failure(error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error)
    const last = this.#lines.slice(-LINES_IN_FAILURE).map((line) => `  | ${line}`)
    const text = [message, `last output of ${this.name}:`, ...last].join('\n')
    return error instanceof Error ? new Error(text, { cause: error }) : new Error(text)
  }

  #read(stream: NodeJS.ReadableStream): void {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) this.#add(line)
    })
    stream.on('end', () => {
      if (rest !== '') this.#add(rest)
    })
  }

  #add(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > MAX_LINES) this.#lines.splice(0, MAX_LINES / 2)
    for (const listener of this.#listeners) listener(line)
  }
}

/** Whether a process runs. One that has ended but was not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    // proc(5): "pid (name) state …"; the name may contain anything, so the state stands after the last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return !existsSync('/proc/self/stat')
  }
}

/** Process groups to end if this process ends first; signals cannot wait for an object that someone closes. */
const live = new Set<number>()

function killGroup(pid: number): void {
  if (!live.delete(pid)) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: the whole group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

process.on('exit', () => {
  for (const pid of live) killGroup(pid)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const pid of live) killGroup(pid)
    process.kill(process.pid, signal)
  })
}

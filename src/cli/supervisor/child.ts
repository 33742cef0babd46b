/**
 * A child process as the supervisor needs it: lines of output, one end, signals. `spawner` makes the real ones;
 * tests hand the supervisor another.
 */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { LineSplitter } from './lines.ts'

/**
 * How long the last output of a process that has ended is waited for. It can stay open for ever, when the process had
 * children of its own that live on and hold it.
 */
const LAST_OUTPUT_MS = 500

/** How a process ended: by itself with a code, by a signal, or it could not be spawned at all. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly error?: Error
}

export interface ChildEvents {
  line(stream: 'out' | 'err', text: string): void
  /** Called exactly once. */
  end(end: ChildEnd): void
}

export interface Child {
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

/** Starts `command` (the program, then its arguments). Never throws: what fails is told as an end. */
export type SpawnChild = (command: readonly string[], events: ChildEvents) => Child

/**
 * What starts children, with more variables in their environment than this process has.
 *
 * Children get an IPC channel, although no message travels on it: it tells a child that it is supervised (it then leaves
 * SIGINT, which a terminal sends to the whole group, to the supervisor, so that things stop in order), and its closing
 * tells the child that the supervisor is gone, however that died.
 */
export const spawner =
  (variables: Readonly<Record<string, string>> = {}): SpawnChild =>
  (command, events) => {
    const [program, ...args] = command
    const child = spawn(program!, args, {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let ended = false
    const end = (how: ChildEnd): void => {
      if (ended) return
      ended = true
      events.end(how)
    }

    readLines(child.stdout!, (text) => events.line('out', text))
    readLines(child.stderr!, (text) => events.line('err', text))
    child.on('error', (error) => {
      // Without a pid there was no process, so no exit follows. With one, a signal or a message could not be delivered.
      if (child.pid === undefined) end({ code: null, signal: null, error })
    })
    child.on('close', (code, signal) => end({ code, signal }))
    child.on('exit', (code, signal) => void setTimeout(end, LAST_OUTPUT_MS, { code, signal }).unref())
    return { kill: (signal) => void child.kill(signal) }
  }

function readLines(stream: Readable, line: (text: string) => void): void {
  const splitter = new LineSplitter(line)
  stream.on('data', (chunk: Buffer) => splitter.push(chunk))
  stream.on('end', () => splitter.end())
  stream.on('error', () => splitter.end())
}

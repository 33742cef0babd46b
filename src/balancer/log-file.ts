/**
 * A file that lines are appended to. A line that comes alone is written at once; while lines follow each other they are
 * gathered for a moment and go out together, since a write by itself costs more than the request it tells of (30 µs of
 * CPU on a machine where the request costs 25, and 1 µs so). Lines wait in memory while the disk is slow, up to a limit;
 * past it they are dropped and counted, since a full disk must not stop the service. `reopen` is for programs that move
 * log files away.
 */
import { type FileHandle, open } from 'node:fs/promises'
import type { Clock, TimerHandle } from '../clock/clock.ts'

/** Characters that may wait, with those being written. */
export const MAX_WAITING_CHARS = 4 * 1024 * 1024
/** Between two writes. A process that is killed loses the lines of this time at most. */
export const GATHER_MS = 100
/** As many need not wait for more. */
export const GATHER_CHARS = 65_536

export class LogFile {
  readonly path: string
  readonly #clock: Clock
  /** Told when lines are lost: once, until lines can be written again. */
  readonly #onTrouble: (reason: string) => void
  #waiting: string[] = []
  /** Of the lines that wait, and of all that are not in the file. */
  #waitingChars = 0
  #unwrittenChars = 0
  #handle: FileHandle | undefined
  #writing: Promise<void> | undefined
  #timer: TimerHandle
  #isPlanned = false
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #mustReopen = false
  #isInTrouble = false
  #isClosed = false
  #dropped = 0

  constructor(path: string, clock: Clock, onTrouble: (reason: string) => void) {
    this.path = path
    this.#clock = clock
    this.#onTrouble = onTrouble
  }

  /** Lines that were lost. */
  get dropped(): number {
    return this.#dropped
  }

  /** Now and not with the first line, so that one that cannot be written is told of at the start. */
  open(): void {
    if (this.#writing === undefined && !this.#isClosed) this.#flush()
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#isClosed || this.#unwrittenChars + line.length > MAX_WAITING_CHARS) {
      this.#lose(1, 'more lines wait than may')
      return
    }
    this.#waiting.push(line)
    this.#waitingChars += line.length
    this.#unwrittenChars += line.length
    this.#plan()
  }

  /** On with another file of the same name, if this one was moved. */
  reopen(): void {
    this.#mustReopen = true
    this.open()
  }

  /** Writes what waits and closes. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#writing !== undefined || this.#waiting.length > 0) {
      if (this.#writing === undefined) this.#flush()
      await this.#writing
    }
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }

  #plan(): void {
    if (this.#writing !== undefined) return
    if (this.#waitingChars >= GATHER_CHARS) {
      this.#flush()
    } else if (!this.#isPlanned) {
      this.#isPlanned = true
      // None at all would be the next turn, and this turn's lines belong together, too.
      const sinceMs = this.#clock.monotonic() - this.#writtenAtMs
      this.#timer = this.#clock.after(Math.max(0, GATHER_MS - sinceMs), () => this.#flush())
    }
  }

  #flush(): void {
    this.#clock.clear(this.#timer)
    this.#isPlanned = false
    this.#writing = this.#write().then(() => {
      this.#writing = undefined
      if (this.#waiting.length > 0 && !this.#isClosed) this.#plan()
    })
  }

  async #write(): Promise<void> {
    const lines = this.#waiting
    const chars = this.#waitingChars
    this.#waiting = []
    this.#waitingChars = 0
    this.#writtenAtMs = this.#clock.monotonic()
    try {
      const handle = await this.#file()
      if (chars > 0) await handle.appendFile(lines.join(''), 'latin1')
      this.#isInTrouble = false
    } catch (error) {
      this.#mustReopen = true
      this.#lose(lines.length, (error as Error).message)
    }
    this.#unwrittenChars -= chars
  }

  async #file(): Promise<FileHandle> {
    if (this.#handle !== undefined && !this.#mustReopen) return this.#handle
    const before = this.#handle
    this.#handle = undefined
    await before?.close().catch(() => {})
    // As httpd's: readable for the group; who asked for what is not for everybody.
    this.#handle = await open(this.path, 'a', 0o640)
    this.#mustReopen = false
    return this.#handle
  }

  #lose(lines: number, reason: string): void {
    this.#dropped += lines
    if (this.#isInTrouble) return
    this.#isInTrouble = true
    this.#onTrouble(reason)
  }
}

/**
 * A file that lines are appended to. A line that comes alone is written at once; while lines follow each other they are
 * gathered for a moment and go out together, since a write by itself costs more than the request it tells of (30 µs of
 * CPU on a machine where the request costs 25, and 1 µs so). Lines wait in memory while the disk is slow, up to a limit;
 * past it they are dropped and counted, since a full disk must not stop the service. `reopen` is for programs that move
 * log files away.
 */
import { type FileHandle, open } from 'node:fs/promises'
import type { Clock, TimerHandle } from '../clock/clock.ts'

/** What may wait, with what is being written. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** Between two writes. A process that is killed loses the lines of this time at most. */
export const GATHER_MS = 100
/** As much need not wait for more. */
export const GATHER_BYTES = 65_536

/** Lines as bytes: as strings they would live until they are written, long enough for the collector to carry them along. */
class Lines {
  count = 0
  bytes = 0
  readonly #full: Buffer[] = []
  #buffer: Buffer | undefined
  #at = 0

  /** Enough for a write. */
  get areMany(): boolean {
    return this.#full.length > 0
  }

  /** @param line latin-1 */
  add(line: string): void {
    if (this.#buffer === undefined || this.#at + line.length > this.#buffer.length) {
      this.#fill()
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(GATHER_BYTES, line.length))
    }
    this.#at += this.#buffer.write(line, this.#at, 'latin1')
    this.count++
    this.bytes += line.length
  }

  #fill(): void {
    if (this.#buffer !== undefined) this.#full.push(this.#buffer.subarray(0, this.#at))
    this.#buffer = undefined
    this.#at = 0
  }

  /** All of them, in pieces. */
  take(): Buffer[] {
    this.#fill()
    this.count = this.bytes = 0
    return this.#full.splice(0)
  }
}

export class LogFile {
  readonly path: string
  readonly #clock: Clock
  /** Told when lines are lost: once, until lines can be written again. */
  readonly #onTrouble: (reason: string) => void
  readonly #waiting = new Lines()
  #bytesUnderWay = 0
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

  /** @param line latin-1, with its line feed */
  write(line: string): void {
    if (this.#isClosed || this.#bytesUnderWay + this.#waiting.bytes + line.length > MAX_WAITING_BYTES) {
      this.#lose(1, 'more lines wait than may')
      return
    }
    this.#waiting.add(line)
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
    while (this.#writing !== undefined || this.#waiting.count > 0) {
      if (this.#writing === undefined) this.#flush()
      await this.#writing
    }
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }

  #plan(): void {
    if (this.#writing !== undefined) return
    if (this.#waiting.areMany) {
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
      if (this.#waiting.count > 0 && !this.#isClosed) this.#plan()
    })
  }

  async #write(): Promise<void> {
    const { count, bytes } = this.#waiting
    const pieces = this.#waiting.take()
    this.#bytesUnderWay = bytes
    this.#writtenAtMs = this.#clock.monotonic()
    try {
      const handle = await this.#file()
      for (const piece of pieces) await handle.appendFile(piece)
      this.#isInTrouble = false
    } catch (error) {
      this.#mustReopen = true
      this.#lose(count, (error as Error).message)
    }
    this.#bytesUnderWay = 0
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

/**
 * A file that lines are appended to. A line that comes alone is written at once; while lines follow each other they are
 * gathered for a moment and go out together, since a write by itself costs more than the request it tells of (30 µs of
 * CPU on a machine where the request costs 25, and 1 µs so). Lines wait in memory while the disk is slow, up to a limit;
 * past it they are dropped and counted, since a full disk must not stop the service. `reopen` is for programs that move
 * log files away.
 */
import { type FileHandle, open } from 'node:fs/promises'
import type { Clock, TimerHandle } from '../clock/clock.ts'

/** What may wait, with what is being written; the buffers it lies in may take twice as much. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** Between two writes. A process that ends without `close` loses the lines of this time at most. */
export const GATHER_MS = 100
/** As much need not wait for more. */
export const GATHER_BYTES = 65_536
/** So that the line with which they are enough fits in, too. */
const BUFFER_BYTES = GATHER_BYTES + 16_384

const LINE_FEED = Buffer.from('\n')

interface Piece {
  readonly buffer: Buffer
  bytes: number
  lines: number
}

/** Lines as bytes: as strings they would live until they are written, long enough for the collector to carry them along. */
class Lines {
  bytes = 0
  #pieces: Piece[] = []

  /** @param line latin-1 */
  add(line: string): void {
    const { length } = line
    let piece = this.#pieces.at(-1)
    if (piece === undefined || piece.bytes + length > piece.buffer.length) {
      piece = { buffer: Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, length)), bytes: 0, lines: 0 }
      this.#pieces.push(piece)
    }
    piece.buffer.write(line, piece.bytes, 'latin1')
    piece.bytes += length
    piece.lines++
    this.bytes += length
  }

  take(): Piece[] {
    const pieces = this.#pieces
    this.#pieces = []
    this.bytes = 0
    return pieces
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
  /** A write has failed, perhaps in the middle of a line. */
  #isTorn = false
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
    if (this.#isClosed) {
      this.#lose(1, 'it is closed')
    } else if (this.#bytesUnderWay + this.#waiting.bytes + line.length > MAX_WAITING_BYTES) {
      this.#lose(1, 'more lines wait than may')
    } else {
      this.#waiting.add(line)
      this.#plan()
    }
  }

  /** On with another file of the same name, if this one was moved. */
  reopen(): void {
    this.#mustReopen = true
    this.open()
  }

  /** Writes what waits and closes. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#writing !== undefined || this.#waiting.bytes > 0) {
      if (this.#writing === undefined) this.#flush()
      await this.#writing
    }
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }

  #plan(): void {
    if (this.#writing !== undefined) return
    if (this.#waiting.bytes >= GATHER_BYTES) {
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
      if (this.#waiting.bytes > 0 && !this.#isClosed) this.#plan()
    })
  }

  async #write(): Promise<void> {
    this.#bytesUnderWay = this.#waiting.bytes
    const pieces = this.#waiting.take()
    if (pieces.length > 0) this.#writtenAtMs = this.#clock.monotonic()
    let written = 0
    try {
      const handle = await this.#file()
      for (const { buffer, bytes } of pieces) {
        await this.#append(handle, buffer.subarray(0, bytes))
        written++
      }
    } catch (error) {
      this.#mustReopen = true
      const lost = pieces.slice(written).reduce((sum, { lines }) => sum + lines, 0)
      this.#lose(lost, (error as Error).message)
    }
    this.#bytesUnderWay = 0
  }

  async #append(handle: FileHandle, bytes: Buffer): Promise<void> {
    const wasTorn = this.#isTorn
    this.#isTorn = true
    await handle.appendFile(wasTorn ? Buffer.concat([LINE_FEED, bytes]) : bytes)
    this.#isTorn = false
    this.#isInTrouble = false
  }

  async #file(): Promise<FileHandle> {
    if (this.#handle !== undefined && !this.#mustReopen) return this.#handle
    const before = this.#handle
    this.#handle = undefined
    // Before it is done: who asks meanwhile means a file that may have been moved since.
    this.#mustReopen = false
    await before?.close().catch(() => {})
    // As httpd's: readable for the group; who asked for what is not for everybody.
    this.#handle = await open(this.path, 'a', 0o640)
    return this.#handle
  }

  #lose(lines: number, reason: string): void {
    this.#dropped += lines
    if (this.#isInTrouble) return
    this.#isInTrouble = true
    this.#onTrouble(reason)
  }
}

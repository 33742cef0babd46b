/**
 * A file that lines are appended to. Lines wait in memory while the disk is slow, up to a limit; past it they are dropped and
 * counted, since a full disk must not stop the service. `reopen` is for programs that move log files away.
 */
import { type FileHandle, open } from 'node:fs/promises'

/** Characters that may wait. */
export const MAX_WAITING_CHARS = 4 * 1024 * 1024

export class LogFile {
  readonly path: string
  /** Told when lines are lost: once, until lines can be written again. */
  readonly #onTrouble: (reason: string) => void
  #waiting: string[] = []
  #waitingChars = 0
  #handle: FileHandle | undefined
  #isWriting = false
  #mustReopen = false
  #isInTrouble = false
  #isClosed = false
  #dropped = 0
  #whenIdle: (() => void)[] = []

  constructor(path: string, onTrouble: (reason: string) => void) {
    this.path = path
    this.#onTrouble = onTrouble
  }

  /** Lines that were lost. */
  get dropped(): number {
    return this.#dropped
  }

  /** Now and not with the first line, so that one that cannot be written is told of at the start. */
  open(): void {
    if (!this.#isWriting && !this.#isClosed) void this.#flush()
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#isClosed || this.#waitingChars + line.length > MAX_WAITING_CHARS) {
      this.#lose(1, 'more lines wait than may')
      return
    }
    this.#waiting.push(line)
    this.#waitingChars += line.length
    if (!this.#isWriting) void this.#flush()
  }

  /** On with another file of the same name, if this one was moved. */
  reopen(): void {
    this.#mustReopen = true
    this.open()
  }

  /** Writes what waits and closes. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#isWriting) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }

  async #flush(): Promise<void> {
    this.#isWriting = true
    // Lines of one turn go out together.
    await new Promise<void>((resolve) => setImmediate(resolve))
    do {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingChars = 0
      try {
        const handle = await this.#file()
        if (lines.length > 0) await handle.appendFile(lines.join(''), 'latin1')
        this.#isInTrouble = false
      } catch (error) {
        this.#mustReopen = true
        this.#lose(lines.length, (error as Error).message)
      }
    } while (this.#waiting.length > 0)
    this.#isWriting = false
    for (const resolve of this.#whenIdle.splice(0)) resolve()
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

/**
 * One TCP connection in the hands of a test: send these bytes, expect those, end in this way or that. Reads HTTP only
 * as far as scripts need it, leniently and without code from src/, so that it does not share a mistake with it.
 */
import type { Socket } from 'node:net'
import { PATIENCE_MS } from './until.ts'

/** Characters of unexpected input repeated in a failure. */
const INPUT_IN_FAILURE = 500

export interface RawMessage {
  /** From the start line to the empty line, both included. */
  readonly head: string
  readonly startLine: string
  /** Of a response, else NaN. */
  readonly status: number
  /** In order of arrival, names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The value of the first field of that name. */
  field(name: string): string | undefined
  readonly body: Buffer
}

export type Ending = 'open' | 'end' | 'reset'

/** Strings are Latin-1 in both directions: one character is one byte. */
export class RawConnection {
  readonly name: string
  readonly #socket: Socket
  /** What arrived and was not taken; joined only when somebody looks, because a script may read many megabytes. */
  #pieces: Buffer[] = []
  #length = 0
  #ending: Ending = 'open'
  #wake: () => void = () => {}

  constructor(name: string, socket: Socket) {
    this.name = name
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => {
      this.#pieces.push(bytes)
      this.#length += bytes.length
      this.#wake()
    })
    socket.on('end', () => this.#end('end'))
    socket.on('error', () => this.#end('reset'))
    socket.on('close', () => this.#end('end'))
  }

  /** Bytes that arrived and that nobody has asked for yet. */
  get unread(): string {
    return this.#input().toString('latin1')
  }

  /** Bytes given to {@link send} that the system has not taken yet: what a slow reader leaves at this end. */
  get unsent(): number {
    return this.#socket.writableLength
  }

  /** The port of this end, which the other end sees as the port of its peer. */
  get localPort(): number {
    return this.#socket.localPort!
  }

  /** Settles when the system has taken the bytes. Fails when the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((done, fail) => {
      const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
      this.#socket.write(data, (error) =>
        error ? fail(new Error(`${this.name}: cannot send: ${error.message}`, { cause: error })) : done(),
      )
    })
  }

  /** Waits for `wanted` and takes everything up to its end. */
  async expect(wanted: string | RegExp, deadlineMs = PATIENCE_MS): Promise<string> {
    const end = await this.#until(String(wanted), deadlineMs, () => {
      if (typeof wanted === 'string') {
        const at = this.#input().indexOf(wanted, 0, 'latin1')
        return at === -1 ? undefined : at + wanted.length
      }
      const match = wanted.exec(this.unread)
      return match === null ? undefined : match.index + match[0].length
    })
    return this.#take(end).toString('latin1')
  }

  /** Waits for that many bytes and takes them. */
  async expectBytes(count: number, deadlineMs = PATIENCE_MS): Promise<Buffer> {
    await this.#until(`${count} bytes`, deadlineMs, () => (this.#length >= count ? count : undefined))
    return this.#take(count)
  }

  /** Waits for a head and takes it, the empty line included. */
  expectHead(deadlineMs = PATIENCE_MS): Promise<string> {
    return this.expect('\r\n\r\n', deadlineMs)
  }

  /** Waits for a whole request or response. `bodyless` for the answer to HEAD, whose Content-Length counts nothing. */
  async expectMessage({ bodyless = false, deadlineMs = PATIENCE_MS } = {}): Promise<RawMessage> {
    const head = await this.expectHead(deadlineMs)
    const [startLine = '', ...lines] = head.split('\r\n').filter((line) => line !== '')
    const fields = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
    const field = (name: string) => fields.find(([other]) => other === name.toLowerCase())?.[1]
    const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(startLine)?.[1])
    const none = bodyless || status === 204 || status === 304 || (status >= 100 && status < 200)
    const body = none ? Buffer.alloc(0) : await this.#body(field, !Number.isNaN(status), deadlineMs)
    return { head, startLine, status, fields, field, body }
  }

  /** Waits until the other end has closed or reset the connection, and says which. Input on the way is a failure. */
  async expectEnd(deadlineMs = PATIENCE_MS): Promise<Ending> {
    await this.#until('the end', deadlineMs, () => (this.#ending === 'open' ? undefined : 0), true)
    if (this.#length > 0) throw this.#failure('ended after unexpected input')
    return this.#ending
  }

  /** Half a goodbye: the other end reads the end of our bytes, and may go on sending. */
  finish(): void {
    this.#socket.end()
  }

  /** Both directions. */
  close(): void {
    this.#socket.destroySoon()
  }

  /**
   * As if the process had died in the middle: the other end gets a reset (RST). A Node at the other end may take it for
   * an ordinary end if it finds bytes and the reset at the same time (libuv `uv__stream_io` reports EOF on POLLHUP after
   * a partial read); where the difference matters, meet at a barrier once the bytes are read, then reset.
   */
  reset(): void {
    resetSocket(this.#socket)
  }

  /** Takes nothing more from the system, until its buffers are full and the other end feels it. */
  stopReading(): void {
    this.#socket.pause()
  }

  startReading(): void {
    this.#socket.resume()
  }

  async #body(field: (name: string) => string | undefined, isResponse: boolean, deadlineMs: number): Promise<Buffer> {
    if (/chunked$/i.test(field('transfer-encoding') ?? '')) return this.#chunks(deadlineMs)
    const length = field('content-length')
    if (length !== undefined) return this.expectBytes(Number(length), deadlineMs)
    if (!isResponse) return Buffer.alloc(0)
    await this.#until('the end of the body', deadlineMs, () => (this.#ending === 'open' ? undefined : 0), true)
    return this.#take(this.#length)
  }

  async #chunks(deadlineMs: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (;;) {
      const size = Number.parseInt(await this.expect('\r\n', deadlineMs), 16)
      if (Number.isNaN(size)) throw this.#failure('no chunk size where one should stand')
      if (size === 0) break
      chunks.push(await this.expectBytes(size, deadlineMs))
      await this.expect('\r\n', deadlineMs)
    }
    while ((await this.expect('\r\n', deadlineMs)) !== '\r\n');
    return Buffer.concat(chunks)
  }

  /** Asks `found` after every change until it gives a position. */
  async #until(what: string, deadlineMs: number, found: () => number | undefined, endIsFine = false): Promise<number> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const position = found()
      if (position !== undefined) return position
      if (this.#ending !== 'open' && !endIsFine) throw this.#failure(`${this.#ending} before ${what}`)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw this.#failure(`not within ${deadlineMs} ms: ${what}`)
      await new Promise<void>((done) => {
        const timer = setTimeout(done, leftMs)
        this.#wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
  }

  #take(count: number): Buffer {
    const input = this.#input()
    this.#pieces = [input.subarray(count)]
    this.#length -= count
    return input.subarray(0, count)
  }

  #input(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]!
  }

  #end(how: Ending): void {
    if (this.#ending === 'open') this.#ending = how
    this.#wake()
  }

  #failure(message: string): Error {
    const input = this.unread.slice(0, INPUT_IN_FAILURE)
    return new Error(`${this.name}: ${message}; unread input: ${JSON.stringify(input)}`)
  }
}

/**
 * Closes with a reset where that is possible. After `end()` it is not: libuv refuses (`uv_tcp_close_reset` gives EINVAL
 * while shutting down) and Node 20 then leaves the handle open for ever.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

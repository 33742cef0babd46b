/**
 * The client of the interop tests: sends the bytes it is told to, and reads answers piece by piece without keeping
 * them, so that 64 MiB cost no memory. Lenient, and without code from src/: what it cannot read it says.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { resetSocket } from '../kit/raw-connection.ts'
import { PATIENCE_MS, within } from '../kit/until.ts'
import { TakenBody } from './taken-body.ts'

export type Framing = 'none' | 'length' | 'chunked' | 'close'
/** `cut`: the end of input where more was due. */
export type Ending = 'complete' | 'cut' | 'reset' | 'garbled'

export interface Answer {
  /** Statuses of interim responses before it. */
  readonly interim: readonly number[]
  readonly version: string
  readonly status: number
  readonly reason: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly framing: Framing
  /** Of the body, gzip undone. */
  readonly bytes: number
  readonly sha256: string
  /** The body's beginning, Latin-1. */
  readonly text: string
  readonly ending: Ending
}

interface Head {
  interim: number[]
  version: string
  status: number
  reason: string
  fields: [string, string][]
  framing: Framing
}

export class HttpClient {
  readonly #socket: Socket
  #input: Buffer = Buffer.alloc(0)
  #ended: 'end' | 'reset' | undefined
  #paused = false
  #wake: () => void = () => {}
  /** Bytes of bodies read so far. */
  received = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => {
      this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes])
      // What nobody takes must not pile up here: the other end is to feel it.
      socket.pause()
      this.#wake()
    })
    const end = (how: 'end' | 'reset') => {
      this.#ended ??= how
      this.#wake()
    }
    socket.on('end', () => end('end'))
    socket.on('error', () => end('reset'))
    socket.on('close', () => end('end'))
  }

  static async open(port: number, tls?: { readonly key?: string; readonly cert?: string }): Promise<HttpClient> {
    const socket: Socket | TLSSocket =
      tls === undefined
        ? connect({ port, host: '127.0.0.1', allowHalfOpen: true })
        : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'shop.example', ...tls })
    await within(
      `connect to ${port}`,
      new Promise<void>((done, fail) => {
        socket.once(tls === undefined ? 'connect' : 'secureConnect', () => done())
        socket.once('error', fail)
      }),
    )
    return new HttpClient(socket)
  }

  get port(): number {
    return this.#socket.localPort!
  }

  get closed(): boolean {
    return this.#ended !== undefined
  }

  /** That the system has taken. */
  get bytesSent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  /** False when the connection did not take them: the other end may answer early and close. */
  send(bytes: string | Uint8Array): Promise<boolean> {
    return new Promise((done) => {
      this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, (error) => done(!error))
    })
  }

  stopReading(): void {
    this.#paused = true
    this.#socket.pause()
  }

  startReading(): void {
    this.#paused = false
    this.#wake()
  }

  reset(): void {
    resetSocket(this.#socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Half a goodbye. */
  finish(): void {
    this.#socket.end()
  }

  /** Waits for the other end to close or reset. */
  async end(): Promise<'end' | 'reset'> {
    while (this.#ended === undefined) {
      this.#input = Buffer.alloc(0)
      await this.#more('the end of the connection')
    }
    return this.#ended
  }

  /** The head of the final response. */
  async head(): Promise<Head> {
    const interim: number[] = []
    for (;;) {
      const head = await this.anyHead()
      if (head.status !== 100 && head.status !== 103) return { ...head, interim }
      interim.push(head.status)
    }
  }

  /** The next head, an interim response's too. */
  async anyHead(): Promise<Head> {
    let at = this.#input.indexOf('\r\n\r\n')
    while (at === -1) {
      if (this.#ended !== undefined) throw new Error(`${this.#ended} before a head: ${this.#input.toString('latin1')}`)
      await this.#more('a head')
      at = this.#input.indexOf('\r\n\r\n')
    }
    const [start = '', ...lines] = this.#take(at + 4)
      .toString('latin1')
      .slice(0, -4)
      .split('\r\n')
    const match = /^(HTTP\/\d\.\d) (\d{3,4}) ?(.*)$/.exec(start)
    if (match === null) throw new Error(`no status line: ${JSON.stringify(start)}`)
    const [, version = '', status = '', reason = ''] = match
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    return { interim: [], version, status: Number(status), reason, fields, framing: framingOf(Number(status), fields) }
  }

  /** Waits for a text, or for that many bytes, without taking them. */
  async untilReceived(text: string, bytes = 0): Promise<void> {
    while (this.#input.length < bytes || !this.#input.includes(text, 0, 'latin1')) {
      if (this.#ended !== undefined) throw new Error(`${this.#ended} before ${JSON.stringify(text)}`)
      await this.#more(JSON.stringify(text))
    }
  }

  /** The answer to a request of this method; never fails, since how it ends is what tests want to know. */
  async answer(method: string): Promise<Answer> {
    return this.body(method, await this.head())
  }

  async body(method: string, head: Head): Promise<Answer> {
    const framing = method === 'HEAD' ? 'none' : head.framing
    const taken = new TakenBody(
      head.fields.some(([name, value]) => /^content-encoding$/i.test(name) && value === 'gzip'),
    )
    const ending = await this.#body(framing, Number(fieldOf(head.fields, 'content-length')), taken)
    return { ...head, framing, ...taken.result(), ending }
  }

  async #body(framing: Framing, length: number, taken: TakenBody): Promise<Ending> {
    if (framing === 'none') return 'complete'
    if (framing === 'length') return this.#pass(length, taken)
    if (framing === 'close') {
      await this.#pass(Number.POSITIVE_INFINITY, taken)
      return this.#ended === 'reset' ? 'reset' : 'complete'
    }
    for (;;) {
      const line = await this.#line()
      if (line === undefined) return this.#cut()
      const size = Number.parseInt(line, 16)
      if (!/^[0-9a-f]+$/i.test(line)) return 'garbled'
      if (size > 0) {
        const ending = await this.#pass(size, taken)
        if (ending !== 'complete') return ending
      }
      const end = await this.#line()
      if (end === undefined) return this.#cut()
      if (end !== '') return 'garbled'
      if (size === 0) return 'complete'
    }
  }

  async #pass(count: number, taken: TakenBody): Promise<Ending> {
    let left = count
    while (left > 0) {
      if (this.#input.length === 0) {
        if (this.#ended !== undefined) return this.#cut()
        await this.#more('more of a body')
        continue
      }
      const piece = this.#take(Math.min(left, this.#input.length))
      taken.add(piece)
      this.received += piece.length
      left -= piece.length
    }
    return 'complete'
  }

  async #line(): Promise<string | undefined> {
    let at = this.#input.indexOf('\r\n')
    while (at === -1) {
      if (this.#ended !== undefined) return undefined
      await this.#more('a line')
      at = this.#input.indexOf('\r\n')
    }
    return this.#take(at + 2)
      .subarray(0, at)
      .toString('latin1')
  }

  #cut(): Ending {
    return this.#ended === 'reset' ? 'reset' : 'cut'
  }

  #take(count: number): Buffer {
    const taken = this.#input.subarray(0, count)
    this.#input = this.#input.subarray(count)
    return taken
  }

  async #more(what: string): Promise<void> {
    const news = new Promise<void>((done) => {
      this.#wake = done
    })
    if (!this.#paused) this.#socket.resume()
    await within(what, news, PATIENCE_MS)
    if (this.#paused) await this.#more(what)
  }
}

export function fieldOf(fields: Answer['fields'], name: string): string | undefined {
  return fields.find(([other]) => other.toLowerCase() === name)?.[1]
}

function framingOf(status: number, fields: Answer['fields']): Framing {
  if (status === 204 || status === 304) return 'none'
  if (/chunked/i.test(fieldOf(fields, 'transfer-encoding') ?? '')) return 'chunked'
  return fieldOf(fields, 'content-length') === undefined ? 'close' : 'length'
}

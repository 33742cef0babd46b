/**
 * Finds where HTTP/1.1 responses begin and end in a stream of bytes, for the generator, the probe and the bare relay.
 * It trusts the sender: it measures the contestants, it is not one.
 *
 *   status line and fields CRLF CRLF | content-length bytes, or chunks: size-hex CRLF bytes CRLF … 0 CRLF trailers CRLF
 */

const MAX_HEAD_BYTES = 65_536
const MAX_LINE_BYTES = 8_192
const NO_BYTES: Buffer = Buffer.alloc(0)

export interface ResponseHandler {
  /** `text` is the head without its empty line. */
  head?(status: number, text: string): void
  /** Bytes of the body, without the chunk framing; valid only during the call. */
  body?(bytes: Buffer): void
  end?(status: number): void
}

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

export class ResponseReader {
  readonly #handler: ResponseHandler
  #state: State = 'head'
  #status = 0
  /** Body bytes still to come, of the whole body or of the chunk. */
  #left = 0
  /** The begin of a head or line whose end has not arrived. */
  #held = NO_BYTES

  constructor(handler: ResponseHandler) {
    this.#handler = handler
  }

  /** No response has begun that has not ended. */
  get idle(): boolean {
    return this.#state === 'head' && this.#held.length === 0
  }

  /** Throws when the bytes are no response whose length is said. */
  feed(chunk: Buffer): void {
    let input = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    this.#held = NO_BYTES
    while (input.length > 0) {
      const rest = this.#step(input)
      if (rest === undefined) {
        this.#held = input
        return
      }
      input = rest
    }
  }

  /** What is left after one step; undefined when more bytes are needed. */
  #step(input: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(input)
      case 'fixed':
      case 'chunk-data':
        return this.#takeBody(input)
      case 'chunk-size':
        return this.#takeLine(input, (line) => {
          this.#left = Number.parseInt(line, 16)
          if (!(this.#left >= 0)) throw new Error(`not a chunk size: ${line.slice(0, 40)}`)
          this.#state = this.#left === 0 ? 'trailer' : 'chunk-data'
        })
      case 'chunk-end':
        return this.#takeLine(input, () => {
          this.#state = 'chunk-size'
        })
      case 'trailer':
        return this.#takeLine(input, (line) => {
          if (line === '') this.#end()
        })
    }
  }

  #takeHead(input: Buffer): Buffer | undefined {
    const end = input.indexOf('\r\n\r\n')
    if (end < 0) {
      if (input.length > MAX_HEAD_BYTES) throw new Error(`a response head of more than ${MAX_HEAD_BYTES} bytes`)
      return undefined
    }
    const text = input.toString('latin1', 0, end)
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
    if (status === undefined) throw new Error(`not an HTTP/1.1 response: ${text.slice(0, 40)}`)
    this.#status = Number(status)
    this.#handler.head?.(this.#status, text)
    this.#beginBody(text)
    return input.subarray(end + 4)
  }

  #beginBody(head: string): void {
    const bodiless = this.#status === 204 || this.#status === 304
    const length = bodiless ? '0' : /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1]
    if (length !== undefined) {
      this.#left = Number(length)
      this.#state = 'fixed'
      if (this.#left === 0) this.#end()
    } else if (/\r\ntransfer-encoding:[ \t]*chunked/i.test(head)) {
      this.#state = 'chunk-size'
    } else {
      throw new Error(`a response without a length: ${head.slice(0, 200)}`)
    }
  }

  #takeBody(input: Buffer): Buffer {
    const taken = Math.min(this.#left, input.length)
    this.#handler.body?.(input.subarray(0, taken))
    this.#left -= taken
    if (this.#left === 0) {
      if (this.#state === 'fixed') this.#end()
      else this.#state = 'chunk-end'
    }
    return input.subarray(taken)
  }

  #takeLine(input: Buffer, use: (line: string) => void): Buffer | undefined {
    const end = input.indexOf('\r\n')
    if (end < 0) {
      if (input.length > MAX_LINE_BYTES) throw new Error(`a chunk line of more than ${MAX_LINE_BYTES} bytes`)
      return undefined
    }
    use(input.toString('latin1', 0, end))
    return input.subarray(end + 2)
  }

  #end(): void {
    this.#state = 'head'
    this.#handler.end?.(this.#status)
  }
}

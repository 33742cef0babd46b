/** A child's output -> whole lines, so that lines of several children are never mixed within a line. */
import { StringDecoder } from 'node:string_decoder'

/** Longer lines are passed on in pieces: a child that never writes a line end must not fill our memory. */
export const MAX_LINE_CHARS = 64 * 1024

/** Cuts text into lines, without their ends. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #line: (text: string) => void
  #rest = ''

  constructor(line: (text: string) => void) {
    this.#line = line
  }

  push(chunk: Buffer): void {
    this.#rest += this.#decoder.write(chunk)
    let start = 0
    for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n', start)) {
      this.#line(this.#rest.slice(start, this.#rest[end - 1] === '\r' ? end - 1 : end))
      start = end + 1
    }
    this.#rest = this.#rest.slice(start)
    while (this.#rest.length > MAX_LINE_CHARS) {
      this.#line(this.#rest.slice(0, MAX_LINE_CHARS))
      this.#rest = this.#rest.slice(MAX_LINE_CHARS)
    }
  }

  /** The stream has ended: a last line without an end is still a line. */
  end(): void {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (last !== '') this.#line(last)
  }
}

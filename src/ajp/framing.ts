/**
 * What the headers of a request say about its body and its host, decided from the headers alone (ajp13.md 7.2): whether
 * a packet of the body is due may depend on nothing else, and what two readers could read differently is refused. Both
 * ends keep to this: a request that Tomcat refuses leaves its first body packet to be read as a message.
 */
import { onlyContentLength, UNKNOWN_LENGTH } from './content-length.ts'
import { AjpError } from './errors.ts'
import { NO_CODE, REQUEST_CODE } from './header-codes.ts'
import { isHost } from './host.ts'
import type { HeaderWatcher } from './read-headers.ts'

const TRANSFER_ENCODING = 'transfer-encoding'

export class Framing implements HeaderWatcher {
  /** The content-length, or {@link UNKNOWN_LENGTH}. */
  bodyLength: number = UNKNOWN_LENGTH
  /** `transfer-encoding: chunked`: there is a body of unknown length. */
  isChunked = false
  #host: string | undefined

  see(code: number, name: string, value: string): void {
    if (code === REQUEST_CODE.CONTENT_LENGTH) this.bodyLength = onlyContentLength(this.bodyLength, value)
    else if (code === REQUEST_CODE.HOST) this.#seeHost(value)
    else if (code === NO_CODE && name.length === TRANSFER_ENCODING.length) this.#seeCoding(name, value)
  }

  /** To be called behind the last header. */
  end(): void {
    if (this.isChunked && this.bodyLength !== UNKNOWN_LENGTH)
      throw new AjpError('AJP_TRANSFER_ENCODING', `content-length ${this.bodyLength} as well`)
  }

  #seeCoding(name: string, value: string): void {
    if (name.toLowerCase() !== TRANSFER_ENCODING) return
    if (this.isChunked) throw new AjpError('AJP_TRANSFER_ENCODING', 'two of them')
    if (value !== 'chunked' && value.toLowerCase() !== 'chunked')
      throw new AjpError('AJP_TRANSFER_ENCODING', excerpt(value))
    this.isChunked = true
  }

  #seeHost(value: string): void {
    if (this.#host === undefined) {
      if (!isHost(value)) throw new AjpError('AJP_HOST', excerpt(value))
      this.#host = value
    } else if (this.#host !== value) throw new AjpError('AJP_HOST', `${excerpt(this.#host)} and ${excerpt(value)}`)
  }
}

/** Enough of a value to find it again in a log. */
function excerpt(value: string): string {
  return value.length > 40 ? `${value.slice(0, 40)}…` : value
}

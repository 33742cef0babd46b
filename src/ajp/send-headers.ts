/**
 * SEND_HEADERS, the head of a response (ajp13.md 4.1).
 *
 *   04 | status: integer | message: string | num_headers: integer | num_headers × (name: code or string, value: string)
 *
 * Tomcat passes on whatever the application set, CR and LF included, so every name and value is judged here.
 */
import { ANY, VALUE } from './chars.ts'
import { MAGIC, MESSAGE } from './constants.ts'
import { onlyContentLength, UNKNOWN_LENGTH } from './content-length.ts'
import { AjpError } from './errors.ts'
import { RESPONSE_CODE, responseHeaderCodes } from './header-codes.ts'
import type { PacketWriter } from './packet-writer.ts'
import { PayloadReader } from './payload-reader.ts'
import { type HeaderWatcher, readHeaders } from './read-headers.ts'

export interface ResponseToSend {
  readonly status: number
  /** The reason phrase; in its place Tomcat sends the status once more. */
  readonly message: string
  /** Name, value, name, value. Hop-by-hop ones and transfer-encoding are the caller's to leave out. */
  readonly headers: readonly string[]
}

/** A head as it arrived. */
export interface ResponseHead {
  readonly status: number
  /** Unfiltered: see `reasonPhrase`. */
  readonly message: string | null
  /** Name, value, name, value. */
  readonly headers: string[]
  /** The content-length, or UNKNOWN_LENGTH. Tomcat does not keep to it, and sends one with 204, 205 and 304. */
  readonly bodyLength: number
}

/** AJP cannot carry interim responses: what Tomcat sends below 200 is final and makes no sense. */
const MIN_STATUS = 200
const MAX_STATUS = 999

export function decodeSendHeaders(payload: Buffer): ResponseHead {
  const reader = new PayloadReader(payload)
  if (reader.u8() !== MESSAGE.SEND_HEADERS) throw new AjpError('AJP_TYPE', 'no SEND_HEADERS')
  const status = reader.u16()
  checkStatus(status)
  const message = reader.string(ANY)
  const length = new LengthWatcher()
  const headers = readHeaders(reader, reader.u16(), responseHeaderCodes, length)
  reader.end()
  return { status, message, headers, bodyLength: length.bodyLength }
}

/** Of a response no header but the content-length matters to AJP. */
class LengthWatcher implements HeaderWatcher {
  bodyLength: number = UNKNOWN_LENGTH

  see(code: number, _name: string, value: string): void {
    if (code === RESPONSE_CODE.CONTENT_LENGTH) this.bodyLength = onlyContentLength(this.bodyLength, value)
  }
}

/**
 * Appends the packet to `writer`. Throws an AjpError, which leaves the writer as it was: AJP_RESPONSE_TOO_LARGE when it
 * does not fit, where Tomcat would send nothing at all (4.2).
 */
export function encodeSendHeaders(writer: PacketWriter, { status, message, headers }: ResponseToSend): void {
  checkStatus(status)
  try {
    writer.open(MAGIC.RESPONSE)
    writer.u8(MESSAGE.SEND_HEADERS)
    writer.u16(status)
    // mod_jk with old httpd failed on an absent message.
    writer.text(message === '' ? String(status) : message, VALUE)
    writer.u16(headers.length >> 1)
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!
      writer.headerName(name, responseHeaderCodes.codeOf(name))
      writer.text(headers[i + 1]!, VALUE)
    }
    writer.close()
  } catch (error) {
    const isTooLarge = error instanceof AjpError && error.code === 'AJP_PACKET_TOO_LARGE'
    throw isTooLarge ? new AjpError('AJP_RESPONSE_TOO_LARGE', error.message) : error
  }
}

/**
 * The reason phrase that a message holds, or empty for the standard one of the status: visible ASCII, space and tab, all
 * else left out (CVE-2026-33523).
 */
export function reasonPhrase({ status, message }: Pick<ResponseHead, 'status' | 'message'>): string {
  if (message === null || message === '' || message === String(status)) return ''
  return message.replace(/[^\t\x20-\x7e]/g, '').trim()
}

function checkStatus(status: number): void {
  if (!(status >= MIN_STATUS && status <= MAX_STATUS)) throw new AjpError('AJP_STATUS', String(status))
}

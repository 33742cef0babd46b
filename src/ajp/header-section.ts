/**
 * The headers of a request as they travel: num_headers and the pairs (ajp13.md 2.3). They are most of a FORWARD_REQUEST
 * and the same for many requests of one client connection, so they can be encoded alone, once, and kept by the caller.
 */
import { VALUE } from './chars.ts'
import { DEFAULT_MAX_HEADERS, MAGIC } from './constants.ts'
import { AjpError } from './errors.ts'
import { Framing } from './framing.ts'
import { requestHeaderCodes } from './header-codes.ts'
import type { PacketWriter } from './packet-writer.ts'

/** Encoded headers; good for every request, connection and packet size that has room for them. */
export interface HeaderSection {
  readonly bytes: Uint8Array
  /** The content-length, or UNKNOWN_LENGTH: whether a first body packet is owed. */
  readonly bodyLength: number
  readonly isChunked: boolean
}

/**
 * @param headers name, value, name, value; hop-by-hop ones are the caller's to leave out
 * @param maxHeaders what the backend takes; one more is AJP_TOO_MANY_HEADERS
 */
export function encodeRequestHeaders(
  writer: PacketWriter,
  headers: readonly string[],
  maxHeaders: number = DEFAULT_MAX_HEADERS,
): HeaderSection {
  writer.open(MAGIC.REQUEST)
  const { bodyLength, isChunked } = writeRequestHeaders(writer, headers, maxHeaders)
  return { bytes: writer.copyPayload(), bodyLength, isChunked }
}

/** Into the open packet of `writer`. Throws an AjpError. */
export function writeRequestHeaders(writer: PacketWriter, headers: readonly string[], maxHeaders: number): Framing {
  const count = headers.length >> 1
  if (count > maxHeaders) throw new AjpError('AJP_TOO_MANY_HEADERS', `${count}, ${maxHeaders} allowed`)
  const framing = new Framing()
  writer.u16(count)
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    const value = headers[i + 1]!
    const code = requestHeaderCodes.codeOf(name)
    writer.headerName(name, code)
    writer.text(value, VALUE)
    framing.see(code, name, value)
  }
  framing.end()
  return framing
}

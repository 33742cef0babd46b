/** How long a body is, read from the fields that say so (RFC 9112 6). Shared by requests and responses. */
import { consistsOf, DIGIT } from './chars.ts'
import { Http1Error } from './errors.ts'
import { FIELD, type Fields } from './fields.ts'

/** 15 decimal digits are exact in a double and more than any body. */
const MAX_LENGTH_DIGITS = 15

/** A body's Content-Length, or -1 without one. Repeated, signed, padded and listed values are refused. */
export function contentLength(fields: Fields): number {
  const at = fields.ids.indexOf(FIELD.CONTENT_LENGTH)
  if (at === -1) return -1
  if (fields.ids.indexOf(FIELD.CONTENT_LENGTH, at + 1) !== -1) throw new Http1Error('HTTP1_FRAMING', 'two lengths')
  return parseLength(fields.values[at]!)
}

export function parseLength(value: string): number {
  if (value.length === 0 || value.length > MAX_LENGTH_DIGITS || !consistsOf(value, DIGIT)) {
    throw new Http1Error('HTTP1_FRAMING', 'Content-Length is not a number')
  }
  return Number(value)
}

/** Whether the body is chunked. Any other coding, or a second one, is refused: nobody may read it differently. */
export function isChunked(fields: Fields): boolean {
  const at = fields.ids.indexOf(FIELD.TRANSFER_ENCODING)
  if (at === -1) return false
  if (fields.ids.indexOf(FIELD.TRANSFER_ENCODING, at + 1) !== -1) {
    throw new Http1Error('HTTP1_FRAMING', 'two Transfer-Encoding fields')
  }
  const value = fields.values[at]!
  if (value.toLowerCase() === 'chunked') return true
  // `gzip` alone or before others is a coding we do not have; anything around `chunked` is an attempt to be misread.
  const isList = /^[!#$%&'*+\-.^_`|~0-9A-Za-z, \t]+$/.test(value)
  throw new Http1Error(isList && !/chunked/i.test(value) ? 'HTTP1_CODING' : 'HTTP1_FRAMING', 'Transfer-Encoding')
}

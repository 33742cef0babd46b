/**
 * The head of a response: bytes to meaning (RFC 9112 4 and 6).
 *
 *   status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF
 */
import { consistsOf, DIGIT, VALUE } from './chars.ts'
import { Http1Error } from './errors.ts'
import { connectionOptions, FIELD, type Fields, parseFields } from './fields.ts'
import { isChunked, parseLength } from './framing.ts'
import type { HeadLimits } from './request-head.ts'

/** How the end of a response body is found. */
export type ResponseFraming = 'length' | 'chunked' | 'close'

export interface ResponseHead extends Fields {
  /** The text this head was parsed from. */
  readonly text: string
  readonly status: number
  readonly reason: string
  readonly minor: 0 | 1
  /** For a response that may have a body; whether it has one also depends on the request (see {@link hasBody}). */
  readonly framing: ResponseFraming
  /** With framing `length`: bytes of the body. Else -1. */
  readonly bodyLength: number
  /** The peer keeps the connection open after this response. */
  readonly keepsAlive: boolean
  /** Field names that Connection lists, lower case, `close` and `keep-alive` left out. */
  readonly connectionOptions: readonly string[]
}

/**
 * Parses a response head; `text` ends behind the CRLF of the last field (or of the status line).
 * Throws an {@link Http1Error}.
 */
export function parseResponseHead(text: string, limits: HeadLimits): ResponseHead {
  const lineEnd = text.indexOf('\r\n')
  const minor = text.startsWith('HTTP/1.1 ') ? 1 : text.startsWith('HTTP/1.0 ') ? 0 : undefined
  if (minor === undefined) throw new Http1Error('HTTP1_STATUS_LINE', 'version')
  const code = text.slice(9, 12)
  const status = Number(code)
  if (!consistsOf(code, DIGIT) || status < 100 || status > 599) throw new Http1Error('HTTP1_STATUS_LINE', 'code')
  // RFC 9112 4 wants the space even before an empty reason; many servers leave it out, and nothing hangs on it.
  if (lineEnd !== 12 && text[12] !== ' ') throw new Http1Error('HTTP1_STATUS_LINE', 'reason')
  const reason = text.slice(13, Math.max(13, lineEnd))
  if (!consistsOf(reason, VALUE)) throw new Http1Error('HTTP1_STATUS_LINE', 'reason')

  const fields = parseFields(text, lineEnd + 2, text.length, limits.headerCount)
  const connection = connectionOptions(fields)
  const chunked = isChunked(fields)
  if (chunked && minor === 0) throw new Http1Error('HTTP1_FRAMING', 'Transfer-Encoding in HTTP/1.0')
  const hasBothFramings = chunked && fields.ids.includes(FIELD.CONTENT_LENGTH)
  const announced = chunked ? -1 : responseLength(fields)
  // An interim response has no body (RFC 9110 15.2). One that announces a body leaves open what follows it.
  if (status < 200 && (chunked || announced > 0)) throw new Http1Error('HTTP1_FRAMING', 'a body of an interim response')
  const bodyLength = status < 200 ? -1 : announced
  return {
    names: fields.names,
    values: fields.values,
    ids: fields.ids,
    lines: fields.lines,
    text,
    status,
    reason,
    minor,
    framing: chunked ? 'chunked' : bodyLength >= 0 ? 'length' : 'close',
    bodyLength,
    // With both framings the peer may be a relay that was fooled: its connection is not used again (RFC 9112 6.3).
    keepsAlive: !hasBothFramings && !connection.hasClose && (minor === 1 || connection.hasKeepAlive),
    connectionOptions: connection.names,
  }
}

/** Like a request's Content-Length, but the same number said twice is one number (RFC 9110 8.6). */
function responseLength({ ids, values }: Fields): number {
  const first = ids.indexOf(FIELD.CONTENT_LENGTH)
  if (first === -1) return -1
  for (
    let at = ids.indexOf(FIELD.CONTENT_LENGTH, first + 1);
    at !== -1;
    at = ids.indexOf(FIELD.CONTENT_LENGTH, at + 1)
  ) {
    if (values[at] !== values[first]) throw new Http1Error('HTTP1_FRAMING', 'two lengths')
  }
  return parseLength(values[first]!)
}

/** Whether a response has a body at all (RFC 9112 6.3, first two rules). */
export function hasBody(status: number, requestMethod: string): boolean {
  return requestMethod !== 'HEAD' && status >= 200 && status !== 204 && status !== 304
}

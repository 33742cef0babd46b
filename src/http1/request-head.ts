/**
 * The head of a request: bytes to meaning (RFC 9112 2, 3 and 6). Nothing is repaired: what two parsers might read
 * differently is refused.
 *
 *   request-line = method SP request-target SP HTTP-version CRLF
 *
 * The fields of a connection rarely change from one request to the next, so line and fields are parsed apart and a
 * caller can keep the fields for as long as their text stays the same.
 */
import { CHAR, TARGET, TCHAR } from './chars.ts'
import { Http1Error } from './errors.ts'
import { connectionOptions, FIELD, type Fields, type ParsedFields, parseFields } from './fields.ts'
import { contentLength, isChunked } from './framing.ts'

export interface HeadLimits {
  /** Bytes of a whole head. */
  readonly headBytes: number
  /** Header fields. */
  readonly headerCount: number
  /** Bytes of a request target. */
  readonly targetBytes: number
}

export interface RequestLine {
  readonly method: string
  /** Origin form (`/path?query`) or `*`. */
  readonly target: string
  /** The authority of an absolute-form target; it replaces the Host field (RFC 9112 3.2.2). */
  readonly authority: string | undefined
  /** The target's scheme is https. */
  readonly isSecure: boolean
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minor: 0 | 1
}

export interface RequestFields extends ParsedFields {
  /** The value of Host, if there is one. */
  readonly host: string | undefined
  /** Bytes of the body, 0 for none, -1 for a chunked one. */
  readonly bodyLength: number
  readonly hasClose: boolean
  readonly hasKeepAlive: boolean
  /** Field names that Connection lists, lower case, `close` and `keep-alive` left out. */
  readonly connectionOptions: readonly string[]
  readonly expectsContinue: boolean
}

/** Longest method; real ones have at most 17 (`VERSION-CONTROL`, `UPDATEREDIRECTREF`). */
export const MAX_METHOD_BYTES = 32
/** 255 bytes of name (RFC 1035 2.3.4) and a port. */
const MAX_AUTHORITY_BYTES = 261
const SP = 0x20

/**
 * Parses the request line in `text` from `start`; `end` is the index of its CRLF. Throws an {@link Http1Error}.
 */
export function parseRequestLine(text: string, start: number, end: number, limits: HeadLimits): RequestLine {
  let at = start
  while ((CHAR[text.charCodeAt(at)]! & TCHAR) !== 0) at++
  if (at === start || at - start > MAX_METHOD_BYTES || text.charCodeAt(at) !== SP)
    throw new Http1Error('HTTP1_REQUEST_LINE', 'method')
  const method = text.slice(start, at)
  const targetStart = at + 1
  at = targetStart
  while ((CHAR[text.charCodeAt(at)]! & TARGET) !== 0) at++
  if (at - targetStart > limits.targetBytes)
    throw new Http1Error('HTTP1_TARGET_TOO_LONG', `more than ${limits.targetBytes} bytes`)
  if (at === targetStart || text.charCodeAt(at) !== SP) throw new Http1Error('HTTP1_TARGET')
  const minor = parseVersion(text, at + 1, end)
  const target = text.slice(targetStart, at)
  if (method === 'CONNECT') throw new Http1Error('HTTP1_METHOD', 'CONNECT')
  if (target.charCodeAt(0) === 0x2f) return { method, target, authority: undefined, isSecure: false, minor }
  if (target === '*') {
    if (method !== 'OPTIONS') throw new Http1Error('HTTP1_TARGET', '* without OPTIONS')
    return { method, target, authority: undefined, isSecure: false, minor }
  }
  return { method, minor, isSecure: /^https/i.test(target), ...splitAbsoluteForm(target, method) }
}

function parseVersion(text: string, start: number, end: number): 0 | 1 {
  if (end - start === 8) {
    if (text.startsWith('HTTP/1.1', start)) return 1
    if (text.startsWith('HTTP/1.0', start)) return 0
  }
  const version = text.slice(start, Math.min(end, start + 16))
  if (/^HTTP\/\d\.\d$/.test(version) && end - start === 8) throw new Http1Error('HTTP1_VERSION', version)
  throw new Http1Error('HTTP1_REQUEST_LINE', 'version')
}

/** `http://authority/path?query` to its authority and origin form. */
function splitAbsoluteForm(target: string, method: string): { target: string; authority: string } {
  const scheme = /^https?:\/\//i.exec(target)?.[0].length
  if (scheme === undefined) throw new Http1Error('HTTP1_TARGET', 'neither a path nor http://')
  let end = scheme
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end++
  const authority = target.slice(scheme, end)
  if (!isAuthority(authority)) throw new Http1Error('HTTP1_TARGET', 'authority')
  const rest = target.slice(end)
  if (rest === '') return { authority, target: method === 'OPTIONS' ? '*' : '/' }
  return { authority, target: rest.startsWith('/') ? rest : `/${rest}` }
}

/**
 * A host with an optional port, without user information (RFC 3986 3.2, RFC 9110 4.2.4). Narrower than the grammar:
 * names are dot-separated labels of letters, digits, `-`, `_` and `~`, since `*`, `%41` and empty labels are names to
 * some parsers and nonsense to others.
 */
export function isAuthority(text: string): boolean {
  if (text.length > MAX_AUTHORITY_BYTES) return false
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|[\w~-]+(?:\.[\w~-]+)*\.?)(?::(\d{0,5}))?$/.exec(text)
  if (match === null || Number(match[2] ?? 0) > 65_535) return false
  return match[1] === undefined || URL.canParse(`http://[${match[1]}]/`)
}

/** The authority of the target and the Host field must name the same host and port, or there were two readings. */
export function checkAuthority(line: RequestLine, fields: RequestFields): void {
  if (line.authority === undefined || fields.host === undefined) return
  const defaultPort = line.isSecure ? ':443' : ':80'
  if (withPort(line.authority, defaultPort) !== withPort(fields.host, defaultPort)) {
    throw new Http1Error('HTTP1_HOST', 'not the one of the target')
  }
}

function withPort(authority: string, defaultPort: string): string {
  const lower = authority.toLowerCase()
  return /:\d+$/.test(lower) ? lower : lower.replace(/:?$/, defaultPort)
}

/**
 * Parses the fields of a request: `text` is everything behind the request line, the last field's CRLF included and
 * the empty line left out. Throws an {@link Http1Error}. `known` are the fields of a request before (`parseFields`).
 */
export function parseRequestFields(
  text: string,
  minor: 0 | 1,
  limits: HeadLimits,
  known?: RequestFields,
): RequestFields {
  return readRequestFields(text, minor, limits, known, false)
}

/** The fields at the start of a head of which more may follow: what is missing may still come. */
export function checkBegunFields(text: string, minor: 0 | 1, limits: HeadLimits): void {
  readRequestFields(text, minor, limits, undefined, true)
}

function readRequestFields(
  text: string,
  minor: 0 | 1,
  limits: HeadLimits,
  known: RequestFields | undefined,
  isBegun: boolean,
): RequestFields {
  const fields = parseFields(text, 0, text.length, limits.headerCount, known)
  let host: string | undefined
  let expectsContinue = false
  for (let i = 0; i < fields.ids.length; i++) {
    const id = fields.ids[i]
    if (id === FIELD.HOST) {
      if (host !== undefined) throw new Http1Error('HTTP1_HOST', 'two of them')
      host = fields.values[i]!
      // An empty Host is what a target without an authority demands (RFC 9112 3.2).
      if (host !== '' && host !== known?.host && !isAuthority(host)) throw new Http1Error('HTTP1_HOST', 'malformed')
    } else if (id === FIELD.EXPECT) {
      if (fields.values[i]!.toLowerCase() !== '100-continue') throw new Http1Error('HTTP1_EXPECT')
      expectsContinue = true
    }
  }
  if (host === undefined && minor === 1 && !isBegun) throw new Http1Error('HTTP1_HOST', 'missing')
  const connection = connectionOptions(fields)
  return {
    names: fields.names,
    values: fields.values,
    ids: fields.ids,
    lines: fields.lines,
    text,
    host,
    bodyLength: requestBodyLength(fields, minor),
    hasClose: connection.hasClose,
    hasKeepAlive: connection.hasKeepAlive,
    connectionOptions: connection.names,
    expectsContinue: expectsContinue && minor === 1,
  }
}

/** RFC 9112 6.3 for requests, with both framings at once refused (6.1 leaves the choice). */
function requestBodyLength(fields: Fields, minor: 0 | 1): number {
  const length = contentLength(fields)
  if (!isChunked(fields)) return length === -1 ? 0 : length
  if (length !== -1) throw new Http1Error('HTTP1_FRAMING', 'Content-Length and Transfer-Encoding')
  if (minor === 0) throw new Http1Error('HTTP1_FRAMING', 'Transfer-Encoding in HTTP/1.0')
  return -1
}

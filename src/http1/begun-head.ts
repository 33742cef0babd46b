/**
 * Judges a request head of which only the beginning has arrived: what is wrong already is refused now rather than after
 * a timeout, and nothing is refused that its rest could make right.
 */
import { CHAR, consistsOf, TARGET, TCHAR, VALUE } from './chars.ts'
import { Http1Error } from './errors.ts'
import { checkBegunFields, type HeadLimits, MAX_METHOD_BYTES, parseRequestLine } from './request-head.ts'

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a

const VERSIONS = ['HTTP/1.1\r', 'HTTP/1.0\r']

/** `text` is what has arrived from the request line on (latin-1), without the empty line. Throws an {@link Http1Error}. */
export function checkBegunHead(text: string, limits: HeadLimits): void {
  checkLineEnds(text)
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd === -1) {
    checkBegunLine(text, limits)
    return
  }
  const { minor } = parseRequestLine(text, 0, lineEnd, limits)
  const fieldsEnd = text.lastIndexOf('\r\n') + 2
  checkBegunFields(text.slice(lineEnd + 2, fieldsEnd), minor, limits)
  checkBegunField(text, fieldsEnd)
}

function checkLineEnds(text: string): void {
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) throw new Http1Error('HTTP1_FIELD', 'LF without CR')
  }
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (at + 1 < text.length && text.charCodeAt(at + 1) !== LF) throw new Http1Error('HTTP1_FIELD', 'CR without LF')
  }
}

function checkBegunLine(text: string, limits: HeadLimits): void {
  // Half of an empty line before the request line.
  if (text === '\r') return
  const methodEnd = text.indexOf(' ')
  const method = methodEnd === -1 ? text : text.slice(0, methodEnd)
  if (methodEnd === 0 || method.length > MAX_METHOD_BYTES || !consistsOf(method, TCHAR))
    throw new Http1Error('HTTP1_REQUEST_LINE', 'method')
  if (methodEnd === -1) return
  const targetEnd = text.indexOf(' ', methodEnd + 1)
  if (targetEnd !== -1) {
    const whole = `${text.slice(0, targetEnd)} HTTP/1.1`
    parseRequestLine(whole, 0, whole.length, limits)
    checkBegunVersion(text.slice(targetEnd + 1))
    return
  }
  const target = text.slice(methodEnd + 1)
  if (target.length > limits.targetBytes)
    throw new Http1Error('HTTP1_TARGET_TOO_LONG', `more than ${limits.targetBytes} bytes`)
  if (!consistsOf(target, TARGET)) throw new Http1Error('HTTP1_TARGET')
}

function checkBegunVersion(version: string): void {
  if (VERSIONS.some((whole) => whole.startsWith(version)) || /^HTTP\/\d\.?$/.test(version)) return
  if (/^HTTP\/\d\.\d\r?$/.test(version)) throw new Http1Error('HTTP1_VERSION', version.trimEnd())
  throw new Http1Error('HTTP1_REQUEST_LINE', 'version')
}

/** The last line of `text`, which has no end yet: a field, or the empty line that ends the head. */
function checkBegunField(text: string, start: number): void {
  let at = start
  while ((CHAR[text.charCodeAt(at)]! & TCHAR) !== 0) at++
  if (at === text.length || (at === start && text.charCodeAt(at) === CR)) return
  if (at === start || text.charCodeAt(at) !== COLON) throw new Http1Error('HTTP1_FIELD', 'name')
  at++
  while ((CHAR[text.charCodeAt(at)]! & VALUE) !== 0) at++
  if (at < text.length && text.charCodeAt(at) !== CR) throw new Http1Error('HTTP1_FIELD', 'value')
}

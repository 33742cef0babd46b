/**
 * Header and trailer fields: text to names and values, nothing about what they mean (RFC 9112 5).
 *
 *   field-line = field-name ":" OWS field-value OWS CRLF
 *
 * Strict: no space before the colon, no line folding, no bare CR or LF, no control characters.
 */
import { CHAR, TCHAR, VALUE } from './chars.ts'
import { Http1Error } from './errors.ts'

/** Fields that this engine acts on; all others are 0 and pass through. */
export const FIELD = {
  OTHER: 0,
  HOST: 1,
  CONNECTION: 2,
  CONTENT_LENGTH: 3,
  TRANSFER_ENCODING: 4,
  EXPECT: 5,
  UPGRADE: 6,
  KEEP_ALIVE: 7,
  PROXY_CONNECTION: 8,
  TE: 9,
  TRAILER: 10,
  COOKIE: 11,
  FORWARDED: 12,
  X_FORWARDED_FOR: 13,
  X_FORWARDED_PROTO: 14,
  X_FORWARDED_HOST: 15,
  X_FORWARDED_PORT: 16,
  ACCEPT: 17,
  DATE: 18,
  HTTP2_SETTINGS: 19,
  PROXY_AUTHENTICATE: 20,
} as const

export type FieldId = (typeof FIELD)[keyof typeof FIELD]

/** Fields as they arrived, in order: three parallel lists. */
export interface Fields {
  readonly names: readonly string[]
  readonly values: readonly string[]
  readonly ids: readonly FieldId[]
}

const idByName = new Map<string, FieldId>()
for (const [constant, id] of Object.entries(FIELD)) {
  if (id === FIELD.OTHER) continue
  const lower = constant.toLowerCase().replaceAll('_', '-')
  idByName.set(lower, id)
  // The spelling that most peers send finds its id without being lower-cased first.
  idByName.set(
    lower.replace(/(^|-)[a-z]/g, (first) => first.toUpperCase()),
    id,
  )
}
const longestName = Math.max(...[...idByName.keys()].map((name) => name.length))

export function fieldId(name: string): FieldId {
  if (name.length > longestName) return FIELD.OTHER
  return idByName.get(name) ?? idByName.get(name.toLowerCase()) ?? FIELD.OTHER
}

const COLON = 0x3a
const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const HTAB = 0x09

/**
 * Parses `text` from `start` to `end`, where `end` stands behind the CRLF of the last field.
 * `text` holds one byte per character (latin-1). Throws HTTP1_FIELD or HTTP1_TOO_MANY_FIELDS.
 */
export function parseFields(text: string, start: number, end: number, maxCount: number): Fields {
  const names: string[] = []
  const values: string[] = []
  const ids: FieldId[] = []
  let at = start
  while (at < end) {
    if (names.length === maxCount) throw new Http1Error('HTTP1_TOO_MANY_FIELDS', `more than ${maxCount}`)
    const nameStart = at
    while ((CHAR[text.charCodeAt(at)]! & TCHAR) !== 0) at++
    if (at === nameStart || at >= end || text.charCodeAt(at) !== COLON) throw new Http1Error('HTTP1_FIELD', 'name')
    const name = text.slice(nameStart, at)
    at++
    while (text.charCodeAt(at) === SP || text.charCodeAt(at) === HTAB) at++
    const valueStart = at
    while ((CHAR[text.charCodeAt(at)]! & VALUE) !== 0) at++
    if (at + 2 > end || text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) {
      throw new Http1Error('HTTP1_FIELD', 'value')
    }
    let valueEnd = at
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--
    names.push(name)
    values.push(text.slice(valueStart, valueEnd))
    ids.push(fieldId(name))
    at += 2
  }
  return { names, values, ids }
}

function isSpace(char: number): boolean {
  return char === SP || char === HTAB
}

/** The members of a comma-separated list in lower case, without empty ones (RFC 9110 5.6.1). */
export function listMembers(value: string): string[] {
  return value
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '')
}

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

/** Fields as they arrived, in order: parallel lists. */
export interface Fields {
  readonly names: readonly string[]
  readonly values: readonly string[]
  readonly ids: readonly FieldId[]
  /**
   * Where the line of a field begins in the text that was parsed, if it stands there as one would write it
   * (`name: value CRLF`); -1 when it has other blanks. What is to be written again can be copied from there.
   */
  readonly lines: readonly number[]
}

/** Fields with the text they were parsed from. */
export interface ParsedFields extends Fields {
  readonly text: string
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
// Fields of nearly every request and answer that pass through: found at once instead of missed twice.
for (const name of [
  'User-Agent',
  'Accept-Language',
  'Accept-Encoding',
  'Referer',
  'Cache-Control',
  'Content-Type',
  'Server',
]) {
  idByName.set(name, FIELD.OTHER)
}

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
 *
 * `known` are fields parsed before, of a head that is likely to have lines in common with this one: such lines are
 * compared instead of read, at a third of the cost. Their names and values are taken over, and with them the text that
 * they are parts of stays in memory.
 */
export function parseFields(text: string, start: number, end: number, maxCount: number, known?: ParsedFields): Fields {
  const names: string[] = []
  const values: string[] = []
  const ids: FieldId[] = []
  const lines: number[] = []
  let at = start
  while (at < end) {
    const i = names.length
    if (i === maxCount) throw new Http1Error('HTTP1_TOO_MANY_FIELDS', `more than ${maxCount}`)
    const nameStart = at
    const knownBytes = known === undefined ? 0 : sameLine(text, at, known, i)
    if (knownBytes > 0 && at + knownBytes <= end) {
      names.push(known!.names[i]!)
      values.push(known!.values[i]!)
      ids.push(known!.ids[i]!)
      lines.push(at)
      at += knownBytes
      continue
    }
    while ((CHAR[text.charCodeAt(at)]! & TCHAR) !== 0) at++
    if (at === nameStart || at >= end || text.charCodeAt(at) !== COLON) throw new Http1Error('HTTP1_FIELD', 'name')
    const name = text.slice(nameStart, at)
    at++
    const colonEnd = at
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
    const isPlain = valueStart === colonEnd + 1 && text.charCodeAt(colonEnd) === SP && valueEnd === at
    lines.push(isPlain ? nameStart : -1)
    at += 2
  }
  return { names, values, ids, lines }
}

/** Bytes of the known line `i`, CRLF included, if it stands at `at`; else 0. Only plain lines are known again. */
function sameLine(text: string, at: number, known: ParsedFields, i: number): number {
  const start = i < known.lines.length ? known.lines[i]! : -1
  if (start === -1) return 0
  const length = known.names[i]!.length + known.values[i]!.length + 4
  return text.slice(at, at + length) === known.text.slice(start, start + length) ? length : 0
}

function isSpace(char: number): boolean {
  return char === SP || char === HTAB
}

/** Members of the lists in all Connection fields, empty ones included; real messages have one or two. */
export const MAX_CONNECTION_OPTIONS = 32

/** What the Connection fields of a message say (RFC 9110 7.6.1). */
export interface ConnectionOptions {
  readonly hasClose: boolean
  readonly hasKeepAlive: boolean
  /** Field names they list, lower case. */
  readonly names: readonly string[]
}

const NO_OPTIONS: ConnectionOptions = { hasClose: false, hasKeepAlive: false, names: [] }

/** Throws HTTP1_FIELD when there are more than {@link MAX_CONNECTION_OPTIONS}: each costs a look at every field. */
export function connectionOptions(fields: Fields): ConnectionOptions {
  let at = fields.ids.indexOf(FIELD.CONNECTION)
  if (at === -1) return NO_OPTIONS
  const options: string[] = []
  for (; at !== -1; at = fields.ids.indexOf(FIELD.CONNECTION, at + 1)) addMembers(fields.values[at]!, options)
  return {
    hasClose: options.includes('close'),
    hasKeepAlive: options.includes('keep-alive'),
    names: options.filter((option) => option !== 'close' && option !== 'keep-alive' && option !== ''),
  }
}

/** The members of a comma-separated list (RFC 9110 5.6.1). */
function addMembers(value: string, members: string[]): void {
  for (let start = 0; start <= value.length; ) {
    if (members.length === MAX_CONNECTION_OPTIONS)
      throw new Http1Error('HTTP1_FIELD', `more than ${MAX_CONNECTION_OPTIONS} connection options`)
    const comma = value.indexOf(',', start)
    const end = comma === -1 ? value.length : comma
    members.push(value.slice(start, end).trim().toLowerCase())
    start = end + 1
  }
}

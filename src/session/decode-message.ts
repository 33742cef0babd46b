/**
 * Bytes as messages; the picture is in `encode-message.ts`. A message is read whole before any of it is believed: what
 * does not fit throws, and nothing of it is applied. Values of objects are copied, since the body is only lent.
 */
import { BytesError, type Cursor } from '../bytes/index.ts'
import { Attribute } from './attribute.ts'
import {
  ATTRIBUTE_REMOVED,
  ATTRIBUTE_VERSION,
  ENTRY,
  ENTRY_FULL,
  ENTRY_OWNER,
  POSITION_ASK,
  POSITION_READY,
  REASON,
} from './encode-message.ts'
import { SessionError } from './errors.ts'
import {
  KIND,
  MAX_EARLY_RANGES,
  MAX_ENTRY_ATTRIBUTES,
  MAX_NEEDED_KEYS,
  MAX_POSITIONS,
  MAX_USER_MESSAGES,
  MESSAGE_VERSION,
  type Message,
  type Offered,
  OUR_VERSIONS,
  type Position,
  type Positions,
  type Range,
} from './message.ts'
import { MAX_NAME_CHARS } from './options.ts'
import { ALL_PARTS, BUCKETS } from './parts.ts'
import type { Entry, SessionEntry } from './replica.ts'
import { MAX_ATTRIBUTE_NAME_CHARS } from './session.ts'
import { isKey, KEY_CHARS } from './session-id.ts'
import { MAX_USER_CHARS } from './user-directory.ts'
import { readValue } from './value-codec.ts'
import { MAX_COUNT, MAX_WIRE_TIME_MS, NO_VERSION, NODE_ID_CHARS, type Version } from './version.ts'

/** A UTF-16 unit takes at most three bytes. */
const MAX_TEXT_BYTES = 3

export type Decoded =
  | Message
  /** Somebody else's message, or that of a manager of another name. */
  | { readonly type: 'foreign' }
  /** Ours, but of a version or kind that we do not know. */
  | { readonly type: 'unknown'; readonly version: number; readonly kind: number }

const FOREIGN: Decoded = { type: 'foreign' }

/** Throws SESSION_MESSAGE. `name`: the manager's. */
export function decodeMessage(cursor: Cursor, name: string): Decoded {
  try {
    if (cursor.remaining < 2) return FOREIGN
    const version = cursor.u8()
    if (version < OUR_VERSIONS.first || version > OUR_VERSIONS.last) return FOREIGN
    const kind = cursor.u8()
    if (version !== MESSAGE_VERSION) return { type: 'unknown', version, kind }
    if (readText(cursor, MAX_NAME_CHARS) !== name) return FOREIGN
    return decodeBody(cursor, kind, readNode(cursor))
  } catch (error) {
    if (!(error instanceof BytesError)) throw error
    throw new SessionError('SESSION_MESSAGE', error.message, { cause: error })
  }
}

function decodeBody(cursor: Cursor, kind: number, node: string): Decoded {
  switch (kind) {
    case KIND.batch: {
      const firstSeq = cursor.i64Number()
      const lastSeq = cursor.i64Number()
      if (firstSeq < 1 || lastSeq < firstSeq) throw refused(`batches ${firstSeq} to ${lastSeq} make no sense`)
      return { type: 'batch', node, firstSeq, lastSeq, entries: readEntries(cursor, node) }
    }
    case KIND.entries:
      return { type: 'entries', node, request: cursor.varint(), entries: readEntries(cursor, node) }
    case KIND.position:
    case KIND.pull:
    case KIND.done:
    case KIND.refused:
    case KIND.need:
    case KIND.offer:
    case KIND.wanted:
    case KIND.fetch:
    case KIND.missing:
    case KIND.whose:
    case KIND.theirs: {
      const message = readPlain(cursor, kind, node)
      if (cursor.remaining > 0) throw refused(`${cursor.remaining} bytes are left behind a ${message.type} message`)
      return message
    }
    default:
      return { type: 'unknown', version: MESSAGE_VERSION, kind }
  }
}

function readPlain(cursor: Cursor, kind: 2 | 3 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13, node: string): Message {
  switch (kind) {
    case KIND.position: {
      const flags = cursor.u8()
      const ready = (flags & POSITION_READY) !== 0
      const ask = (flags & POSITION_ASK) !== 0
      return { type: 'position', node, ready, ask, changes: cursor.varint(), positions: readPositions(cursor) }
    }
    case KIND.pull:
      return {
        type: 'pull',
        node,
        request: cursor.varint(),
        since: cursor.varint(),
        sinceNode: readNode(cursor),
        parts: atMost(cursor.varint(), ALL_PARTS, 'as a set of parts'),
        digests: readDigests(cursor),
      }
    case KIND.done:
      return {
        type: 'done',
        node,
        request: cursor.varint(),
        changes: cursor.varint(),
        positions: readPositions(cursor),
      }
    case KIND.refused:
      return {
        type: 'refused',
        node,
        request: cursor.varint(),
        reason: cursor.u8() === REASON['not-ready'] ? 'not-ready' : 'busy',
        startedAgoMs: cursor.varint(),
      }
    case KIND.need:
      return { type: 'need', node, keys: readKeys(cursor) }
    case KIND.offer: {
      const request = cursor.varint()
      const count = atMost(cursor.varint(), MAX_NEEDED_KEYS, 'offers')
      const items: Offered[] = []
      for (let i = 0; i < count; i++) items.push({ key: readKey(cursor), digest: cursor.i64Number() })
      return { type: 'offer', node, request, items }
    }
    case KIND.wanted:
      return { type: 'wanted', node, request: cursor.varint(), keys: readKeys(cursor) }
    case KIND.fetch:
      return { type: 'fetch', node, request: cursor.varint(), key: readKey(cursor) }
    case KIND.missing:
      return { type: 'missing', node, request: cursor.varint() }
    case KIND.whose:
      return {
        type: 'whose',
        node,
        request: cursor.varint(),
        attribute: readText(cursor, MAX_ATTRIBUTE_NAME_CHARS),
        user: readText(cursor, MAX_USER_CHARS),
      }
    case KIND.theirs: {
      const request = cursor.varint()
      const of = atMost(cursor.varint(), MAX_USER_MESSAGES, 'messages about one user')
      return { type: 'theirs', node, request, of, keys: readKeys(cursor) }
    }
  }
}

function readEntries(cursor: Cursor, sender: string): Entry[] {
  const entries: Entry[] = []
  while (cursor.remaining > 0) entries.push(readEntry(cursor, sender))
  return entries
}

function readEntry(cursor: Cursor, sender: string): Entry {
  const type = cursor.u8()
  switch (type) {
    case ENTRY.session:
      return readSession(cursor, sender)
    case ENTRY.destroyed:
      return { type: 'ending', fate: 'destroyed', key: readKey(cursor), accessedMs: 0, to: '' }
    case ENTRY.moved:
      return { type: 'ending', fate: 'moved', key: readKey(cursor), accessedMs: readTime(cursor), to: readKey(cursor) }
    case ENTRY.expired:
      return { type: 'ending', fate: 'expired', key: readKey(cursor), accessedMs: readTime(cursor), to: '' }
    default:
      throw refused(`an entry has the unknown type ${type}`)
  }
}

function readSession(cursor: Cursor, sender: string): SessionEntry {
  const flags = cursor.u8()
  const key = readKey(cursor)
  const createdMs = readTime(cursor)
  const accessedMs = readTime(cursor)
  const idleMs = cursor.varint()
  const owner = flags & ENTRY_OWNER ? readNode(cursor) : sender
  const version = readVersion(cursor, sender)
  const count = atMost(cursor.varint(), MAX_ENTRY_ATTRIBUTES, 'attributes')
  const attributes: Attribute[] = []
  for (let i = 0; i < count; i++) attributes.push(readAttribute(cursor, version))
  return { type: 'session', key, full: (flags & ENTRY_FULL) !== 0, createdMs, accessedMs, owner, idleMs, attributes }
}

function readAttribute(cursor: Cursor, shared: Version): Attribute {
  const flags = cursor.u8()
  const name = onlyOne(readText(cursor, MAX_ATTRIBUTE_NAME_CHARS))
  if (name === '') throw refused('an attribute has no name')
  const version = flags & ATTRIBUTE_VERSION ? readOwnVersion(cursor) : shared
  if (version.timeMs === 0) throw refused(`attribute "${name}" has no version`)
  if (flags & ATTRIBUTE_REMOVED) return Attribute.ofRemoval(name, version)
  const value = readValue(cursor, cursor.i32())
  return value instanceof Uint8Array
    ? Attribute.ofBytes(name, value, version)
    : Attribute.ofScalar(name, value, version)
}

/** Names of attributes and nodes that were read before: there are few, and each session would keep its own copy of each. */
const knownNames = new Map<string, string>()
const MAX_KNOWN_NAMES = 1024

function readNode(cursor: Cursor): string {
  return onlyOne(cursor.latin1(NODE_ID_CHARS))
}

function onlyOne(name: string): string {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  if (knownNames.size >= MAX_KNOWN_NAMES) knownNames.clear()
  knownNames.set(name, name)
  return name
}

function readVersion(cursor: Cursor, node: string): Version {
  const timeMs = readTime(cursor)
  const count = atMost(cursor.varint(), MAX_COUNT, 'as the count of a version')
  return timeMs === 0 ? NO_VERSION : { timeMs, count, node }
}

function readOwnVersion(cursor: Cursor): Version {
  const timeMs = readTime(cursor)
  const count = atMost(cursor.varint(), MAX_COUNT, 'as the count of a version')
  return { timeMs, count, node: readNode(cursor) }
}

function readPositions(cursor: Cursor): Positions {
  const count = atMost(cursor.varint(), MAX_POSITIONS, 'positions')
  const positions: Position[] = []
  for (let i = 0; i < count; i++) {
    positions.push({ node: readNode(cursor), upTo: cursor.varint(), early: readRanges(cursor) })
  }
  return positions
}

function readRanges(cursor: Cursor): Range[] {
  const count = atMost(cursor.varint(), MAX_EARLY_RANGES, 'ranges')
  const ranges: Range[] = []
  for (let i = 0; i < count; i++) {
    const range: Range = [cursor.varint(), cursor.varint()]
    if (range[0] < 1 || range[1] < range[0]) throw refused(`batches ${range[0]} to ${range[1]} make no sense`)
    ranges.push(range)
  }
  return ranges
}

function readDigests(cursor: Cursor): number[] {
  const count = cursor.varint()
  if (count !== 0 && count !== BUCKETS) throw refused(`${count} digests, there are ${BUCKETS} buckets`)
  const digests: number[] = []
  for (let i = 0; i < count; i++) digests.push(cursor.i64Number())
  return digests
}

function readTime(cursor: Cursor): number {
  return atMost(cursor.varint(), MAX_WIRE_TIME_MS, 'as a time')
}

function readKeys(cursor: Cursor): string[] {
  const count = atMost(cursor.varint(), MAX_NEEDED_KEYS, 'keys')
  const keys: string[] = []
  for (let i = 0; i < count; i++) keys.push(readKey(cursor))
  return keys
}

function readKey(cursor: Cursor): string {
  const key = cursor.latin1(KEY_CHARS)
  if (!isKey(key)) throw refused(`${JSON.stringify(key)} is no session key`)
  return key
}

function readText(cursor: Cursor, maxChars: number): string {
  return cursor.utf8(atMost(cursor.varint(), maxChars * MAX_TEXT_BYTES, 'bytes of a name'))
}

function atMost(value: number, limit: number, what: string): number {
  if (value <= limit) return value
  throw refused(`${value} ${what}, allowed are ${limit}`)
}

function refused(fact: string): SessionError {
  return new SessionError('SESSION_MESSAGE', fact)
}

/**
 * Messages as bytes. Entries are written straight from the sessions, since that is what happens once per request; the
 * rest from message values.
 *
 *   message:   version: u8 (0xC1) | kind: u8 | manager name: text | node: 8 bytes | body by kind
 *   batch:     first seq: i64 | last seq: i64 | entries to the end
 *   position:  flags: u8 (1 ready, 2 ask) | changes: varint | positions
 *   pull:      request: varint | since: varint | node: 8 bytes | parts: varint | count: varint | count × digest: i64
 *   entries:   request: varint | entries to the end
 *   done:      request: varint | changes: varint | positions
 *   refused:   request: varint | reason: u8 (1 not ready, 2 busy) | started ago ms: varint
 *   need:      count: varint | count × key
 *   offer:     request: varint | count: varint | count × (key | digest: i64)
 *   wanted:    request: varint | count: varint | count × key
 *   fetch:     request: varint | key
 *   missing:   request: varint
 *   whose:     request: varint | attribute: text | user: text
 *   theirs:    request: varint | of how many messages: varint, 0 = cannot say | count: varint | count × key
 *
 *   entry:     1 | flags: u8 (1 full, 2 owner follows) | key: 32 characters | created ms, accessed ms, idle ms: varint
 *                [owner: 8 bytes] | version | attribute count: varint | attributes
 *            | 2 destroyed | key
 *            | 3 moved | key | accessed ms: varint | new key
 *            | 4 expired | key | accessed ms: varint
 *   attribute: flags: u8 (1 removed, 2 own version) | name: text | [version | node: 8 bytes] | [length: i32 | value]
 *   version:   time ms: varint | count: varint; the node is the sender unless it follows
 *   positions: count: varint | count × (node: 8 bytes | up to: varint | ranges: varint | ranges × (first, last: varint))
 *   text:      length: varint | UTF-8
 *
 * Varints are LEB128, integers big-endian. A value is the tagged form of `value-codec.ts`.
 */
import type { Writer } from '../bytes/index.ts'
import type { Attribute } from './attribute.ts'
import type { Ending, Fate } from './graves.ts'
import { KIND, MESSAGE_VERSION, type Message, type Positions } from './message.ts'
import type { Session } from './session.ts'
import { writeKey } from './session-id.ts'
import { writeScalar } from './value-codec.ts'
import { NO_VERSION, type Version } from './version.ts'

export const ENTRY = { session: 1, destroyed: 2, moved: 3, expired: 4 } as const
export const ENTRY_FULL = 1
export const ENTRY_OWNER = 2
export const ATTRIBUTE_REMOVED = 1
export const ATTRIBUTE_VERSION = 2
export const POSITION_READY = 1
export const POSITION_ASK = 2
export const REASON = { 'not-ready': 1, busy: 2 } as const

/** Messages that are not made of entries. */
export type PlainMessage = Exclude<Message, { entries: unknown }>

/** Everything before the entries. Its length depends on the names only. */
export function writeBatchHead(writer: Writer, name: string, node: string, firstSeq: number, lastSeq: number): void {
  writeHead(writer, KIND.batch, name, node)
  writer.i64Number(firstSeq)
  writer.i64Number(lastSeq)
}

/** Everything before the entries. */
export function writeEntriesHead(writer: Writer, name: string, node: string, request: number): void {
  writeHead(writer, KIND.entries, name, node)
  writer.varint(request)
}

/** `name`: the manager's. */
export function writeMessage(writer: Writer, name: string, message: PlainMessage): void {
  writeHead(writer, KIND[message.type], name, message.node)
  writeBody(writer, message)
}

function writeHead(writer: Writer, kind: number, name: string, node: string): void {
  writer.u8(MESSAGE_VERSION)
  writer.u8(kind)
  writeText(writer, name)
  writer.latin1(node)
}

function writeBody(writer: Writer, message: PlainMessage): void {
  switch (message.type) {
    case 'position':
      writer.u8((message.ready ? POSITION_READY : 0) | (message.ask ? POSITION_ASK : 0))
      writer.varint(message.changes)
      writePositions(writer, message.positions)
      break
    case 'pull':
      writer.varint(message.request)
      writer.varint(message.since)
      writer.latin1(message.sinceNode)
      writer.varint(message.parts)
      writer.varint(message.digests.length)
      for (const one of message.digests) writer.i64Number(one)
      break
    case 'done':
      writer.varint(message.request)
      writer.varint(message.changes)
      writePositions(writer, message.positions)
      break
    case 'refused':
      writer.varint(message.request)
      writer.u8(REASON[message.reason])
      writer.varint(message.startedAgoMs)
      break
    case 'need':
      writeKeys(writer, message.keys)
      break
    case 'offer':
      writer.varint(message.request)
      writer.varint(message.items.length)
      for (const { key, digest } of message.items) {
        writeKey(writer, key)
        writer.i64Number(digest)
      }
      break
    case 'wanted':
      writer.varint(message.request)
      writeKeys(writer, message.keys)
      break
    case 'fetch':
      writer.varint(message.request)
      writeKey(writer, message.key)
      break
    case 'missing':
      writer.varint(message.request)
      break
    case 'whose':
      writer.varint(message.request)
      writeText(writer, message.attribute)
      writeText(writer, message.user)
      break
    case 'theirs':
      writer.varint(message.request)
      writer.varint(message.of)
      writeKeys(writer, message.keys)
  }
}

/**
 * What changed in a session: the attributes `names`, which were all committed with `version`. `node` is the sender: it need
 * not be the one that serves the session, where another has begun to while a request was under way.
 */
export function writeDelta(
  writer: Writer,
  session: Session,
  names: readonly string[],
  version: Version,
  node: string,
): void {
  writeSessionHead(writer, session, 0, 0, session.owner === node ? '' : session.owner)
  writeVersion(writer, version)
  writer.varint(names.length)
  for (const name of names) writeAttribute(writer, session.stored(name)!, version)
}

/** That a session is in use; nothing else is new. `node`: the sender. */
export function writeTouch(writer: Writer, session: Session, node: string): void {
  writeSessionHead(writer, session, 0, 0, session.owner === node ? '' : session.owner)
  writeVersion(writer, NO_VERSION)
  writer.varint(0)
}

/** Who serves a session, and how long ago that was: as {@link writeTouch}, but not because a request uses it now. */
export function writeService(writer: Writer, session: Session, idleMs: number): void {
  writeSessionHead(writer, session, 0, idleMs, session.owner)
  writeVersion(writer, NO_VERSION)
  writer.varint(0)
}

/**
 * All that we know of a session. What is pending has no version yet; in its place goes what it is going to replace, since
 * nobody else may be left who has that. `version`: those attributes that carry it need not repeat it.
 */
export function writeWhole(writer: Writer, session: Session, idleMs: number, version: Version = NO_VERSION): void {
  writeSessionHead(writer, session, session.complete ? ENTRY_FULL : 0, idleMs, session.owner)
  writeVersion(writer, version)
  let count = 0
  for (const attribute of session.attributes()) if (committed(attribute) !== undefined) count++
  writer.varint(count)
  for (const attribute of session.attributes()) {
    const known = committed(attribute)
    if (known !== undefined) writeAttribute(writer, known, version)
  }
}

/** What others may know of an attribute. */
export function committed(attribute: Attribute): Attribute | undefined {
  return attribute.pending ? attribute.known : attribute
}

export function writeEnding(writer: Writer, ending: Ending): void {
  writer.u8(ENTRY[ending.fate satisfies Fate])
  writeKey(writer, ending.key)
  if (ending.fate === 'destroyed') return
  writer.varint(ending.accessedMs)
  if (ending.fate === 'moved') writeKey(writer, ending.to)
}

/** `owner` empty: the sender. */
function writeSessionHead(writer: Writer, session: Session, flags: number, idleMs: number, owner: string): void {
  writer.u8(ENTRY.session)
  writer.u8(owner === '' ? flags : flags | ENTRY_OWNER)
  writeKey(writer, session.key)
  writer.varint(session.createdMs)
  writer.varint(session.accessedMs)
  writer.varint(idleMs)
  if (owner !== '') writer.latin1(owner)
}

function writeAttribute(writer: Writer, attribute: Attribute, version: Version): void {
  const ownVersion = attribute.version !== version
  writer.u8((attribute.removed ? ATTRIBUTE_REMOVED : 0) | (ownVersion ? ATTRIBUTE_VERSION : 0))
  writeText(writer, attribute.name)
  if (ownVersion) {
    writeVersion(writer, attribute.version)
    writer.latin1(attribute.version.node)
  }
  if (attribute.removed) return
  const opened = writer.openI32()
  if (attribute.bytes === undefined) writeScalar(writer, attribute.scalar)
  else writer.bytes(attribute.bytes)
  writer.closeI32(opened)
}

function writeVersion(writer: Writer, version: Version): void {
  writer.varint(version.timeMs)
  writer.varint(version.count)
}

function writePositions(writer: Writer, positions: Positions): void {
  writer.varint(positions.length)
  for (const { node, upTo, early } of positions) {
    writer.latin1(node)
    writer.varint(upTo)
    writer.varint(early.length)
    for (const [first, last] of early) {
      writer.varint(first)
      writer.varint(last)
    }
  }
}

function writeKeys(writer: Writer, keys: readonly string[]): void {
  writer.varint(keys.length)
  for (const key of keys) writeKey(writer, key)
}

/** Names are short: their length in bytes is below 128 nearly always, so measuring costs less than moving. */
function writeText(writer: Writer, text: string): void {
  writer.varint(Buffer.byteLength(text))
  writer.utf8(text)
}

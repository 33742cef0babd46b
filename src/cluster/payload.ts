/**
 * What a clowder member says of itself in its member packet: a version and a list of entries. Tomcat leaves the field
 * empty and ignores ours, so a payload that does not begin with our word means "speaks Tomcat's own messages".
 *
 *   "clowder/" version digits [ 00 ( type: varint | length: varint | value )* ]
 *
 * A reader keeps entries it does not know and skips what a later version adds.
 */
import { BytesError, Cursor, Writer } from '../bytes/index.ts'

/** Every heartbeat and every message carries the payload, so it stays small. */
export const MAX_PAYLOAD_BYTES = 1024

/** Types of entries. They travel on the wire: only append. */
export const PAYLOAD_ENTRY = {
  /** UTF-8: the route that session ids of this member end in. */
  ROUTE: 1,
  /** One byte per payload format of the sessions that the member understands. */
  SESSION_FORMATS: 2,
  /** UTF-8: the version of clowder that runs, for people. */
  SOFTWARE: 3,
  /** UTF-8: the cluster the member belongs to, where its configuration names it. */
  CLUSTER: 4,
} as const

export interface PayloadEntry {
  readonly type: number
  readonly value: Uint8Array
}

export interface MemberPayload {
  /** From 1. A member of a higher version still understands this one. */
  readonly version: number
  readonly entries: readonly PayloadEntry[]
}

const WORD = 'clowder/'
const SEPARATOR = 0
const MAX_VERSION_DIGITS = 4
const ZERO = 0x30
const NINE = 0x39

/** @throws BytesError BYTES_OVER_LIMIT when it is longer than {@link MAX_PAYLOAD_BYTES} */
export function encodePayload(payload: MemberPayload): Buffer {
  const writer = new Writer({ initialBytes: 64, maxBytes: MAX_PAYLOAD_BYTES })
  writer.latin1(`${WORD}${payload.version}`)
  if (payload.entries.length > 0) writer.u8(SEPARATOR)
  for (const { type, value } of payload.entries) {
    writer.varint(type)
    writer.varint(value.length)
    writer.bytes(value)
  }
  return writer.take()
}

/** Undefined when the bytes are not clowder's or not well-formed; both mean that nothing is known about the member. */
export function decodePayload(bytes: Uint8Array): MemberPayload | undefined {
  if (bytes.length > MAX_PAYLOAD_BYTES) return undefined
  const cursor = new Cursor(bytes)
  try {
    if (cursor.latin1(WORD.length) !== WORD) return undefined
    const version = readVersion(cursor)
    if (version === undefined) return undefined
    const entries: PayloadEntry[] = []
    while (cursor.remaining > 0) {
      const type = cursor.varint()
      entries.push({ type, value: new Uint8Array(cursor.bytes(cursor.varint())) })
    }
    return { version, entries }
  } catch (error) {
    if (error instanceof BytesError) return undefined
    throw error
  }
}

/** The value of the first entry of a type. */
export function payloadValue(payload: MemberPayload, type: number): Uint8Array | undefined {
  return payload.entries.find((entry) => entry.type === type)?.value
}

/** Whether two members, by their payloads, may belong together: they must not name different clusters. */
export function inOneCluster(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  const [one, other] = [clusterOf(a), clusterOf(b)]
  return one === undefined || other === undefined || Buffer.compare(one, other) === 0
}

function clusterOf(bytes: Uint8Array): Uint8Array | undefined {
  const payload = decodePayload(bytes)
  return payload && payloadValue(payload, PAYLOAD_ENTRY.CLUSTER)
}

/** Digits up to the separator or the end. */
function readVersion(cursor: Cursor): number | undefined {
  let version = 0
  for (let digits = 0; cursor.remaining > 0; digits++) {
    const byte = cursor.u8()
    if (byte === SEPARATOR) break
    if (byte < ZERO || byte > NINE || digits === MAX_VERSION_DIGITS) return undefined
    version = version * 10 + byte - ZERO
  }
  return version > 0 ? version : undefined
}

/**
 * One attribute as a store keeps it. The version stands in front so that a store can compare two of them byte by byte,
 * without knowing what they are:
 *
 *   time ms: u48 | count: u16 | node: 8 bytes | flags: u8 (1 removed) | value, in the tagged form of `value-codec.ts`
 */
import { Cursor, Writer } from '../../bytes/index.ts'
import { Attribute } from '../attribute.ts'
import { SessionError } from '../errors.ts'
import { readValue, writeScalar } from '../value-codec.ts'
import { MAX_WIRE_TIME_MS, NODE_ID_CHARS, type Version } from '../version.ts'

const VERSION_BYTES = 8 + NODE_ID_CHARS
/** Where the flags stand. */
export const FLAGS_AT = VERSION_BYTES
export const REMOVED = 1
const TWO_POW_32 = 2 ** 32

/** An attribute whose version is final. */
export function encodeField(attribute: Attribute): Uint8Array {
  const { version, removed, bytes } = attribute
  const writer = new Writer({ initialBytes: VERSION_BYTES + 1 + (bytes?.length ?? 64) })
  writer.u16(Math.floor(version.timeMs / TWO_POW_32))
  writer.u32(version.timeMs % TWO_POW_32)
  writer.u16(version.count)
  writer.latin1(version.node)
  writer.u8(removed ? REMOVED : 0)
  if (bytes !== undefined) writer.bytes(bytes)
  else if (!removed) writeScalar(writer, attribute.scalar)
  // Not `take`, which would make a buffer for a next time.
  return writer.view()
}

/** Throws SESSION_MESSAGE for what no clowder has written. */
export function decodeField(name: string, field: Uint8Array): Attribute {
  try {
    const cursor = new Cursor(field)
    const timeMs = cursor.u16() * TWO_POW_32 + cursor.u32()
    if (timeMs > MAX_WIRE_TIME_MS) throw new RangeError(`time ${timeMs}`)
    const version: Version = { timeMs, count: cursor.u16(), node: cursor.latin1(NODE_ID_CHARS) }
    if (cursor.u8() & REMOVED) return Attribute.ofRemoval(name, version)
    const value = readValue(cursor, cursor.remaining)
    return value instanceof Uint8Array
      ? Attribute.ofBytes(name, value, version)
      : Attribute.ofScalar(name, value, version)
  } catch (cause) {
    throw new SessionError('SESSION_MESSAGE', `attribute "${name}" of the store has ${field.length} unreadable bytes`, {
      attribute: name,
      cause,
    })
  }
}

/** Whether `a` is the later write. */
export function isLater(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a.subarray(0, VERSION_BYTES), b.subarray(0, VERSION_BYTES)) > 0
}

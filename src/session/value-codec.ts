/**
 * One attribute value as bytes. Texts, numbers and the like have short forms of their own; everything else takes the
 * structured clone format of V8, which knows Date, Map, Set, RegExp, BigInt, Buffer, typed arrays and cycles.
 * What it would change on the way, such as class instances, is refused (`value-check.ts`).
 *
 *   tag: u8 | payload: the rest of the bytes
 */
import { deserialize, serialize } from 'node:v8'
import type { Cursor, Writer } from '../bytes/index.ts'
import { SessionError } from './errors.ts'
import { findMisfit } from './value-check.ts'

/** They travel: only append. */
const TAG = {
  undefined: 0x00,
  null: 0x01,
  true: 0x02,
  false: 0x03,
  /** varint */
  integer: 0x04,
  /** varint of -1 - value */
  negativeInteger: 0x05,
  float: 0x06,
  utf8: 0x07,
  /** UTF-16, little-endian: for texts with lone surrogates, which UTF-8 cannot carry. */
  utf16: 0x08,
  /** V8's own first byte, so that its output is our form as it stands. Its second byte is the format version. */
  v8: 0xff,
} as const

/** V8's tag of a value that Node writes itself: a Buffer or a typed array. May be any other byte, too. */
const HOST_OBJECT = 0x5c

/** Bytes of tag and payload of a value in its short form, at most (a varint of 2^53 takes 8). */
const SCALAR_BYTES = 9

export type Scalar = undefined | null | boolean | number | string

/** Values that cannot change behind our back: they need no bytes kept beside them and no comparison afterwards. */
export function isScalar(value: unknown): value is Scalar {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return true
    default:
      return value === null
  }
}

/** How many bytes {@link writeScalar} takes; a little more for numbers. */
export function scalarBytes(value: Scalar): number {
  if (typeof value !== 'string') return SCALAR_BYTES
  return 1 + (isWellFormed(value) ? Buffer.byteLength(value) : value.length * 2)
}

export function writeScalar(writer: Writer, value: Scalar): void {
  if (typeof value === 'string') writeText(writer, value)
  else if (typeof value === 'number') writeNumber(writer, value)
  else if (typeof value === 'boolean') writer.u8(value ? TAG.true : TAG.false)
  else writer.u8(value === null ? TAG.null : TAG.undefined)
}

function writeText(writer: Writer, value: string): void {
  if (isWellFormed(value)) {
    writer.u8(TAG.utf8)
    writer.utf8(value)
  } else {
    writer.u8(TAG.utf16)
    writer.bytes(Buffer.from(value, 'utf16le'))
  }
}

function writeNumber(writer: Writer, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.u8(value < 0 ? TAG.negativeInteger : TAG.integer)
    writer.varint(value < 0 ? -1 - value : value)
  } else {
    writer.u8(TAG.float)
    writer.f64(value)
  }
}

/** The bytes of a value that is no scalar, tag included. Throws SESSION_VALUE with the attribute's name. */
export function encodeObject(attribute: string, value: unknown): Buffer {
  try {
    const misfit = findMisfit(attribute, value)
    if (misfit === undefined) return serialize(value)
    const { path, what } = misfit
    const where = path === attribute ? '' : `: ${path}`
    throw new SessionError('SESSION_VALUE', `session attribute "${attribute}"${where} is ${what}`, { attribute, path })
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    // "x => x could not be cloned." and the like: V8 names the culprit.
    const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
    throw new SessionError('SESSION_VALUE', `session attribute "${attribute}": ${why}`, { attribute, cause })
  }
}

export function decodeObject(attribute: string, bytes: Uint8Array): unknown {
  try {
    // Buffers and typed arrays would share their memory with our bytes, and a change in them would change both.
    return deserialize(bytes.includes(HOST_OBJECT) ? Uint8Array.from(bytes) : bytes)
  } catch (cause) {
    const fact = `session attribute "${attribute}" holds ${bytes.length} bytes in a form this Node.js (V8 format ${bytes[1]}) cannot read`
    throw new SessionError('SESSION_VALUE_UNREADABLE', fact, { attribute, cause })
  }
}

/**
 * Reads `count` bytes: a scalar at once, since it is smaller as a value than as bytes; an object as a copy of its bytes,
 * for {@link decodeObject} when somebody asks. Most replicas never read what they keep.
 */
export function readValue(cursor: Cursor, count: number): Scalar | Uint8Array {
  const end = cursor.position + count
  const value = readTagged(cursor, count)
  if (cursor.position !== end) throw new SessionError('SESSION_MESSAGE', `a value of ${count} bytes has another length`)
  return value
}

function readTagged(cursor: Cursor, count: number): Scalar | Uint8Array {
  const tag = cursor.u8()
  switch (tag) {
    case TAG.undefined:
      return undefined
    case TAG.null:
      return null
    case TAG.true:
      return true
    case TAG.false:
      return false
    case TAG.integer:
      return cursor.varint()
    case TAG.negativeInteger:
      return -1 - cursor.varint()
    case TAG.float:
      return cursor.f64()
    case TAG.utf8:
      return cursor.utf8(count - 1)
    case TAG.utf16:
      return cursor.bytes(count - 1).toString('utf16le')
    case TAG.v8:
      return copyObject(cursor.bytes(count - 1))
    default:
      throw new SessionError('SESSION_MESSAGE', `a value has the unknown tag ${tag}`)
  }
}

/** Not Buffer.from: a slice of its shared pool would keep 8 KiB alive for as long as the session lives. */
function copyObject(behindTag: Uint8Array): Uint8Array {
  const copy = new Uint8Array(behindTag.length + 1)
  copy[0] = TAG.v8
  copy.set(behindTag, 1)
  return copy
}

/** ES2024 has it, Node 20 has it, the compiler's ES2023 library does not know it yet. */
const isWellFormedNative = (String.prototype as unknown as { isWellFormed(this: string): boolean }).isWellFormed

/** No lone surrogates: UTF-8 can carry it. */
export function isWellFormed(text: string): boolean {
  return isWellFormedNative.call(text)
}

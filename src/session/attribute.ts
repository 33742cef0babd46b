/**
 * One attribute of a session as this node holds it: a value, its version, and for objects the bytes that the other nodes
 * have. An object that was handed to the application may change at any time; comparing its encoding with those bytes is
 * how that is noticed.
 */
import { decodeObject, encodeObject, type Scalar, scalarBytes } from './value-codec.ts'
import { NO_VERSION, type Version } from './version.ts'

/** Stands for the value of an object that nobody has asked for yet. */
const STILL_ENCODED = Symbol('still encoded')
/** Stands where there is no value any more. */
const REMOVED = Symbol('removed')

/**
 * Known bytes to what the value that was read from them is encoded as, where that differs: V8 writes an array that was
 * made here without holes in another form than one that it has read, so `[1]` from another node would look changed as
 * soon as somebody reads it, and the read would be sent as a write. Only of values that were looked at since.
 */
const formsOnceRead = new WeakMap<Uint8Array, Uint8Array>()

export class Attribute {
  readonly name: string
  /** Of the last committed write; of the write to beat while `pending`. */
  version: Version
  /** Written here and not yet committed: it will get a version above all that we have seen. */
  pending = false
  /** What the other nodes have while this is `pending`; undefined if they have nothing. */
  known: Attribute | undefined
  /** Replaced by another node's write while the application may still hold the value. */
  overtaken = false
  /** The encoded value as the other nodes know it; objects only. */
  bytes: Uint8Array | undefined
  #value: unknown

  private constructor(name: string, version: Version, value: unknown, bytes: Uint8Array | undefined) {
    this.name = name
    this.version = version
    this.#value = value
    this.bytes = bytes
  }

  static ofScalar(name: string, value: Scalar, version = NO_VERSION): Attribute {
    return new Attribute(name, version, value, undefined)
  }

  static ofObject(name: string, value: unknown, bytes: Uint8Array): Attribute {
    return new Attribute(name, NO_VERSION, value, bytes)
  }

  /** As it came from another node. The bytes must be ours to keep. */
  static ofBytes(name: string, bytes: Uint8Array, version: Version): Attribute {
    return new Attribute(name, version, STILL_ENCODED, bytes)
  }

  static ofRemoval(name: string, version = NO_VERSION): Attribute {
    return new Attribute(name, version, REMOVED, undefined)
  }

  /** A removed attribute stays for a while, so that an older write that arrives late does not bring it back. */
  get removed(): boolean {
    return this.#value === REMOVED
  }

  /** Decodes on first use; throws SESSION_VALUE_UNREADABLE. Undefined where it is removed. */
  read(): unknown {
    if (this.#value === REMOVED) return undefined
    if (this.#value === STILL_ENCODED) this.#value = decodeObject(this.name, this.bytes!)
    return this.#value
  }

  /** True for `value` itself, not for an equal one. */
  holds(value: unknown): boolean {
    return Object.is(this.#value, value)
  }

  get isScalar(): boolean {
    return this.bytes === undefined
  }

  /** The value of an attribute that {@link isScalar}. */
  get scalar(): Scalar {
    return this.#value as Scalar
  }

  /** The bytes of what the object has become, or undefined if it still is what the others know. */
  changedBytes(): Uint8Array | undefined {
    const before = this.bytes
    if (before === undefined || this.#value === STILL_ENCODED) return undefined
    const now = encodeObject(this.name, this.#value)
    return now.equals(before) || now.equals(formOnceRead(this.name, before)) ? undefined : now
  }

  /** Bytes it counts for in the size of its session. */
  get size(): number {
    return this.name.length + (this.bytes === undefined ? scalarBytes(this.scalar) : this.bytes.length)
  }
}

function formOnceRead(name: string, bytes: Uint8Array): Uint8Array {
  let form = formsOnceRead.get(bytes)
  if (form === undefined) {
    form = encodeObject(name, decodeObject(name, bytes))
    formsOnceRead.set(bytes, form)
  }
  return form
}

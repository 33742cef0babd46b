/**
 * What somebody took of a session to work on alone, as express-session does: a copy when the request begins, and the whole
 * of it back at the end. Here only what is different by then counts as written, so two requests that work on copies of
 * one session do not undo each other's changes.
 */
import type { Session } from './session.ts'
import { decodeObject, encodeObject, isScalar, type Scalar } from './value-codec.ts'
import type { Visit } from './visit.ts'

export type Values = Record<string, unknown>

type Encoded = Scalar | Uint8Array

export class SessionCopy {
  readonly values: Values
  /** What the session had when it was taken, or when the copy was last written. */
  #base: Map<string, Encoded>

  private constructor(values: Values, base: Map<string, Encoded>) {
    this.values = values
    this.#base = base
  }

  /** Values of its own: nobody sees what is changed in them. */
  static of(session: Session): SessionCopy {
    const values: Values = {}
    const base = new Map<string, Encoded>()
    for (const name of session.names()) {
      const attribute = session.attribute(name)!
      const value = attribute.isScalar ? attribute.scalar : decodeObject(name, attribute.bytes!)
      base.set(name, attribute.isScalar ? attribute.scalar : attribute.bytes!)
      // Not an assignment: a name may be `__proto__`.
      Object.defineProperty(values, name, { value, writable: true, enumerable: true, configurable: true })
    }
    return new SessionCopy(values, base)
  }

  /** For values that come from nowhere: written over a session they replace all that it has. */
  static replacing(session: Session | undefined): SessionCopy {
    return new SessionCopy({}, new Map(session?.names().map((name) => [name, NEVER])))
  }

  /**
   * Writes what `values` has otherwise than the base, and removes what it lacks; then `values` is the base. Throws
   * SESSION_VALUE before anything is written; nothing is committed.
   */
  write(visit: Visit, values: Values): void {
    const next = new Map<string, Encoded>()
    const changed: string[] = []
    for (const name of Object.keys(values)) {
      const value = values[name]
      const encoded = isScalar(value) ? value : encodeObject(name, value)
      if (!this.#base.has(name) || !equal(this.#base.get(name), encoded)) changed.push(name)
      next.set(name, encoded)
    }
    for (const name of changed) visit.set(name, own(name, next.get(name)))
    for (const name of this.#base.keys()) if (!next.has(name)) visit.delete(name)
    this.#base = next
  }
}

/** A base that no value equals. */
const NEVER = new Uint8Array(0)

function equal(a: Encoded, b: Encoded): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  return Object.is(a, b)
}

/** The session keeps a value that the writer cannot change any more. */
function own(name: string, encoded: Encoded): unknown {
  return encoded instanceof Uint8Array ? decodeObject(name, encoded) : encoded
}

/**
 * Session ids as Tomcat makes them (StandardSessionIdGenerator; tomcat-cluster.md 6.10): 16 random bytes as 32 upper-case
 * hexadecimal digits, then a dot and the route of the node. Only the part before the first dot names the session, its
 * *key*: the route says where it was served last and changes when another node takes over.
 */
import type { Writer } from '../bytes/index.ts'

export const KEY_BYTES = 16
/** 32 digits. */
export const KEY_CHARS = KEY_BYTES * 2
/** Longest route that is believed or accepted as an option. */
export const MAX_ROUTE_CHARS = 64

/** Random bytes are drawn for this many ids at once: one call into the system costs more than the rest together. */
const IDS_PER_DRAW = 64

export interface PresentedId {
  readonly key: string
  /** What stands after the first dot; empty when there is no dot. */
  readonly route: string
}

export class SessionKeys {
  readonly #randomBytes: (size: number) => Uint8Array
  #pool: Buffer = Buffer.alloc(0)
  #used = 0

  constructor(randomBytes: (size: number) => Uint8Array) {
    this.#randomBytes = randomBytes
  }

  next(): string {
    if (this.#used === this.#pool.length) {
      this.#pool = Buffer.from(this.#randomBytes(KEY_BYTES * IDS_PER_DRAW))
      this.#used = 0
    }
    const start = this.#used
    this.#used += KEY_BYTES
    const key = this.#pool.toString('hex', start, this.#used).toUpperCase()
    // What was handed out is not left lying in memory.
    this.#pool.fill(0, start, this.#used)
    return key
  }
}

export function formatSessionId(key: string, route: string): string {
  return route === '' ? key : `${key}.${route}`
}

/** Undefined for everything that we would never have sent: such an id is not looked up, logged or echoed. */
export function parseSessionId(text: string): PresentedId | undefined {
  if (text.length < KEY_CHARS || text.length > KEY_CHARS + 1 + MAX_ROUTE_CHARS) return undefined
  const key = text.length === KEY_CHARS ? text : text.slice(0, KEY_CHARS)
  if (!isKey(key)) return undefined
  if (text.length === KEY_CHARS) return { key, route: '' }
  if (text.charCodeAt(KEY_CHARS) !== DOT) return undefined
  const route = text.slice(KEY_CHARS + 1)
  return isRoute(route) ? { key, route } : undefined
}

export function isKey(text: string): boolean {
  if (text.length !== KEY_CHARS) return false
  for (let i = 0; i < KEY_CHARS; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x30 || code > 0x39) && (code < 0x41 || code > 0x46)) return false
  }
  return true
}

/** Letters, digits, `.`, `_` and `-`: what survives a cookie, a path parameter and mod_jk (mod_jk.md 3.5) unquoted. */
export function isRoute(text: string): boolean {
  if (text.length === 0 || text.length > MAX_ROUTE_CHARS) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const fine =
      (code >= 0x61 && code <= 0x7a) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x30 && code <= 0x39) ||
      code === DOT ||
      code === 0x5f ||
      code === 0x2d
    if (!fine) return false
  }
  return true
}

/** On the wire a key is its 32 characters: 16 bytes more than it needs, and no conversion on either end. */
export function writeKey(writer: Writer, key: string): void {
  writer.latin1(key)
}

const DOT = 0x2e

/**
 * The path of a request target as rules and access lists see it, and as it travels on (mod_jk.md 3.1 and 6.2).
 *
 * Two readers stand behind us, httpd's and the servlet container's, and a path must mean the same to the rules as to
 * whoever serves it (CVE-2018-11759). So it is read in two steps: first as httpd does (decode, `//`, `/.`, `/..`), then
 * as a container does (drop `;parameters`, and once more `//`, `/.`, `/..`). Which worker a path belongs to is decided
 * in `mount-map.ts`.
 *
 * Paths are byte strings: one character is one byte, so UTF-8 stays encoded. Stricter than httpd: a control character,
 * a backslash and ill-formed UTF-8 are refused, raw or encoded, because backends disagree about them.
 */
import { isUtf8 } from 'node:buffer'

/** 400: malformed or above the root. 404: holds an encoded slash or NUL, as httpd says it (`AllowEncodedSlashes Off`). */
export type PathRefusal = 400 | 404

export interface TargetPath {
  /** Decoded and cleaned: what rules and access lists are matched against. */
  readonly path: string
  /** Encoded again for the backend, path parameters kept; means the same path. */
  readonly forward: string
  /** Decoded, dots resolved, path parameters kept: what httpd looks for among its files. */
  readonly local: string
}

/** Bytes that stay as they are in a forwarded path (6.2, ForwardURIProxy; RFC 3986 `pchar` and `/`), `;` apart. */
const PLAIN_BYTES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/~$-_.+!*'(),:@&="

const NO_HEX = 0xff
const NO_BYTE = 0x100
const PLAIN = byteTable(PLAIN_BYTES)
const KEPT = byteTable(`${PLAIN_BYTES};`)
const HEX_VALUE = hexTable()

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25
const BACKSLASH = 0x5c
const HASH = 0x23
const DELETE = 0x7f
const SPACE = 0x20

function byteTable(bytes: string): Uint8Array {
  const table = new Uint8Array(NO_BYTE)
  for (let i = 0; i < bytes.length; i++) table[bytes.charCodeAt(i)] = 1
  return table
}

function hexTable(): Uint8Array {
  const table = new Uint8Array(NO_BYTE).fill(NO_HEX)
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16)
    table[digit.charCodeAt(0)] = value
    table[digit.toUpperCase().charCodeAt(0)] = value
  }
  return table
}

/** Both readings of the path of a target in origin form, its query already cut off. `*` is refused: OPTIONS * names no path. */
export function readPath(raw: string): TargetPath | PathRefusal {
  return isPlain(raw) ? { path: raw, forward: raw, local: raw } : readOddPath(raw)
}

/** Nothing to decode, nothing to remove: nearly every path. */
function isPlain(raw: string): boolean {
  if (raw.charCodeAt(0) !== SLASH) return false
  let afterSlash = true
  for (let i = 1; i < raw.length; i++) {
    const byte = raw.charCodeAt(i)
    if (PLAIN[byte] !== 1) return false
    if (afterSlash && (byte === SLASH || byte === DOT)) return false
    afterSlash = byte === SLASH
  }
  return true
}

function readOddPath(raw: string): TargetPath | PathRefusal {
  if (raw.charCodeAt(0) !== SLASH) return 400
  const decoded = decode(raw)
  if (typeof decoded === 'number') return decoded
  const asServer = removeDots(decoded)
  if (asServer === undefined) return 400
  const withoutParameters = asServer.replace(/;[^/]*/g, '')
  const path = removeDots(withoutParameters)
  if (path === undefined) return 400
  // `/a/..;/b` is `/b` to a container and something below `/a` to most others: they get what was matched.
  const sameForAll = path === withoutParameters
  return { path, forward: encodePath(sameForAll ? asServer : path), local: asServer }
}

/** Percent-decoding; a bad escape outweighs a hidden slash, as in httpd's `ap_unescape_url`. */
function decode(raw: string): string | PathRefusal {
  const bytes = Buffer.allocUnsafe(raw.length)
  let length = 0
  let hidden = false
  let isAscii = true
  for (let i = 0; i < raw.length; i++) {
    let byte = raw.charCodeAt(i)
    if (byte === PERCENT) {
      const high = HEX_VALUE[raw.charCodeAt(i + 1)] ?? NO_HEX
      const low = HEX_VALUE[raw.charCodeAt(i + 2)] ?? NO_HEX
      if (high === NO_HEX || low === NO_HEX) return 400
      byte = high * 16 + low
      i += 2
      if (byte === SLASH || byte === 0) hidden = true
    } else if (byte === HASH || byte >= NO_BYTE || byte === 0) return 400
    if ((byte < SPACE && byte !== 0) || byte === DELETE || byte === BACKSLASH) return 400
    if (byte > DELETE) isAscii = false
    bytes[length++] = byte
  }
  const decoded = bytes.subarray(0, length)
  if (!isAscii && !isUtf8(decoded)) return 400
  return hidden ? 404 : decoded.toString('latin1')
}

/** Removes `//`, `/./` and `/x/../`, also at the end (`/a/.` is `/a/`); undefined when it climbs above the root. */
function removeDots(path: string): string | undefined {
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  const last = segments.length - 1
  for (let i = 0; i <= last; i++) {
    const segment = segments[i]!
    if (segment === '..' && kept.pop() === undefined) return undefined
    if (segment !== '' && segment !== '.' && segment !== '..') kept.push(segment)
    else if (i === last) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** A decoded path as it is forwarded: every byte that is not {@link KEPT} as `%XX`. */
export function encodePath(path: string): string {
  let text = ''
  let from = 0
  for (let i = 0; i < path.length; i++) {
    const byte = path.charCodeAt(i)
    if (KEPT[byte] === 1) continue
    text += `${path.slice(from, i)}%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    from = i + 1
  }
  return from === 0 ? path : text + path.slice(from)
}

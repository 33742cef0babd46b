/**
 * Which characters may stand where (ajp13.md 1.3, 7.4, 7.5; RFC 9110 5.5 and 5.6.2). AJP says nothing about them and
 * Tomcat filters nothing in either direction, so what one end lets through becomes the other's header injection
 * (CVE-2022-37436, CVE-2024-24795). One table, one bit per class, for decoding and encoding alike.
 */

/** Any string: everything but NUL, CR and LF. */
export const TEXT = 1
/** Names of headers and methods. */
export const TOKEN = 2
/** Header values: visible characters, SP, HTAB and bytes from 80h, as every strict HTTP parser has it. */
export const VALUE = 4
/** URI path: no controls, no space, and neither `?` nor `#`, where another reader would see its end. */
export const PATH = 8
/** Query string: no controls and no space. */
export const QUERY = 16
/** PEM has lines: everything but NUL. */
export const PEM = 32
/** What a filter judges later: every byte. */
export const ANY = 64
/** One label of a host name. httpd and Node take `_`, Tomcat does not. */
export const LABEL = 128

export type CharClass =
  | typeof TEXT
  | typeof TOKEN
  | typeof VALUE
  | typeof PATH
  | typeof QUERY
  | typeof PEM
  | typeof ANY
  | typeof LABEL

export const CHAR: Uint8Array = new Uint8Array(256)

for (let c = 0; c < 256; c++) {
  const char = String.fromCharCode(c)
  const isVisible = c > 0x20 && c !== 0x7f
  CHAR[c]! |= ANY
  if (c !== 0) CHAR[c]! |= PEM
  if (c !== 0 && c !== 0x0a && c !== 0x0d) CHAR[c]! |= TEXT
  if (isVisible || c === 0x20 || c === 0x09) CHAR[c]! |= VALUE
  if (isVisible) CHAR[c]! |= QUERY
  if (isVisible && char !== '?' && char !== '#') CHAR[c]! |= PATH
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char)) CHAR[c]! |= TOKEN
  if (/[0-9A-Za-z_~-]/.test(char)) CHAR[c]! |= LABEL
}

/** By class, a match for what is not in it: the table again, as the fastest judge of long texts. */
const strangers: RegExp[] = []
for (let charClass = 1; charClass < 256; charClass <<= 1) strangers[charClass] = new RegExp(`[^${rangesOf(charClass)}]`)

function rangesOf(charClass: number): string {
  let ranges = ''
  for (let from = 0; from < 256; from++) {
    if ((CHAR[from]! & charClass) === 0) continue
    let to = from
    while (to < 255 && (CHAR[to + 1]! & charClass) !== 0) to++
    ranges += `${escaped(from)}-${escaped(to)}`
    from = to
  }
  return ranges
}

function escaped(char: number): string {
  return `\\x${char.toString(16).padStart(2, '0')}`
}

/** True when every character of `text` is in `charClass`; those above U+00FF are in none. */
export function consistsOf(text: string, charClass: CharClass): boolean {
  return !strangers[charClass]!.test(text)
}

/** The name of a class in messages. */
export function classNoun(charClass: CharClass): string {
  switch (charClass) {
    case TOKEN:
      return 'a name'
    case VALUE:
      return 'a header value'
    case PATH:
      return 'the URI'
    case QUERY:
      return 'the query string'
    case PEM:
      return 'the certificate'
    default:
      return 'a string'
  }
}

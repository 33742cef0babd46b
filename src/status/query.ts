/**
 * The parameters of a jk-status request (mod_jk.md 7.1): `key=value` pairs, `+` for a blank, the last of equal keys
 * counts. `< > ? "` become `@` as in mod_jk, so that pages and scripts see the same names.
 */

export interface Parameters {
  readonly values: ReadonlyMap<string, string>
  /** A bad escape or a NUL; what stood before it has been read. */
  readonly isMalformed: boolean
}

export function parseQuery(query: string): Parameters {
  const values = new Map<string, string>()
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const value = decodeValue(pair.slice(equals + 1))
    if (value === undefined) return { values, isMalformed: true }
    values.set(mask(pair.slice(0, equals)), mask(value))
  }
  return { values, isMalformed: false }
}

export function mask(text: string): string {
  return text.replace(/[<>?"]/g, '@')
}

/** Undefined for a bad escape or a NUL. Bytes that are no UTF-8 become replacement characters: no name has those. */
function decodeValue(text: string): string | undefined {
  const blanks = text.replaceAll('+', ' ')
  if (/%(?![0-9A-Fa-f]{2})|%00/.test(blanks)) return undefined
  const bytes = blanks.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

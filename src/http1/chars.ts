/** Which bytes may stand where (RFC 9110 5.5 and 5.6.2, RFC 9112 3.2, RFC 3986). One table, one bit per class. */

export const TCHAR = 1
/** field-vchar, SP and HTAB: everything a field value may hold. */
export const VALUE = 2
/** What a request target may hold: visible ASCII without `#`, which never leaves a client. */
export const TARGET = 4
export const DIGIT = 8
export const HEX = 16

export const CHAR: Uint8Array = new Uint8Array(256)

for (let c = 0; c < 256; c++) {
  const char = String.fromCharCode(c)
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char)) CHAR[c]! |= TCHAR
  if (c === 0x09 || (c >= 0x20 && c !== 0x7f)) CHAR[c]! |= VALUE
  if (c > 0x20 && c < 0x7f && char !== '#') CHAR[c]! |= TARGET
  if (/[0-9]/.test(char)) CHAR[c]! |= DIGIT
  if (/[0-9A-Fa-f]/.test(char)) CHAR[c]! |= HEX
}

/** True when every character of `text` is in `charClass`. An empty text is in every class. */
export function consistsOf(text: string, charClass: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if ((CHAR[text.charCodeAt(i)]! & charClass) === 0) return false
  }
  return true
}

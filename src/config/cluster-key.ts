/** Whether a text can be the key of a cluster, so that a file with another one is not found good. Texts are never shown. */

/** Of 16, 24 or 32 bytes. */
const HEX = /^(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64})$/i
const BASE64 = /^(?:[\w+/-]{22}(?:==)?|[\w+/-]{32}|[\w+/-]{43}=?)$/

export const KEY_HINT = 'make one with: openssl rand -hex 32'

/** As Tomcat writes keys: in hex; several with commas. */
export function areHexKeys(text: string): boolean {
  return text.split(',').every((part) => HEX.test(part.trim()))
}

/** In hex or base64. */
export function isKey(text: string): boolean {
  return HEX.test(text) || BASE64.test(text)
}

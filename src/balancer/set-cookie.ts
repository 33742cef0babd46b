/** What may stand in a Set-Cookie field (RFC 6265 4.1.1): names are tokens, a path holds neither controls nor `;`. */

export function isCookieName(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)
}

export function isCookiePath(text: string): boolean {
  return /^[ -:<-~]*$/.test(text)
}

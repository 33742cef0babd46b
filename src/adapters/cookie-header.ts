/**
 * The session id in a `Cookie` header and in a path. Finds it where a browser or Tomcat would have put it and leaves
 * everything else alone; whether such a session exists is not known here.
 *
 *   cookie-string = cookie-pair *( ";" SP cookie-pair )      RFC 6265, section 4.2.1; blanks are taken as they come
 */

/**
 * Calls `accept` with each value of the cookie `name` until it returns something. A browser may send several (of other
 * paths or domains), and only one of them need be ours: Tomcat takes the first that names a session
 * (CoyoteAdapter.parseSessionCookiesId).
 */
export function findInCookies<T>(
  header: string,
  name: string,
  accept: (value: string) => T | undefined,
): T | undefined {
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + name.length)) {
    let equals = at + name.length
    while (isBlank(header.charCodeAt(equals))) equals++
    if (header.charCodeAt(equals) !== EQUALS || !startsPair(header, at)) continue
    let start = equals + 1
    let end = header.indexOf(';', start)
    if (end < 0) end = header.length
    while (start < end && isBlank(header.charCodeAt(start))) start++
    while (end > start && isBlank(header.charCodeAt(end - 1))) end--
    const found = accept(header.slice(start, end))
    if (found !== undefined) return found
  }
  return undefined
}

/** The name of a pair stands at the beginning or behind `;`. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--
  return before < 0 || header.charCodeAt(before) === SEMICOLON
}

export interface PathId {
  readonly value: string
  /** The URL without the parameter. */
  readonly url: string
}

/**
 * The first `;jsessionid=` in the path of a URL (Servlet 6.0, section 7.1.3), as Tomcat and mod_jk see it: it ends at the
 * next `;` or `/` or with the path.
 */
export function findInPath(url: string, parameter: string): PathId | undefined {
  let pathEnd = url.indexOf('?')
  if (pathEnd < 0) pathEnd = url.length
  const at = url.indexOf(`;${parameter}=`)
  if (at < 0 || at >= pathEnd) return undefined
  const start = at + parameter.length + 2
  let end = start
  while (end < pathEnd && url[end] !== ';' && url[end] !== '/') end++
  return { value: url.slice(start, end), url: url.slice(0, at) + url.slice(end) }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

const SEMICOLON = 0x3b
const EQUALS = 0x3d

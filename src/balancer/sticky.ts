/**
 * Which session a request belongs to, and which routes its ids name (mod_jk.md 4.1 and 4.2). What a route then leads
 * to is decided in `lb.ts`.
 *
 * A session is kept as the text mod_jk collects: one id, or several joined with `;` where the client sent several
 * cookies of the name. Every function here walks its input once, however it is made.
 */

/** Ids of one request that are looked at; a browser sends a handful (one cookie per path). */
export const MAX_SESSION_IDS = 32

export interface SessionNames {
  /** Case sensitive. */
  readonly sessionCookie: string
  /** With its leading `;`; case sensitive. */
  readonly sessionPath: string
}

const TAB = 0x09
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const SLASH = 0x2f
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUESTION = 0x3f

/**
 * The session ids of a request, or undefined. `forward` is the path as it is forwarded; `cookies` the values of the
 * Cookie fields in their order. An id in the path, even one without a route, hides the cookies.
 */
export function findSession(
  names: SessionNames,
  forward: string,
  cookies: string | readonly string[] | undefined,
): string | undefined {
  if (forward.includes(names.sessionPath)) {
    const inPath = sessionOfPath(names.sessionPath, forward)
    if (inPath !== undefined) return inPath === '' ? undefined : inPath
  }
  if (cookies === undefined) return undefined
  if (typeof cookies === 'string') return sessionsOfCookies(names.sessionCookie, cookies)
  let joined: string | undefined
  for (const cookie of cookies) joined = join(joined, sessionsOfCookies(names.sessionCookie, cookie))
  return joined
}

/**
 * The id behind the first `;jsessionid=` that has one more character. Empty when that character already ends it: a
 * request that says it has no session.
 */
function sessionOfPath(name: string, path: string): string | undefined {
  for (let at = path.indexOf(name); at !== -1; at = path.indexOf(name, at + name.length)) {
    const start = at + name.length + 1
    if (path.charCodeAt(start - 1) !== EQUALS || start >= path.length) continue
    let end = start
    while (end < path.length && !endsPathId(path.charCodeAt(end))) end++
    return path.slice(start, end)
  }
  return undefined
}

function endsPathId(byte: number): boolean {
  return byte === SLASH || byte === SEMICOLON || byte === QUESTION
}

/**
 * The values of every cookie of the name in one Cookie field, joined; undefined when there is none. A name counts at
 * the beginning or behind `;`, `,` or blank space; a value goes on to `;` or `,`, and one pair of quotes is taken off.
 * (mod_jk also looks for the name inside of values that contain blanks, which no cookie value may; here the search
 * goes on behind each value, so that its cost stays linear.)
 */
function sessionsOfCookies(name: string, cookies: string): string | undefined {
  let joined: string | undefined
  let at = cookies.indexOf(name)
  while (at !== -1) {
    let from = at + name.length
    if (at === 0 || separatesCookies(cookies.charCodeAt(at - 1))) {
      while (isBlank(cookies.charCodeAt(from))) from++
      if (cookies.charCodeAt(from) === EQUALS) {
        const end = cookieValueEnd(cookies, from + 1)
        joined = join(joined, unquoted(cookies, from + 1, end))
        from = end
      }
    }
    at = cookies.indexOf(name, from)
  }
  return joined
}

function cookieValueEnd(cookies: string, start: number): number {
  for (let end = start; end < cookies.length; end++) {
    const byte = cookies.charCodeAt(end)
    if (byte === SEMICOLON || byte === COMMA) return end
  }
  return cookies.length
}

function unquoted(cookies: string, start: number, end: number): string {
  const isQuoted = end - start >= 2 && cookies.charCodeAt(start) === QUOTE && cookies.charCodeAt(end - 1) === QUOTE
  return isQuoted ? cookies.slice(start + 1, end - 1) : cookies.slice(start, end)
}

/** Empty values are left out. */
function join(joined: string | undefined, value: string | undefined): string | undefined {
  if (value === undefined || value === '') return joined
  return joined === undefined ? value : `${joined};${value}`
}

function separatesCookies(byte: number): boolean {
  return byte === SEMICOLON || byte === COMMA || isBlank(byte)
}

/** C `isspace`: space, TAB, LF, VT, FF, CR. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN)
}

/**
 * The route of one id of a session, the one that begins at `start`: all that follows its first dot, so
 * `ABC.dom1.node7` has the route `dom1.node7`. Undefined when it has none.
 */
export function routeAt(session: string, start: number, end: number): string | undefined {
  const dot = session.indexOf('.', start)
  if (dot === -1 || dot + 1 >= end) return undefined
  return session.slice(dot + 1, end)
}

/** Where the id that begins at `start` ends. */
export function idEnd(session: string, start: number): number {
  const end = session.indexOf(';', start)
  return end === -1 ? session.length : end
}

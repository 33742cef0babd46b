/**
 * The request heads the load is made of. They are fixed byte for byte, so that every contestant reads the same, and
 * they name a host that no contestant knows, so that each falls back to its default host.
 */

const HOST = 'bench.test'
/** As long as Tomcat's default, 16 random bytes in hex. */
const SESSION_ID = '0123456789ABCDEF0123456789ABCDEF'

/**
 * `minimal`: only Host. `browser`: what a browser sends, the same each time. `varied`: the same, but another query,
 * session and cookie each time, so that nobody can answer from what it remembers of the last request.
 */
export type HeadKind = 'minimal' | 'browser' | 'varied'

/** Different heads in a varied load; far more than anybody remembers per connection. */
const VARIANTS = 512

/** What a browser sends, in its order; with Host and Cookie six fields. */
const BROWSER_FIELDS = [
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en-US,en;q=0.5'],
  ['Accept-Encoding', 'gzip, deflate'],
] as const

/** Fields that must reach the backend unchanged, Host included. */
export function fieldsOf(kind: HeadKind, route: string, variant = 0): [name: string, value: string][] {
  if (kind === 'minimal') return [['Host', HOST]]
  const session = `${variant.toString(16).toUpperCase()}${SESSION_ID}`.slice(0, SESSION_ID.length)
  const cookie = `theme=dark; JSESSIONID=${variant === 0 ? SESSION_ID : session}.${route}; seen=${1_760_000_000 + variant}`
  return [['Host', HOST], ...BROWSER_FIELDS.map(([name, value]): [string, string] => [name, value]), ['Cookie', cookie]]
}

/** The requests a load of this kind repeats in turn. */
export function headsOf(path: string, kind: HeadKind, route: string): string[] {
  if (kind !== 'varied') return [requestHead(path, fieldsOf(kind, route))]
  return Array.from({ length: VARIANTS }, (_, index) =>
    requestHead(`${path}?page=${index + 1}`, fieldsOf(kind, route, index + 1)),
  )
}

export function requestHead(path: string, fields: readonly (readonly [name: string, value: string])[]): string {
  return `GET ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** A minimal head that carries one cookie, for loads that use real sessions. */
export function sessionHead(path: string, sessionId: string): string {
  return requestHead(path, [
    ['Host', HOST],
    ['Cookie', `JSESSIONID=${sessionId}`],
  ])
}

/**
 * The request heads the load is made of. They are fixed byte for byte, so that every contestant reads the same, and
 * they name a host that no contestant knows, so that each falls back to its default host.
 */

const HOST = 'bench.test'
/** As long as Tomcat's default, 16 random bytes in hex. */
const SESSION_ID = '0123456789ABCDEF0123456789ABCDEF'

export type HeadKind = 'minimal' | 'browser'

/** What a browser sends, in its order; with Host and Cookie six fields. */
const BROWSER_FIELDS = [
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en-US,en;q=0.5'],
  ['Accept-Encoding', 'gzip, deflate'],
] as const

/** Fields that must reach the backend unchanged, Host included. */
export function fieldsOf(kind: HeadKind, route: string): [name: string, value: string][] {
  if (kind === 'minimal') return [['Host', HOST]]
  const cookie = `theme=dark; JSESSIONID=${SESSION_ID}.${route}; consent=2026-01-01`
  return [['Host', HOST], ...BROWSER_FIELDS.map(([name, value]): [string, string] => [name, value]), ['Cookie', cookie]]
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

/**
 * Addresses of Redis and Valkey servers, as their clients take them:
 *
 *   redis[s]://[[USER][:PASSWORD]@]HOST[:PORT][/DATABASE]       or valkey[s]://
 *
 * Here and not in the client, so that a file can be checked without it. What is wrong is said without showing the text, in
 * which a password may stand.
 */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
}

const SCHEMES: Readonly<Record<string, { readonly tls: boolean }>> = {
  'redis:': { tls: false },
  'rediss:': { tls: true },
  'valkey:': { tls: false },
  'valkeys:': { tls: true },
}
const DEFAULT_PORT = 6379

export function parseRedisUrl(text: string): RedisAddress | { readonly problem: string } {
  const scheme = /^[a-z]+:(?=\/\/)/.exec(text)?.[0] ?? ''
  if (!Object.hasOwn(SCHEMES, scheme)) return { problem: 'does not begin with redis:// or rediss://' }
  if (!URL.canParse(text)) return { problem: 'is no address; a password has its special characters as %XX' }
  const { hostname, port, pathname, search, hash, username, password } = new URL(text)
  if (hostname === '') return { problem: 'has no host' }
  if (search !== '' || hash !== '')
    return { problem: 'has a ? or #, which mean nothing here; in a password write %3F or %23' }
  const database = /^\/?(\d{0,5})$/.exec(pathname)?.[1]
  if (database === undefined) return { problem: 'has something else than the number of a database behind the host' }
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? DEFAULT_PORT : Number(port),
      tls: SCHEMES[scheme]!.tls,
      username: username === '' ? undefined : decodeURIComponent(username),
      password: password === '' ? undefined : decodeURIComponent(password),
      database: Number(database),
    }
  } catch {
    return { problem: 'has a % that is not followed by two hexadecimal digits' }
  }
}

/** What is wrong with one of the addresses of a server, or of a cluster; undefined: nothing. */
export function redisUrlProblem(text: string, isCluster: boolean): string | undefined {
  const read = parseRedisUrl(text)
  if ('problem' in read) return read.problem
  return isCluster && read.database !== 0 ? 'names a database, and a cluster has only 0' : undefined
}

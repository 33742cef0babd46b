/** What session middleware can be told, and the one function that fills in defaults, checks and freezes it. */
import type { SessionManager, SessionManagerOptions } from '../session/index.ts'
import { AdapterError } from './errors.ts'
import { type ManagerSource, resolveManager } from './manager-source.ts'
import { type CookieAttributes, checkedDomain, checkedPath, type SameSite } from './session-cookie.ts'
import { type TrustProxy, trustedBy } from './trust-proxy.ts'

export interface CookieOptions {
  /**
   * Ms that the browser keeps the cookie; default: until it is closed. Also the idle time after which the session ends,
   * as with express-session, in place of the manager's. The cookie is renewed with every answer.
   */
  readonly maxAge?: number | undefined
  /** Default: the host that answered. */
  readonly domain?: string | undefined
  /** Default `/`. */
  readonly path?: string | undefined
  /**
   * Only over TLS. Default `auto`: if the request came over TLS, here or at a trusted proxy. `true` is sent in any case, so
   * a proxy that ends TLS and says nothing of it is no riddle.
   */
  readonly secure?: boolean | 'auto' | undefined
  /** Not for scripts of the page; default true. */
  readonly httpOnly?: boolean | undefined
  /** Default `lax`. `true` is `strict`; `none` needs `secure`. */
  readonly sameSite?: SameSite | true | undefined
}

export interface HttpSessionOptions {
  /**
   * Default: that of the worker which runs the app, else a new one that shares its sessions with nobody. Options make a
   * new one; wait for `ready` before listening, if it has a channel.
   */
  readonly manager?: SessionManager | SessionManagerOptions | undefined
  /** Of the cookie; default `JSESSIONID`. Tomcat `sessionCookieName`. */
  readonly name?: string | undefined
  readonly cookie?: CookieOptions | undefined
  /**
   * Believe `X-Forwarded-Proto` of these; default `loopback`, where the balancer is. Matters for `secure: 'auto'` only.
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * Take the id also from `;jsessionid=` in the path, and remove it from `req.url`; default false, since such ids end up
   * in logs and in `Referer`. As in Tomcat a cookie counts first (CoyoteAdapter.parseSessionCookiesId), while mod_jk
   * routes by the path first.
   */
  readonly urlRewriting?: boolean | undefined
}

export interface ResolvedHttpSessionOptions extends ManagerSource {
  readonly name: string
  readonly cookie: CookieAttributes
  readonly isTrusted: (address: string | undefined) => boolean
  /** Of the path parameter; undefined = ids in paths are not looked for. */
  readonly pathParameter: string | undefined
}

/** Tomcat's names (SessionConfig): the path parameter is the cookie's name if that was configured. */
const COOKIE_NAME = 'JSESSIONID'
const PATH_PARAMETER = 'jsessionid'

/** RFC 6265 cookie-name: a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/

/** Throws ADAPTER_OPTIONS with all problems at once. */
export function resolveOptions(options: HttpSessionOptions): ResolvedHttpSessionOptions {
  const problems: string[] = []
  const attempt = <T>(run: () => T): T | undefined => {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push(error.message)
      return undefined
    }
  }
  const name = options.name ?? COOKIE_NAME
  const { maxAge, domain, path = '/', secure = 'auto', httpOnly = true, sameSite = 'lax' } = options.cookie ?? {}
  if (!TOKEN.test(name)) problems.push(`name ${JSON.stringify(name)} is no cookie name`)
  if (maxAge !== undefined && !(Number.isFinite(maxAge) && maxAge > 0)) problems.push('cookie.maxAge must be above 0')
  if (domain !== undefined) attempt(() => checkedDomain(domain))
  attempt(() => checkedPath(path))
  if (sameSite === 'none' && secure === false) problems.push("cookie.sameSite 'none' needs cookie.secure")
  if (name.startsWith('__Secure-') && secure !== true) problems.push(`${name} needs cookie.secure: true`)
  if (name.startsWith('__Host-') && (secure !== true || domain !== undefined || path !== '/')) {
    problems.push(`${name} needs cookie.secure: true, no domain and the path /`)
  }
  const isTrusted = attempt(() => trustedBy(options.trustProxy ?? 'loopback'))
  if (isTrusted === undefined || problems.length > 0) throw new AdapterError('ADAPTER_OPTIONS', problems.join('; '))
  return Object.freeze({
    ...resolveManager(options.manager, maxAge),
    name,
    cookie: Object.freeze({
      maxAge,
      domain,
      path,
      secure,
      httpOnly,
      sameSite: sameSite === true ? ('strict' as const) : sameSite,
    }),
    isTrusted,
    pathParameter: options.urlRewriting ? (options.name ?? PATH_PARAMETER) : undefined,
  })
}

/** What session middleware can be told, and the one function that fills in defaults, checks and freezes it. */
import type { IncomingMessage } from 'node:http'
import type { SessionManager, SessionManagerOptions } from '../session/index.ts'
import { AdapterError } from './errors.ts'
import { type ManagerSource, resolveManager } from './manager-source.ts'
import {
  type CookieAttributes,
  checkedDomain,
  checkedPath,
  isPriority,
  type Priority,
  type SameSite,
} from './session-cookie.ts'
import { IdSigner, type Secret } from './signed-id.ts'
import { type TrustProxy, trustedBy } from './trust-proxy.ts'

export interface CookieOptions {
  /**
   * Ms that the browser keeps the cookie; default: until it is closed. Also the idle time after which the session ends,
   * as with express-session, in place of the manager's. The cookie is renewed with every answer.
   */
  readonly maxAge?: number | null | undefined
  /** In place of `maxAge`: the moment when cookies of all sessions are forgotten. */
  readonly expires?: Date | null | undefined
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
  /** Default `lax`. `true` is `strict`; `none` needs `secure`. `auto`: `none` over TLS, else `lax`. */
  readonly sameSite?: SameSite | true | undefined
  /** Default false; needs `secure`. For pages that other sites embed. */
  readonly partitioned?: boolean | undefined
  /** Default: no such attribute. */
  readonly priority?: Priority | undefined
}

export interface HttpSessionOptions {
  /**
   * Default: that of the worker which runs the app, else a new one that shares its sessions with nobody. Options make a
   * new one; wait for `ready` before listening, if it has a channel.
   */
  readonly manager?: SessionManager<object> | SessionManagerOptions | undefined
  /** Of the cookie; default `JSESSIONID`. Tomcat `sessionCookieName`. */
  readonly name?: string | undefined
  /** A function is asked once per request; where it gives what does not fit it throws ADAPTER_OPTIONS. */
  readonly cookie?: CookieOptions | ((request: IncomingMessage) => CookieOptions) | undefined
  /**
   * Signs ids; default: they are not signed. Of several the first signs and all verify, so a new one in front takes over
   * without ending a session: cookies signed with the others are renewed.
   */
  readonly secret?: Secret | readonly Secret[] | undefined
  /**
   * Send the cookie with every answer, so that its time begins anew. Default: if it has a `maxAge`. False, as in
   * express-session: only with answers that change the session.
   */
  readonly rolling?: boolean | undefined
  /** A session and a cookie also for visitors of whom nothing is stored; default false. */
  readonly saveUninitialized?: boolean | undefined
  /** What `req.session = null` does; default `keep`: nothing. `destroy`: ends the session when the response ends. */
  readonly unset?: 'keep' | 'destroy' | undefined
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
  /** A function where it depends on the request or on the time. */
  readonly cookie: CookieAttributes | ((request: IncomingMessage) => CookieAttributes)
  readonly signer: IdSigner | undefined
  readonly rolling: boolean | undefined
  readonly saveUninitialized: boolean
  readonly unset: 'keep' | 'destroy'
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
  const { name = COOKIE_NAME, cookie, secret, unset = 'keep' } = options
  const problems: string[] = []
  if (!TOKEN.test(name)) problems.push(`name ${JSON.stringify(name)} is no cookie name`)
  const fixed = typeof cookie === 'function' ? undefined : resolveCookie(cookie ?? {}, name, problems)
  const secrets = secret === undefined ? [] : [secret].flat()
  if (secret !== undefined && (secrets.length === 0 || secrets.some((one) => one === ''))) {
    problems.push('secret must be one or more texts that are not empty')
  }
  if (unset !== 'keep' && unset !== 'destroy') problems.push(`unset must be keep or destroy, not ${unset}`)
  const isTrusted = attempt(problems, () => trustedBy(options.trustProxy ?? 'loopback'))
  if (isTrusted === undefined || problems.length > 0) throw new AdapterError('ADAPTER_OPTIONS', problems.join('; '))
  return Object.freeze({
    ...resolveManager(options.manager, fixed?.maxAge),
    name,
    cookie: isFixed(cookie) && fixed !== undefined ? fixed : cookieFinder(cookie, name),
    signer: secrets.length === 0 ? undefined : new IdSigner(secrets),
    rolling: options.rolling,
    saveUninitialized: options.saveUninitialized ?? false,
    unset,
    isTrusted,
    pathParameter: options.urlRewriting ? (options.name ?? PATH_PARAMETER) : undefined,
  })
}

function isFixed(cookie: HttpSessionOptions['cookie']): boolean {
  return typeof cookie !== 'function' && !(cookie?.expires instanceof Date)
}

function cookieFinder(cookie: HttpSessionOptions['cookie'], name: string) {
  return (request: IncomingMessage): CookieAttributes => {
    const problems: string[] = []
    const found = resolveCookie((typeof cookie === 'function' ? cookie(request) : cookie) ?? {}, name, problems)
    if (problems.length > 0) throw new AdapterError('ADAPTER_OPTIONS', problems.join('; '))
    return found
  }
}

/** Adds what is wrong to `problems`. */
function resolveCookie(options: CookieOptions, name: string, problems: string[]): CookieAttributes {
  const { domain, path = '/', secure = 'auto', httpOnly = true, sameSite = 'lax', partitioned = false } = options
  const { expires, priority } = options
  const maxAge = options.maxAge ?? (expires instanceof Date ? Math.max(1, expires.getTime() - Date.now()) : undefined)
  if (maxAge !== undefined && !(Number.isFinite(maxAge) && maxAge > 0)) problems.push('cookie.maxAge must be above 0')
  if (domain !== undefined) attempt(problems, () => checkedDomain(domain))
  attempt(problems, () => checkedPath(path))
  if (priority !== undefined && !isPriority(priority)) problems.push('cookie.priority must be low, medium or high')
  if (sameSite === 'none' && secure === false) problems.push("cookie.sameSite 'none' needs cookie.secure")
  if (partitioned && secure === false) problems.push('cookie.partitioned needs cookie.secure')
  if (name.startsWith('__Secure-') && secure !== true) problems.push(`${name} needs cookie.secure: true`)
  if (name.startsWith('__Host-') && (secure !== true || domain !== undefined || path !== '/')) {
    problems.push(`${name} needs cookie.secure: true, no domain and the path /`)
  }
  return Object.freeze({
    maxAge,
    domain,
    path,
    secure,
    httpOnly,
    sameSite: sameSite === true ? ('strict' as const) : sameSite,
    partitioned,
    priority,
  })
}

function attempt<T>(problems: string[], run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    problems.push(error.message)
    return undefined
  }
}

/**
 * The cookie that carries a session's id: what the application may set of it, as express-session users know it, and the
 * `Set-Cookie` value in the order in which Tomcat writes it (Rfc6265CookieProcessor.generateHeader).
 */

/** `auto`: `none` if the request came over TLS, else `lax`. False: no such attribute. */
export type SameSite = 'lax' | 'strict' | 'none' | 'auto' | false

/** What browsers that must forget cookies of a site forget first. */
export type Priority = 'low' | 'medium' | 'high'

/** What applies to all sessions of an application, and for one session what it has of its own. */
export interface CookieAttributes {
  /** Ms that the browser keeps the cookie after each answer; undefined = until it is closed. */
  readonly maxAge: number | undefined
  readonly domain: string | undefined
  readonly path: string
  /** `auto`: if the request came over TLS, also to a trusted proxy. */
  readonly secure: boolean | 'auto'
  readonly httpOnly: boolean
  readonly sameSite: SameSite
  /** A jar of its own per site that embeds the page (CHIPS). */
  readonly partitioned: boolean
  readonly priority: Priority | undefined
}

const KEYS = [
  'maxAge',
  'domain',
  'path',
  'secure',
  'httpOnly',
  'sameSite',
  'partitioned',
  'priority',
] as const satisfies (keyof CookieAttributes)[]

/** `req.session.cookie`. Setting an attribute makes it this session's own, on all nodes. */
export class SessionCookie implements CookieAttributes {
  readonly #defaults: CookieAttributes
  readonly #onChange: (cookie: SessionCookie) => void
  #own: Partial<CookieAttributes>
  /** From when `maxAge` counts; epoch ms. */
  #setAtMs: number

  /** `own`: what {@link formatOwn} returned, or undefined. */
  constructor(
    defaults: CookieAttributes,
    own: string | undefined,
    nowMs: number,
    onChange: (cookie: SessionCookie) => void,
  ) {
    this.#defaults = defaults
    this.#own = parseOwn(own)
    this.#setAtMs = nowMs
    this.#onChange = onChange
  }

  get maxAge(): number | undefined {
    return this.#get('maxAge')
  }
  /** The session then ends on the server, too, when it was not used for so long. */
  set maxAge(ms: number | null | undefined) {
    if (ms !== undefined && ms !== null && !Number.isFinite(ms))
      throw new RangeError(`cookie.maxAge ${ms} is no number`)
    this.#setAtMs = Date.now()
    this.#set('maxAge', ms ?? undefined)
  }

  get originalMaxAge(): number | undefined {
    return this.maxAge
  }
  set originalMaxAge(ms: number | null | undefined) {
    this.maxAge = ms
  }

  /** When the browser will forget the cookie; undefined = when it is closed. */
  get expires(): Date | undefined {
    const { maxAge } = this
    return maxAge === undefined ? undefined : new Date(this.#setAtMs + maxAge)
  }
  set expires(date: Date | null | false | undefined) {
    this.maxAge = date instanceof Date ? date.getTime() - Date.now() : undefined
  }

  get domain(): string | undefined {
    return this.#get('domain')
  }
  set domain(domain: string | undefined) {
    this.#set('domain', domain === undefined ? undefined : checkedDomain(domain))
  }

  get path(): string {
    return this.#get('path')
  }
  set path(path: string) {
    this.#set('path', checkedPath(path))
  }

  get secure(): boolean | 'auto' {
    return this.#get('secure')
  }
  set secure(secure: boolean | 'auto') {
    this.#set('secure', secure)
  }

  get httpOnly(): boolean {
    return this.#get('httpOnly')
  }
  set httpOnly(httpOnly: boolean) {
    this.#set('httpOnly', httpOnly)
  }

  get sameSite(): SameSite {
    return this.#get('sameSite')
  }
  /** `true` is `strict`, as in express-session. */
  set sameSite(sameSite: SameSite | true) {
    this.#set('sameSite', sameSite === true ? 'strict' : sameSite)
  }

  get partitioned(): boolean {
    return this.#get('partitioned')
  }
  set partitioned(partitioned: boolean) {
    this.#set('partitioned', partitioned)
  }

  get priority(): Priority | undefined {
    return this.#get('priority')
  }
  set priority(priority: Priority | undefined) {
    this.#set('priority', priority)
  }

  /** Takes over the attributes of another cookie, or of an object that looks like one. */
  assign(other: Partial<CookieAttributes>): void {
    for (const key of KEYS) if (key in other) (this as Record<string, unknown>)[key] = other[key]
  }

  /** What this session has of its own, for keeping; undefined if nothing. */
  formatOwn(): string | undefined {
    const { maxAge, ...rest } = this.#own
    const own = 'maxAge' in this.#own ? { maxAge: maxAge ?? null, ...rest } : rest
    return Object.keys(own).length === 0 ? undefined : JSON.stringify(own)
  }

  toJSON(): Record<string, unknown> {
    const { originalMaxAge, expires, secure, httpOnly, domain, path, sameSite, partitioned, priority } = this
    return {
      originalMaxAge: originalMaxAge ?? null,
      expires: expires ?? null,
      secure,
      httpOnly,
      domain,
      path,
      sameSite,
      ...(partitioned ? { partitioned } : {}),
      ...(priority === undefined ? {} : { priority }),
    }
  }

  #get<K extends keyof CookieAttributes>(key: K): CookieAttributes[K] {
    return key in this.#own ? (this.#own[key] as CookieAttributes[K]) : this.#defaults[key]
  }

  #set<K extends keyof CookieAttributes>(key: K, value: CookieAttributes[K]): void {
    this.#own = { ...this.#own, [key]: value }
    this.#onChange(this)
  }
}

/** Comes from other nodes of the cluster: what does not fit is as good as not there. */
function parseOwn(text: string | undefined): Partial<CookieAttributes> {
  if (text === undefined) return {}
  const own: Record<string, unknown> = {}
  try {
    const given = JSON.parse(text) as Record<string, unknown>
    for (const key of KEYS) if (key in given && fits[key](given[key])) own[key] = given[key] ?? undefined
  } catch {
    return {}
  }
  return own as Partial<CookieAttributes>
}

const fits: Record<keyof CookieAttributes, (value: unknown) => boolean> = {
  maxAge: (value) => value === null || Number.isFinite(value),
  domain: (value) => typeof value === 'string' && DOMAIN.test(value),
  path: (value) => typeof value === 'string' && PATH.test(value),
  secure: (value) => typeof value === 'boolean' || value === 'auto',
  httpOnly: (value) => typeof value === 'boolean',
  sameSite: (value) => value === false || value === 'lax' || value === 'strict' || value === 'none' || value === 'auto',
  partitioned: (value) => typeof value === 'boolean',
  priority: isPriority,
}

/** The value of a `Set-Cookie` header. */
export function formatSetCookie(
  name: string,
  id: string,
  cookie: CookieAttributes,
  isSecure: boolean,
  nowMs: number,
): string {
  let text = `${name}=${id}`
  const { maxAge, domain, path, sameSite } = cookie
  if (maxAge !== undefined) {
    // Whole seconds, upwards: the browser shall not forget a session before we do.
    const seconds = Math.max(0, Math.ceil(maxAge / 1000))
    text += `; Max-Age=${seconds}; Expires=${new Date(seconds === 0 ? 0 : nowMs + seconds * 1000).toUTCString()}`
  }
  if (domain !== undefined) text += `; Domain=${domain}`
  if (path !== '') text += `; Path=${path}`
  if (cookie.secure === true || (cookie.secure === 'auto' && isSecure)) text += '; Secure'
  if (cookie.httpOnly) text += '; HttpOnly'
  if (sameSite === 'auto') text += isSecure ? SAME_SITE.none : SAME_SITE.lax
  else if (sameSite !== false) text += SAME_SITE[sameSite]
  if (cookie.partitioned) text += '; Partitioned'
  if (cookie.priority !== undefined) text += PRIORITY[cookie.priority]
  return text
}

const SAME_SITE = { lax: '; SameSite=Lax', strict: '; SameSite=Strict', none: '; SameSite=None' } as const
const PRIORITY = { low: '; Priority=Low', medium: '; Priority=Medium', high: '; Priority=High' } as const

/** RFC 6265 path-value: any character but controls and `;`. */
const PATH = /^[\x20-\x3a\x3c-\x7e]*$/
const DOMAIN = /^\.?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

export function checkedPath(path: string): string {
  if (PATH.test(path)) return path
  throw new RangeError(`cookie.path ${JSON.stringify(path)} has a character that a cookie path cannot have`)
}

export function checkedDomain(domain: string): string {
  if (DOMAIN.test(domain)) return domain
  throw new RangeError(`cookie.domain ${JSON.stringify(domain)} is no domain name`)
}

export function isPriority(value: unknown): value is Priority {
  return typeof value === 'string' && Object.hasOwn(PRIORITY, value)
}

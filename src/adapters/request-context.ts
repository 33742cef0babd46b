/**
 * A session on its way through one request and its response: which session the request brought, whether the response must
 * carry a cookie, and that the changes are committed when the response ends, whichever way it does. One object per
 * request; the functions put on the response are the same for all, and find it there.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { bindRoute, formatSessionId, reservedName, type Session, SessionError, type Visit } from '../session/index.ts'
import { createHttpSession, type SessionHost, stored } from './http-session.ts'
import type { ResolvedHttpSessionOptions } from './options.ts'
import { presentedIds, type RequestId } from './request-id.ts'
import { addCookie, isBody, settleHead } from './response-head.ts'
import { type CookieAttributes, formatSetCookie, SessionCookie } from './session-cookie.ts'

/**
 * Where the response keeps its context. By a name that all copies of clowder know: an app may be wrapped by the worker's
 * copy and use its own.
 */
const CONTEXT = Symbol.for('clowder.session')

type Response = ServerResponse & { [CONTEXT]?: RequestContext }
type Request = Pick<IncomingMessage, 'headers' | 'method' | 'socket' | 'url'> & { session: unknown; sessionID: string }

/** `end` in all its forms. */
type AnyEnd = (this: ServerResponse, chunk: unknown, encoding: unknown, callback: unknown) => ServerResponse

/** Reserved attribute: what the session's cookie has of its own. */
const COOKIE = reservedName('cookie')

/**
 * - `open`: the application is at work.
 * - `held`: it has ended the response, and the other nodes have not confirmed yet.
 * - `over`: the response is out, or its connection is gone.
 */
type State = 'open' | 'held' | 'over'

/**
 * Gives a request its session. Doing so twice is no mistake: the later options count, if there are any. A promise only
 * where the session has to be fetched from another node or a store; until then the request has none. It rejects where a
 * store fails and `whenStoreFails` says that the request does, too.
 */
export function attachSession(
  request: IncomingMessage,
  response: ServerResponse,
  options?: ResolvedHttpSessionOptions,
): Promise<void> | undefined {
  let context = (response as Response)[CONTEXT]
  if (context !== undefined) context.use(options)
  else if (options !== undefined) {
    context = new RequestContext(request, response, options)
    context.hook()
  }
  return context?.loading
}

/**
 * Commits what the request has written so far, before its response ends: for frameworks that write all of a response first
 * and end it then. The promise is that of `commit`.
 */
export function commitSession(response: ServerResponse): Promise<void> | undefined {
  return (response as Response)[CONTEXT]?.commit()
}

export function isAttached(response: ServerResponse): boolean {
  return (response as Response)[CONTEXT] !== undefined
}

/** Most ids of one request for which other nodes are asked. */
const MAX_FETCHES = 4

class RequestContext implements SessionHost {
  readonly #request: Request
  readonly #response: Response
  #options: ResolvedHttpSessionOptions
  #state: State = 'open'
  #visit!: Visit
  /** What ids of this request end in. */
  #route = ''
  #cookie: SessionCookie | undefined
  #defaults!: CookieAttributes
  /** When the session had last changed when the request came. */
  #changedAt = 0
  /** The response's head will say the session's id. */
  #isCookieDue = false
  #end!: AnyEnd
  #writeHead: ServerResponse['writeHead'] | undefined
  /** While another node is asked for the session. */
  loading: Promise<void> | undefined

  constructor(request: IncomingMessage, response: ServerResponse, options: ResolvedHttpSessionOptions) {
    this.#request = request as unknown as Request
    this.#response = response as Response
    this.#options = options
    this.#load()
  }

  /** Another middleware of ours comes later: what it is told counts, as long as nothing has happened. */
  use(options: ResolvedHttpSessionOptions | undefined): void {
    if (options === undefined || options === this.#options || this.#state !== 'open' || this.#visit.session?.hasPending)
      return
    this.#options = options
    this.#isCookieDue = false
    this.#load()
  }

  hook(): void {
    const response = this.#response
    response[CONTEXT] = this
    this.#end = response.end as AnyEnd
    response.end = endWithSession as ServerResponse['end']
    response.on('close', onClose)
  }

  // ---- what the request brought ----

  #load(): void {
    const { cookie } = this.#options
    this.#defaults = typeof cookie === 'function' ? cookie(this.#request as unknown as IncomingMessage) : cookie
    this.loading = undefined
    const ids = presentedIds(this.#request, this.#options)
    for (const id of ids) {
      const session = this.#options.manager.find(id.key)
      if (session === undefined) continue
      this.#begin(session, id)
      return
    }
    this.#begin(undefined, undefined)
    if (ids.length > 0) this.loading = this.#fetch(ids.slice(0, MAX_FETCHES))
  }

  /** Undefined where there is nobody to ask. */
  #fetch(ids: readonly RequestId[]): Promise<void> | undefined {
    const { manager } = this.#options
    const answers = ids.map(({ key }) => manager.load(key))
    if (answers.every((answer) => answer === undefined)) return undefined
    const visit = this.#visit
    // Whoever did not wait may have begun a session, or ended the response.
    const isLate = () => this.#visit !== visit || visit.session !== undefined || this.#state !== 'open'
    return Promise.all(answers).then(
      (sessions) => {
        this.loading = undefined
        if (isLate()) return
        const index = sessions.findIndex((session) => session !== undefined)
        if (index >= 0) this.#begin(sessions[index], ids[index])
      },
      (error: unknown) => {
        this.loading = undefined
        if (isLate()) return
        // No session is made in place of one that could not be read, and the cookie stays what it is.
        this.#request.session = undefined
        if (manager.whenStoreFails === 'fail') throw error
      },
    )
  }

  /** `by`: the id by which the session was found. */
  #begin(session: Session | undefined, by: RequestId | undefined): void {
    const { manager, rolling } = this.#options
    const binding = bindRoute(by?.route ?? '', manager.route)
    this.#route = binding.route
    this.#isCookieDue = false
    this.#show(manager.visit(session))
    // Under a key that was changed a moment ago: its new one is not told to whoever has only the old.
    if (session === undefined || by === undefined || by.key !== session.key) return
    this.#changedAt = session.changedAt
    if (binding.moved || !by.isCurrent || (rolling ?? this.#cookieExpires())) this.#cookieDue()
    else if (rolling === false && this.#cookieExpires()) this.#hookHead()
  }

  /** Makes a visit the request's own. */
  #show(visit: Visit): void {
    this.#visit = visit
    this.#cookie = undefined
    this.#request.session = createHttpSession(this, visit)
    this.#request.sessionID = this.idOf(visit)
    if (this.#options.saveUninitialized && visit.session === undefined) this.#hookHead()
  }

  // ---- what the application does ----

  get visit(): Visit {
    return this.#visit
  }

  idOf(visit: Visit): string {
    return formatSessionId(visit.key, this.#route)
  }

  get cookie(): SessionCookie {
    this.#cookie ??= new SessionCookie(
      this.#defaults,
      this.#visit.getReserved(COOKIE) as string | undefined,
      Date.now(),
      (cookie) => this.#keep(cookie),
    )
    return this.#cookie
  }

  created(): void {
    this.#cookieDue()
    const { maxAge } = this.#defaults
    if (this.#cookie !== undefined) this.#keep(this.#cookie)
    else if (maxAge !== undefined) this.#visit.setMaxInactiveInterval(maxAge)
  }

  regenerate(): Promise<void> | undefined {
    const settled = stored(this.#destroySession(), this.#visit.session)
    this.#route = this.#options.manager.route
    this.#show(this.#options.manager.visit())
    return settled
  }

  changeId(): Promise<void> | undefined {
    const { session } = this.#visit
    if (session === undefined) return undefined
    void this.#visit.commit()
    const settled = stored(this.#options.manager.changeKey(session), session)
    this.#request.sessionID = this.idOf(this.#visit)
    this.#cookieDue()
    return settled
  }

  destroy(): Promise<void> | undefined {
    const settled = stored(this.#destroySession(), this.#visit.session)
    this.#request.session = undefined
    return settled
  }

  reload(): boolean | Promise<boolean> {
    const { manager } = this.#options
    const show = (session: Session | undefined): boolean => {
      if (session !== undefined) this.#show(manager.visit(session))
      return session !== undefined
    }
    const session = manager.load(this.#visit.key)
    return session instanceof Promise ? session.then(show) : show(session)
  }

  touch(): void {
    const { session } = this.#visit
    if (session !== undefined) this.#options.manager.touch(session)
  }

  #destroySession(): Promise<void> | undefined {
    this.#isCookieDue = false
    const { session } = this.#visit
    return session === undefined ? undefined : this.#options.manager.destroy(session)
  }

  /** The cookie was given something of its own. Kept with the session; while there is none, in this request only. */
  #keep(cookie: SessionCookie): void {
    if (this.#visit.session === undefined) return
    this.#visit.setReserved(COOKIE, cookie.formatOwn())
    const { maxAge } = cookie
    // Above 0, which would be "never": what the browser is to forget at once ends here, too.
    const idleMs = maxAge === undefined ? this.#options.manager.maxInactiveIntervalMs : Math.max(1, maxAge)
    this.#visit.setMaxInactiveInterval(idleMs)
    this.#cookieDue()
  }

  /** For visitors of whom nothing is stored, where the options want a session for them. */
  #saveUninitialized(): void {
    const visit = this.#visit
    if (!this.#options.saveUninitialized || visit.session !== undefined || this.#isUnset) return
    if (this.#response.headersSent) return
    try {
      // A write that is taken back: the session stays.
      visit.setReserved(COOKIE, '')
      visit.setReserved(COOKIE, undefined)
    } catch (error) {
      // The application has asked for nothing, so its answer shall not fail because there are too many already.
      if (error instanceof SessionError && error.code === 'SESSION_TOO_MANY') return
      throw error
    }
    this.created()
  }

  /** `req.session` was destroyed, or the application has put nothing in its place. */
  get #isUnset(): boolean {
    return this.#request.session === undefined || this.#request.session === null
  }

  /** By this request or by another one meanwhile. What changed inside objects is known when they are committed. */
  get #isChanged(): boolean {
    const { session } = this.#visit
    return session !== undefined && (session.hasPending || session.changedAt !== this.#changedAt)
  }

  // ---- the head of the response ----

  /** A cookie that the browser forgets some time after the last answer is sent with every answer. */
  #cookieExpires(): boolean {
    if (this.#visit.getReserved(COOKIE) === undefined) return this.#defaults.maxAge !== undefined
    return this.cookie.maxAge !== undefined
  }

  #cookieDue(): void {
    this.#isCookieDue = true
    this.#hookHead()
  }

  #hookHead(): void {
    if (this.#writeHead !== undefined) return
    this.#writeHead = this.#response.writeHead
    this.#response.writeHead = writeHeadWithCookie as ServerResponse['writeHead']
  }

  /** `writeHead` in the application's words, with our cookie beside whatever cookies it sets. */
  writeHead(status: number, reason: unknown, headers: unknown): ServerResponse {
    const response = this.#response
    const writeHead = this.#writeHead!
    // A 1xx head is not the head.
    if (status < 200 || response.headersSent) return Reflect.apply(writeHead, response, [status, reason, headers])
    response.writeHead = writeHead
    this.#writeHead = undefined
    this.#saveUninitialized()
    if (!(this.#isCookieDue || (this.#options.rolling === false && this.#isChanged)) || this.#isUnset)
      return Reflect.apply(writeHead, response, [status, reason, headers])
    this.#isCookieDue = false
    const isReason = typeof reason === 'string'
    const all = addCookie(response, isReason ? headers : (headers ?? reason), this.#setCookie())
    return Reflect.apply(writeHead, response, isReason ? [status, reason, all] : [status, all])
  }

  #setCookie(): string {
    const { name, signer, isTrusted } = this.#options
    const { socket, headers } = this.#request
    const isSecure = isEncrypted(socket) || (isTrusted(socket?.remoteAddress) && isHttps(headers))
    const hasOwn = this.#cookie !== undefined || this.#visit.getReserved(COOKIE) !== undefined
    const id = this.idOf(this.#visit)
    const value = signer === undefined ? id : signer.sign(id)
    return formatSetCookie(name, value, hasOwn ? this.cookie : this.#defaults, isSecure, Date.now())
  }

  // ---- the end of the response ----

  /** `response.end`: commits first, and waits for the other nodes where the manager is told to. */
  end(chunk: unknown, encoding: unknown, callback: unknown): ServerResponse {
    const response = this.#response
    // A second end changes nothing.
    if (this.#state === 'held') return response
    const settled = this.#state === 'open' ? this.#finish() : undefined
    if (settled === undefined) {
      this.#state = 'over'
      return this.#end.call(response, chunk, encoding, callback)
    }
    // First what may throw, as `end` does for a body or a head that does not fit.
    if (!isBody(chunk)) return this.#end.call(response, chunk, encoding, callback)
    settleHead(this.#request, response, chunk, encoding)
    this.#state = 'held'
    // To those who look or write more it has ended, as it would have without us.
    response.finished = true
    settled
      .then(() => {
        this.#state = 'over'
        response.finished = false
        this.#end.call(response, chunk, encoding, callback)
      })
      // The handler is long gone, and an answer that cannot be ended must not stay open.
      .catch((error: Error) => response.destroy(error))
    return response
  }

  commit(): Promise<void> | undefined {
    return this.#state === 'open' ? this.#finish() : undefined
  }

  /** The connection is gone, perhaps in the middle: what the request has written is written all the same. */
  closed(): void {
    if (this.#state !== 'open') return
    this.#state = 'over'
    if (this.#mustDestroy) void this.#destroySession()
    else void this.#visit.commit()
  }

  get #mustDestroy(): boolean {
    return this.#options.unset === 'destroy' && this.#isUnset
  }

  #finish(): Promise<void> | undefined {
    if (this.#mustDestroy) return this.#destroySession()
    this.#saveUninitialized()
    return this.#visit.commit()
  }
}

function endWithSession(this: Response, chunk: unknown, encoding: unknown, callback: unknown): ServerResponse {
  return this[CONTEXT]!.end(chunk, encoding, callback)
}

function writeHeadWithCookie(this: Response, status: number, reason: unknown, headers: unknown): ServerResponse {
  return this[CONTEXT]!.writeHead(status, reason, headers)
}

function onClose(this: Response): void {
  this[CONTEXT]!.closed()
}

function isEncrypted(socket: object | undefined): boolean {
  return (socket as { encrypted?: unknown } | undefined)?.encrypted === true
}

/** The first of several is what the client itself used. */
function isHttps(headers: IncomingHttpHeaders): boolean {
  const proto = headers['x-forwarded-proto']
  return typeof proto === 'string' && /^https[ \t]*(?:,|$)/i.test(proto)
}

/**
 * `clowder/koa`: sessions for Koa 2 and 3: `app.use(session())`, then `ctx.session`. Needs nothing of Koa itself but the
 * shape of its context.
 */
import type { Context, Middleware } from 'koa'
import type { HttpSession } from './http-session.ts'
import { type HttpSessions, httpSessions, type SessionData } from './node-http.ts'
import type { HttpSessionOptions } from './options.ts'

export type { HttpSession, SessionCallback } from './http-session.ts'
export type { SessionData } from './node-http.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export { session as default }

declare module 'koa' {
  interface ExtendableContext {
    /** Undefined after `destroy`. */
    session: HttpSession<SessionData>
    /** As in the cookie, with the route of this node. */
    sessionID: string
  }
}

export interface SessionMiddleware
  extends Pick<HttpSessions, 'manager' | 'ready' | 'handshake' | 'close'>,
    Middleware {}

/** Both live on Node's request, where the methods of a session replace them. */
const ACCESSORS: PropertyDescriptorMap & ThisType<Context> = {
  session: {
    configurable: true,
    get() {
      return this.req.session
    },
    set(session) {
      this.req.session = session
    },
  },
  sessionID: {
    configurable: true,
    get() {
      return this.req.sessionID
    },
  },
}

/**
 * @example
 * app.use(session())
 * app.use((ctx) => {
 *   ctx.session.views = (ctx.session.views ?? 0) + 1
 *   ctx.body = `${ctx.session.views}`
 * })
 */
export function session(options: HttpSessionOptions = {}): SessionMiddleware {
  const { manager, ready, attach, handshake, close } = httpSessions(options)
  /** Apps whose contexts have the accessors: they are put there once, not on each context. */
  const prepared = new WeakSet<object>()
  const middleware: Middleware = (ctx, next) => {
    if (!prepared.has(ctx.app)) {
      Object.defineProperties(ctx.app.context, ACCESSORS)
      prepared.add(ctx.app)
    }
    const loading = attach(ctx.req, ctx.res)
    return loading === undefined ? next() : loading.then(next)
  }
  return Object.assign(middleware, { manager, ready, handshake, close })
}

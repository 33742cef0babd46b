/**
 * `clowder/hono`: sessions for Hono on `@hono/node-server`: `app.use(session())`, then `c.var.session`. Other runtimes do not
 * hand over what a session is kept with, and get ADAPTER_NO_SERVER.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import { AdapterError } from './errors.ts'
import type { HttpSession } from './http-session.ts'
import { type HttpSessions, httpSessions, type SessionData } from './node-http.ts'
import type { HttpSessionOptions } from './options.ts'
import { commitSession } from './request-context.ts'

export type { HttpSession, SessionCallback } from './http-session.ts'
export type { SessionData } from './node-http.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export { session as default }

declare module 'hono' {
  interface ContextVariableMap {
    /** Undefined after `destroy`. */
    session: HttpSession<SessionData>
    /** As in the cookie, with the route of this node. */
    sessionID: string
  }
}

export interface SessionMiddleware
  extends Pick<HttpSessions, 'manager' | 'ready' | 'handshake' | 'close'>,
    MiddlewareHandler {}

/** What @hono/node-server puts into `c.env`. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

/**
 * @example
 * app.use(session())
 * app.get('/', (c) => {
 *   const { session } = c.var
 *   session.views = (session.views ?? 0) + 1
 *   return c.text(`${session.views}`)
 * })
 */
export function session(options: HttpSessionOptions = {}): SessionMiddleware {
  const { manager, ready, attach, handshake, close } = httpSessions(options)
  const middleware: MiddlewareHandler = (c, next) => {
    const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
    if (incoming === undefined || outgoing === undefined) {
      throw new AdapterError('ADAPTER_NO_SERVER', 'c.env has no incoming and outgoing: the app does not run on Node')
    }
    const loading = attach(incoming, outgoing)
    follow(incoming, c)
    const answered = loading === undefined ? next() : loading.then(next, unavailable)
    // node-server may write a whole body of known length before it ends the response, so that the client has it already.
    return answered.then(() => commitSession(outgoing))
  }
  return Object.assign(middleware, { manager, ready, handshake, close })
}

/** An error that Hono knows what to answer to; `app.onError` gets it as it is. */
function unavailable(error: Error): never {
  throw Object.assign(error, { getResponse: () => new Response('Service Unavailable', { status: 503 }) })
}

/** Shows the request's session as variables of the context, also those that replace it (`regenerate`, `destroy`). */
function follow(incoming: IncomingMessage, c: Context): void {
  c.set('session', incoming.session)
  c.set('sessionID', incoming.sessionID)
  ;(incoming as Followed)[CONTEXT] = c
  Object.defineProperties(incoming, ACCESSORS)
}

const CONTEXT = Symbol('context')

type Followed = IncomingMessage & { [CONTEXT]: Context }

/** The same for all requests. */
const ACCESSORS: PropertyDescriptorMap & ThisType<Followed> = {
  session: {
    configurable: true,
    enumerable: true,
    get() {
      return this[CONTEXT].get('session')
    },
    set(session) {
      this[CONTEXT].set('session', session)
    },
  },
  sessionID: {
    configurable: true,
    enumerable: true,
    get() {
      return this[CONTEXT].get('sessionID')
    },
    set(id) {
      this[CONTEXT].set('sessionID', id)
    },
  },
}

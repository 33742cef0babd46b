/**
 * `clowder/express`: sessions for Express 4 and 5, used as express-session is: `app.use(session())`, then `req.session`.
 * Needs nothing of Express itself, so it serves Connect and everything else with `(req, res, next)` as well.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AdapterError } from './errors.ts'
import { type HttpSessions, httpSessions } from './node-http.ts'
import type { HttpSessionOptions } from './options.ts'

export type { HttpSession, SessionCallback } from './http-session.ts'
export type { SessionData } from './node-http.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export { session as default }

/** Options of express-session mean what they mean there; docs/reference/differences.md says where they do not. */
export interface ExpressSessionOptions extends HttpSessionOptions {
  /** Of express-session: no effect, since what did not change need not be stored again. */
  readonly resave?: boolean | undefined
  /** Of express-session: `trustProxy` for everybody or nobody. */
  readonly proxy?: boolean | undefined
  /** Of express-session: refused, since sessions live here; for other stores stay with express-session. */
  readonly store?: undefined
  /** Of express-session: refused, since the cluster's ids are made here. */
  readonly genid?: undefined
}

export interface SessionMiddleware extends Pick<HttpSessions, 'manager' | 'ready' | 'handshake' | 'close'> {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void
}

/**
 * Throws ADAPTER_OPTIONS.
 *
 * @example
 * app.use(session())
 * app.get('/', (req, res) => {
 *   req.session.views = (req.session.views ?? 0) + 1
 *   res.send(`${req.session.views}`)
 * })
 */
export function session(options: ExpressSessionOptions = {}): SessionMiddleware {
  const { manager, ready, attach, handshake, close } = httpSessions(translate(options))
  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const loading = attach(request, response)
    if (loading === undefined) next()
    // Not inside the promise: what comes next throws on its own account.
    else
      loading.then(
        () => setImmediate(next),
        (error: unknown) => setImmediate(next, error),
      )
  }
  return Object.assign(middleware, { manager, ready, handshake, close })
}

function translate({ resave: _, proxy, store, genid, ...options }: ExpressSessionOptions): HttpSessionOptions {
  const problems: string[] = []
  if (store !== undefined)
    problems.push('store: sessions live in clowder; leave it out, or use clowder/express-session')
  if (genid !== undefined) problems.push('genid: the ids are made by clowder; leave it out')
  if (problems.length > 0) throw new AdapterError('ADAPTER_OPTIONS', problems.join('; '))
  return proxy === undefined ? options : { trustProxy: proxy, ...options }
}

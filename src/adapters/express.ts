/**
 * `clowder/express`: sessions for Express 4 and 5, used as express-session is: `app.use(session())`, then `req.session`.
 * Needs nothing of Express itself, so it serves Connect and everything else with `(req, res, next)` as well.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HttpSessions, httpSessions } from './node-http.ts'
import type { HttpSessionOptions } from './options.ts'

export type { HttpSession, SessionCallback } from './http-session.ts'
export type { SessionData } from './node-http.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export { session as default }

export interface SessionMiddleware extends Pick<HttpSessions, 'manager' | 'ready' | 'close'> {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void
}

/**
 * Options of express-session that are not here have no meaning any more: nothing is stored until something is set, and
 * only what changed is (`resave`, `saveUninitialized`); ids are long and random, not signed (`secret`).
 *
 * @example
 * app.use(session())
 * app.get('/', (req, res) => {
 *   req.session.views = (req.session.views ?? 0) + 1
 *   res.send(`${req.session.views}`)
 * })
 */
export function session(options: HttpSessionOptions = {}): SessionMiddleware {
  const { manager, ready, attach, close } = httpSessions(options)
  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    attach(request, response)
    next()
  }
  return Object.assign(middleware, { manager, ready, close })
}

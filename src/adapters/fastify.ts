/**
 * `clowder/fastify`: sessions for Fastify 5 as a plugin: `await app.register(session)`, then `request.session` in every hook
 * and handler registered afterwards. Waits for the sessions of the other nodes before the app is ready.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { SessionManager } from '../session/index.ts'
import type { HttpSession } from './http-session.ts'
import { httpSessions, type SessionData } from './node-http.ts'
import type { HttpSessionOptions } from './options.ts'

export type { HttpSession, SessionCallback } from './http-session.ts'
export type { SessionData } from './node-http.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export { session as default }

declare module 'fastify' {
  interface FastifyInstance {
    sessions: SessionManager
  }
  interface FastifyRequest {
    /** Undefined after `destroy`. */
    session: HttpSession<SessionData>
    /** As in the cookie, with the route of this node. */
    sessionID: string
  }
}

/** They live on Node's request, where the methods of a session replace them. */
const SESSION = {
  getter(this: FastifyRequest) {
    return this.raw.session
  },
  setter(this: FastifyRequest, session: HttpSession<SessionData>) {
    this.raw.session = session
  },
}
const SESSION_ID = {
  getter(this: FastifyRequest) {
    return this.raw.sessionID
  },
}

/**
 * @example
 * await app.register(session, { manager: { name: 'shop', route: 'worker1', channel } })
 * app.get('/', async (request) => {
 *   request.session.views = (request.session.views ?? 0) + 1
 *   return `${request.session.views}`
 * })
 */
export const session: FastifyPluginAsync<HttpSessionOptions> = async (app, options) => {
  const { manager, ready, attach, close } = httpSessions(options)
  app.decorate('sessions', manager)
  app.decorateRequest('session', SESSION)
  app.decorateRequest('sessionID', SESSION_ID)
  app.addHook('onRequest', (request, reply, done) => {
    const loading = attach(request.raw, reply.raw)
    if (loading === undefined) done()
    else
      loading.then(
        () => setImmediate(done),
        (error: Error) => setImmediate(done, error),
      )
  })
  app.addHook('onClose', close)
  await ready
}

// What fastify-plugin does: the plugin is for the whole app, not for a scope of its own.
Object.assign(session, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'clowder',
  [Symbol.for('plugin-meta')]: { name: 'clowder', fastify: '5.x' },
})

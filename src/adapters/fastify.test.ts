import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { describe, test } from 'node:test'
import cookies from '@fastify/cookie'
import fastify, { type FastifyInstance } from 'fastify'
import { type AdapterUnderTest, adapterCases, count, lone, type Request } from './adapter.cases.ts'
import { appCases } from './app.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import session from './fastify.ts'
import type { HttpSessionOptions } from './options.ts'
import { persistentCases } from './persistent.cases.ts'
import { routingCases } from './routing.cases.ts'

/** A server that the cases start and close themselves. */
function serverOf(app: FastifyInstance): Server {
  return createServer(async (req, res) => {
    await app.ready()
    app.routing(req, res)
  })
}

const adapter: AdapterUnderTest = {
  name: 'Fastify 5',
  serve(options, handler) {
    const app = fastify()
    app.register(session, options)
    app.all('*', (request, reply) => {
      reply.hijack()
      void handler(request.raw as Request, reply.raw)
    })
    return serverOf(app)
  },
  refuse: async (options: HttpSessionOptions) => fastify().register(session, options),
}

adapterCases(adapter)
cookieCases(adapter)
persistentCases(adapter)
routingCases(adapter)

appCases({
  name: 'Fastify 5',
  serve(manager) {
    const app = fastify()
    app.register(cookies)
    app.register(session, { manager })
    app.register(async (scope) => {
      scope.get('/count', (request, reply) => reply.send(`${counted(request)}`))
      scope.get('/cart', async ({ session }) => {
        session.basket ??= []
        return `${session.basket.push('x')}`
      })
      scope.get('/login', async (request) => {
        await request.session.regenerate()
        counted(request)
        request.session.user = 'ann'
        return request.sessionID
      })
      scope.get('/upgrade', async (request) => {
        await request.session.changeId()
        return request.sessionID
      })
      scope.get('/user', async ({ session }) => session.user ?? 'nobody')
      scope.get('/logout', async (request) => {
        await request.session.destroy()
        return `${typeof request.session}`
      })
      scope.get('/own-cookie', async (request, reply) => {
        reply.setCookie('own', '1')
        return `${counted(request)}`
      })
      scope.get('/error', async (request) => {
        counted(request)
        throw new Error('oh')
      })
    })
    return serverOf(app)
  },
})

function counted({ session }: { session: { n?: number } }): number {
  session.n = (session.n ?? 0) + 1
  return session.n
}

describe('Fastify 5', () => {
  test('inject works without a socket', async () => {
    const app = fastify()
    await app.register(session, { manager: lone() })
    app.get('/', (request, reply) => {
      reply.hijack()
      count(request.raw as Request, reply.raw)
    })
    const first = await app.inject('/')
    const cookie = `${first.headers['set-cookie']}`.split(';')[0]!
    assert.equal((await app.inject({ url: '/', headers: { cookie } })).body, '2')
    await app.close()
  })

  test('the session is there in hooks that were added later, and replaced when it is set', async () => {
    const app = fastify()
    await app.register(session, { manager: lone() })
    app.addHook('preHandler', async (request) => {
      request.session.n = 7
    })
    app.get('/', async (request) => {
      const before = request.session
      request.session = before
      return `${request.session.n} ${request.session === before}`
    })
    assert.equal((await app.inject('/')).body, '7 true')
    await app.close()
  })

  test('app.sessions is the manager; one made for the app ends with it', async () => {
    const app = fastify()
    await app.register(session)
    assert.equal(app.sessions.snapshot().state, 'ready')
    await app.close()
    assert.equal(app.sessions.snapshot().state, 'stopped')
    const manager = lone()
    const other = fastify()
    await other.register(session, { manager })
    await other.close()
    assert.equal(manager.snapshot().state, 'new')
  })
})

import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { describe, test } from 'node:test'
import express5, { type ErrorRequestHandler } from 'express'
// @ts-expect-error: Express 4 has no types of its own, and those of Express 5 fit what is used here
import express4 from 'express4'
import { type AdapterUnderTest, adapterCases, count, lone, starter } from './adapter.cases.ts'
import { appCases } from './app.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import { type ExpressSessionOptions, session } from './express.ts'
import type { HttpSessionOptions } from './options.ts'
import { persistentCases } from './persistent.cases.ts'
import { routingCases } from './routing.cases.ts'

for (const [name, express] of [
  ['Express 4', express4 as typeof express5],
  ['Express 5', express5],
] as const) {
  const adapter: AdapterUnderTest = {
    name,
    serve(options, handler) {
      const app = express()
      app.use(session(options))
      app.use((req, res) => void handler(req as never, res))
      return createServer(app as RequestListener)
    },
  }
  adapterCases(adapter)
  cookieCases(adapter)
  routingCases(adapter)
  persistentCases(adapter)

  appCases({
    name,
    serve(manager) {
      const app = express()
      app.use(session({ manager }))
      app.get('/count', (req, res) => void res.send(`${counted(req)}`))
      app.get('/cart', ({ session }, res) => {
        session.basket ??= []
        res.send(`${session.basket.push('x')}`)
      })
      app.get('/login', (req, res, next) => {
        req.session.regenerate((error) => {
          if (error) return next(error)
          counted(req)
          req.session.user = 'ann'
          res.send(req.sessionID)
        })
      })
      app.get('/upgrade', (req, res) => {
        req.session.changeId(() => res.send(req.sessionID))
      })
      app.get('/user', (req, res) => void res.send(req.session.user ?? 'nobody'))
      app.get('/logout', (req, res) => {
        req.session.destroy(() => res.send(typeof req.session))
      })
      app.get('/own-cookie', (req, res) => void res.cookie('own', '1').send(`${counted(req)}`))
      app.get('/error', (req) => {
        counted(req)
        throw new Error('oh')
      })
      app.use(((_error, _req, res, _next) => void res.status(500).send('oh')) satisfies ErrorRequestHandler)
      return createServer(app as RequestListener)
    },
  })
}

function counted({ session }: { session: { n?: number } }): number {
  session.n = (session.n ?? 0) + 1
  return session.n
}

describe('clowder/express: what differs from express-session on purpose', () => {
  const start = starter({
    name: 'Express 5',
    serve(options, handler) {
      const app = express5()
      app.use(session(options as ExpressSessionOptions))
      app.use((req, res) => void handler(req as never, res))
      return createServer(app as RequestListener)
    },
  })
  const serve = (options: ExpressSessionOptions) => start({ manager: lone(), ...options } as HttpSessionOptions, count)

  for (const option of ['store', 'genid'] as const) {
    test(`${option} is refused, with what to do`, () => {
      const options = { [option]: () => {} } as unknown as ExpressSessionOptions
      assert.throws(() => session(options), {
        code: 'ADAPTER_OPTIONS',
        message: new RegExp(`^${option}: .*leave it out`),
      })
    })
  }

  test('without options: JSESSIONID, Lax, no session for whom nothing is stored; no secret is needed', async () => {
    const client = await start({ manager: lone() }, (req, res) => (req.url === '/set' ? count(req, res) : res.end()))
    assert.deepEqual((await client('/')).cookies, [])
    assert.match((await client('/set')).cookies[0]!, /^JSESSIONID=[0-9A-F]{32}\.w1; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('a signed id keeps its route behind the first dot', async () => {
    const { cookie } = await (await serve({ secret: 'cat', resave: false }))('/')
    assert.equal(cookie.split('.')[1], 'w1')
  })

  test('cookie.secure: true is sent over plain HTTP', async () => {
    assert.match((await (await serve({ cookie: { secure: true } }))('/')).cookies[0]!, /; Secure/)
  })

  test('requests outside cookie.path have a session', async () => {
    assert.equal((await (await serve({ cookie: { path: '/app' } }))('/elsewhere')).cookies.length, 1)
  })

  test('a proxy on this machine is believed; proxy: false believes none', async () => {
    const https = { 'x-forwarded-proto': 'https' }
    assert.match((await (await serve({}))('/', https)).cookies[0]!, /; Secure/)
    assert.doesNotMatch((await (await serve({ proxy: false }))('/', https)).cookies[0]!, /; Secure/)
  })

  test('with a maxAge the cookie is renewed with every answer; Max-Age stands beside Expires', async () => {
    const client = await start({ manager: lone(), cookie: { maxAge: 60_000 } }, (req, res) =>
      req.url === '/set' ? count(req, res) : res.end(),
    )
    const { cookie } = await client('/set')
    assert.match((await client('/', { cookie })).cookies[0]!, /; Max-Age=60; Expires=/)
  })

  test('unset: keep keeps what the request has changed before', async () => {
    const client = await start({ manager: lone() }, (req, res) => {
      if (req.url === '/unset') {
        req.session.n = 5
        ;(req as { session: unknown }).session = null
        res.end()
      } else count(req, res)
    })
    const { cookie } = await client('/')
    await client('/unset', { cookie })
    assert.equal((await client('/', { cookie })).body, '6')
  })
})

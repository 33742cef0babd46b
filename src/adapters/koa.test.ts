import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import Router from '@koa/router'
import Koa from 'koa'
import { type AdapterUnderTest, adapterCases, lone, type Request } from './adapter.cases.ts'
import { appCases } from './app.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import session from './koa.ts'
import { persistentCases } from './persistent.cases.ts'
import { routingCases } from './routing.cases.ts'
import { clientOf, close, listen } from './testing/http-client.ts'

const adapter: AdapterUnderTest = {
  name: 'Koa',
  serve(options, handler) {
    const app = new Koa()
    app.use(session(options))
    app.use((ctx) => {
      ctx.respond = false
      void handler(ctx.req as Request, ctx.res)
    })
    return createServer(app.callback())
  },
}

adapterCases(adapter)
cookieCases(adapter)
persistentCases(adapter)
routingCases(adapter)

appCases({
  name: 'Koa',
  serve(manager) {
    const app = new Koa()
    app.silent = true
    app.use(session({ manager }))
    const router = new Router()
    router.get('/count', (ctx) => {
      ctx.body = `${counted(ctx)}`
    })
    router.get('/cart', (ctx) => {
      ctx.session.basket ??= []
      ctx.body = `${ctx.session.basket.push('x')}`
    })
    router.get('/login', async (ctx) => {
      await ctx.session.regenerate()
      counted(ctx)
      ctx.session.user = 'ann'
      ctx.body = ctx.sessionID
    })
    router.get('/upgrade', async (ctx) => {
      await ctx.session.changeId()
      ctx.body = ctx.sessionID
    })
    router.get('/user', (ctx) => {
      ctx.body = ctx.session.user ?? 'nobody'
    })
    router.get('/logout', async (ctx) => {
      await ctx.session.destroy()
      ctx.body = `${typeof ctx.session}`
    })
    router.get('/own-cookie', (ctx) => {
      ctx.cookies.set('own', '1')
      ctx.body = `${counted(ctx)}`
    })
    router.get('/error', (ctx) => {
      counted(ctx)
      throw new Error('oh')
    })
    app.use(router.routes())
    return createServer(app.callback())
  },
})

function counted({ session }: { session: { n?: number } }): number {
  session.n = (session.n ?? 0) + 1
  return session.n
}

test('Koa: each app of a process has the accessors, also where another library has put a session there', async () => {
  for (const manager of [lone(), lone()]) {
    const app = new Koa()
    Object.defineProperty(app.context, 'session', { configurable: true, get: () => 'of another library' })
    app.use(session({ manager }))
    let seen: unknown
    app.use((ctx) => {
      seen = ctx.session
      const before = ctx.session
      ctx.session = before
      assert.equal(ctx.session, ctx.req.session)
    })
    const server = createServer(app.callback())

    await listen(server)
    await clientOf(server)('/')
    assert.equal(typeof seen, 'object')
    await close(server)
  }
})

test('Koa: ctx.session = null ends the session where the options say so', async () => {
  const manager = lone()
  const app = new Koa()
  app.use(session({ manager, unset: 'destroy' }))
  app.use((ctx) => {
    if (ctx.path === '/logout') (ctx as { session: unknown }).session = null
    else ctx.session.n = 1
    ctx.body = ''
  })
  const server = createServer(app.callback())
  await listen(server)
  const client = clientOf(server)
  const { cookie } = await client('/')
  assert.equal(manager.snapshot().sessions, 1)
  assert.deepEqual((await client('/logout', { cookie })).cookies, [])
  assert.equal(manager.snapshot().sessions, 0)
  await close(server)
})

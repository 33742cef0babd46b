import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { streamText } from 'hono/streaming'
import { TestCluster } from '../session/testing/test-cluster.ts'
import { type AdapterUnderTest, adapterCases, lone, type Request } from './adapter.cases.ts'
import { appCases } from './app.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import session from './hono.ts'
import { persistentCases } from './persistent.cases.ts'
import { routingCases } from './routing.cases.ts'
import { clientOf, close, listen } from './testing/http-client.ts'

const adapter: AdapterUnderTest = {
  name: 'Hono',
  serve(options, handler) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use(session(options))
    app.all('*', (c) => {
      void handler(c.env.incoming as unknown as Request, c.env.outgoing)
      return RESPONSE_ALREADY_SENT
    })
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  },
}

adapterCases(adapter)
cookieCases(adapter)
persistentCases(adapter)
routingCases(adapter)

appCases({
  name: 'Hono',
  serve(manager) {
    const app = new Hono()
    app.use(session({ manager }))
    app.onError((_error, c) => c.text('oh', 500))
    app.get('/count', (c) => c.text(`${counted(c.var)}`))
    app.get('/cart', (c) => {
      c.var.session.basket ??= []
      return c.text(`${c.var.session.basket.push('x')}`)
    })
    app.get('/login', async (c) => {
      await c.var.session.regenerate()
      counted(c.var)
      c.var.session.user = 'ann'
      return c.text(c.var.sessionID)
    })
    app.get('/upgrade', async (c) => {
      await c.get('session').changeId()
      return c.text(c.var.sessionID)
    })
    app.get('/user', (c) => c.text(c.var.session.user ?? 'nobody'))
    app.get('/logout', async (c) => {
      await c.var.session.destroy()
      return c.text(typeof c.var.session)
    })
    app.get('/own-cookie', (c) => {
      setCookie(c, 'own', '1')
      return c.text(`${counted(c.var)}`)
    })
    app.get('/error', (c) => {
      counted(c.var)
      throw new Error('oh')
    })
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  },
})

function counted({ session }: { session: { n?: number } }): number {
  session.n = (session.n ?? 0) + 1
  return session.n
}

test('Hono: off Node it says what is missing', async () => {
  const app = new Hono()
  let failure: unknown
  app.onError((error, c) => {
    failure = error
    return c.text('', 500)
  })
  app.use(session({ manager: lone() }))
  await app.request('/')
  assert.equal((failure as { code?: string }).code, 'ADAPTER_NO_SERVER')
})

test('Hono: synchronised: the client has nothing of the answer before the other node has the change', async () => {
  const cluster = new TestCluster()
  const [a, b] = await cluster.started(2, { sendOptions: 'synchronised', endOfTurn: (run) => void setImmediate(run) })
  const app = new Hono()
  app.use(session({ manager: a!.manager }))
  app.get('/count', (c) => c.text(`${counted(c.var)}`))
  app.get('/plain', (c) => c.text('plain'))
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  await listen(server)
  const client = clientOf(server)
  let isAnswered = false
  const answered = client('/count').finally(() => {
    isAnswered = true
  })
  while (cluster.network.flights.length === 0) await new Promise(setImmediate)
  // As long as others need for the whole way.
  for (let i = 0; i < 3; i++) assert.equal((await client('/plain')).body, 'plain')
  assert.equal(isAnswered, false)
  await cluster.settle()
  assert.equal((await answered).body, '1')
  assert.equal(b!.manager.snapshot().sessions, 1)
  await close(server)
})

test('Hono: a stream that goes on after its head has its changes committed at the end', async () => {
  const manager = lone()
  const app = new Hono()
  app.use(session({ manager }))
  app.get('/', (c) => {
    c.var.session.n = 1
    return streamText(c, async (stream) => {
      await stream.write('one ')
      c.var.session.n = 2
      await stream.write('two')
    })
  })
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  await listen(server)
  const { body, cookie } = await clientOf(server)('/')
  assert.equal(body, 'one two')
  assert.equal(manager.find(cookie.slice('JSESSIONID='.length, -3))?.get('n'), 2)
  await close(server)
})

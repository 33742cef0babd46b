import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, test } from 'node:test'
import { inspect } from 'node:util'
import express from 'express'
import { until } from '../../test/kit/until.ts'
import { systemClock } from '../clock/clock.ts'
import { createSessionManager } from '../session/index.ts'
import { MemoryStore } from '../session/testing/memory-store.ts'
import { tcpNodes } from '../session/testing/tcp-nodes.ts'
import {
  type AdapterUnderTest,
  adapterCases,
  count,
  type Handler,
  lone,
  type Request,
  starter,
} from './adapter.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import { session } from './express.ts'
import {
  BackupManager,
  DeltaManager,
  httpSessions,
  type ManagerKind,
  type RoleCounts,
  type SessionManagerOptions,
  type StoreFailurePolicy,
  sessions,
  type TransferSnapshot,
} from './node-http.ts'
import { persistentCases } from './persistent.cases.ts'
import { routingCases } from './routing.cases.ts'
import { type Answer, clientOf, close, listen } from './testing/http-client.ts'

const nodeHttp: AdapterUnderTest = {
  name: 'node:http',
  serve: (options, handler) => createServer(sessions(handler as Handler & RequestListener, options)),
}

adapterCases(nodeHttp)
cookieCases(nodeHttp)
persistentCases(nodeHttp)
routingCases(nodeHttp)

const start = starter(nodeHttp)

test('doubled headers of a list stay doubled beside the cookie', async () => {
  const client = await start({ manager: lone() }, (req, res) => {
    req.session.x = 1
    res.writeHead(200, ['Link', '<a>', 'Link', '<b>']).end()
  })
  const { headers, cookies } = await client('/')
  assert.equal(headers.link, '<a>, <b>')
  assert.equal(cookies.length, 1)
})

describe('an answer that waits until the session is stored', () => {
  const waiting = () => createSessionManager({ name: 'app', store: new MemoryStore(systemClock) })

  test('with a body that is none fails where the handler ends it, as without us', async () => {
    const client = await start({ manager: waiting() }, (req, res) => {
      req.session.x = 1
      assert.throws(() => res.end(5), { code: 'ERR_INVALID_ARG_TYPE' })
      res.end('told')
    })
    const { body, cookies } = await client('/')
    assert.deepEqual([body, cookies.length], ['told', 1])
  })

  test('with another length than its head says is broken off, and the process lives', async () => {
    const manager = waiting()
    const client = await start({ manager }, (req, res) => {
      req.session.x = 1
      if (req.url === '/') {
        res.strictContentLength = true
        res.setHeader('Content-Length', 5)
      }
      res.end('four')
    })
    await assert.rejects(client('/'), { code: 'ECONNRESET' })
    assert.equal((await client('/fine')).body, 'four')
    assert.equal(manager.snapshot().counts.created, 2)
  })
})

test('console.log shows what is in a session', async () => {
  const client = await start({ manager: lone() }, (req, res) => {
    req.session.x = [1]
    res.end(inspect(req.session, { breakLength: Number.POSITIVE_INFINITY }))
  })
  assert.match((await client('/')).body, /^\{ id: '[0-9A-F]{32}\.w1', x: \[ 1 \] \}$/)
})

test('a cookie that a function gives and that does not fit fails the request where the middleware runs', () => {
  const { attach } = httpSessions({ manager: lone(), cookie: () => ({ path: '/;x' }) })
  const req = { headers: {}, url: '/' } as IncomingMessage
  assert.throws(() => attach(req, new ServerResponse(req)), {
    code: 'ADAPTER_OPTIONS',
    message: /cookie\.path/,
  })
})

for (const [how, encrypted, secure] of [
  ['a socket that says that the browser came over TLS, as over AJP', true, true],
  ['a socket that does not', undefined, false],
] as const) {
  test(`secure: 'auto': ${how}: ${secure ? 'Secure' : 'not Secure'}`, async () => {
    const { attach } = httpSessions({ manager: lone(), trustProxy: false })
    const server = createServer((req, res) => {
      Object.assign(req.socket, { encrypted })
      void attach(req, res)
      count(req as Request, res)
    })
    await listen(server)
    assert.equal(/; Secure/.test((await clientOf(server)('/')).cookies[0]!), secure)
    await close(server)
  })
}

test('managers of both kinds over the channel, and the types of their options and snapshots, have names', () => {
  const whenStoreFails: StoreFailurePolicy = 'without'
  const options: SessionManagerOptions = { name: 'app', whenStoreFails }
  const kinds: ManagerKind[] = []
  for (const Manager of [DeltaManager, BackupManager]) {
    const manager = new Manager(options)
    const roles: RoleCounts = manager.snapshot().roles
    const transfer: TransferSnapshot | undefined = manager.snapshot().lastTransfer
    assert.deepEqual([roles, transfer], [{ owned: 0, copies: 0, orphans: 0 }, undefined])
    kinds.push(manager.kind)
  }
  assert.deepEqual(kinds, ['delta', 'backup'])
})

test('attach is enough for programs with a server of their own', async () => {
  const { manager, ready, attach } = httpSessions({ manager: lone() })
  await ready
  const server = createServer((req, res) => {
    void attach(req, res)
    void attach(req, res)
    count(req as Request, res)
  })
  await listen(server)
  const { cookies } = await clientOf(server)('/')
  assert.equal(cookies.length, 1)
  assert.equal(manager.snapshot().sessions, 1)
  await close(server)
})

test('what a handler returns is passed on: whoever calls the listener hears of one that rejects', async () => {
  const rejects = async () => {
    throw new Error('oh')
  }
  const listener: (...args: Parameters<RequestListener>) => unknown = sessions(rejects, { manager: lone() })
  const server = createServer(async (req, res) => {
    try {
      await listener(req, res)
    } catch (error) {
      res.writeHead(500).end(`${error}`)
    }
  })
  await listen(server)
  const { status, body } = await clientOf(server)('/')
  assert.deepEqual([status, body], [500, 'Error: oh'])
  await close(server)
})

for (const sendOptions of ['asynchronous', 'synchronised'] as const) {
  test(`over TCP, ${sendOptions}: a browser counts on, whichever node it comes to`, async (t) => {
    const nodes = await tcpNodes(t, 2, { sendOptions })
    const clients = await Promise.all(nodes.map(({ manager }) => start({ manager }, count)))
    let cookie: string | undefined
    for (let n = 1; n <= 20; n++) {
      const { manager } = nodes[n % 2]!
      const key = cookie?.slice('JSESSIONID='.length, 'JSESSIONID='.length + 32)
      // Only one who waits for the others may rely on them at once.
      if (key !== undefined && sendOptions === 'asynchronous')
        await until('the change is there', () => manager.find(key)?.get('n') === n - 1)
      const answer: Answer = await clients[n % 2]!('/', cookie === undefined ? {} : { cookie })
      assert.equal(answer.body, `${n}`)
      assert.match(answer.cookie, new RegExp(`^JSESSIONID=[0-9A-F]{32}\\.${manager.route}$`))
      cookie = answer.cookie
    }
  })
}

describe('the handshake of a WebSocket', () => {
  async function serving(manager = lone()) {
    const { attach, handshake } = httpSessions({ manager })
    const server = createServer((req, res) => {
      void attach(req, res)
      count(req as Request, res)
    })
    server.on('upgrade', async (req: Request, socket) => {
      await handshake(req)
      const n = req.session.n ?? 'nobody'
      if (req.session.n !== undefined) req.session.n = 10
      await req.session.save()
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\nX-N: ${n}\r\n\r\n`)
    })
    await listen(server)
    const upgrade = async (cookie: string) => {
      const { port } = server.address() as AddressInfo
      const headers = { connection: 'Upgrade', upgrade: 'test', cookie }
      const req = request({ host: '127.0.0.1', port, headers })
      req.end()
      const [res, socket] = (await once(req, 'upgrade')) as [IncomingMessage, Duplex]
      socket.destroy()
      return res.headers
    }
    return { manager, client: clientOf(server), upgrade, stop: () => close(server) }
  }

  test('has the session, and what it writes is there for all', async () => {
    const { client, upgrade, stop } = await serving()
    const { cookie } = await client('/')
    assert.equal((await upgrade(cookie))['x-n'], '1')
    assert.equal((await client('/', { cookie })).body, '11')
    await stop()
  })

  test('of a stranger has an empty one, makes none, and sends no cookie', async () => {
    const { manager, upgrade, stop } = await serving()
    const headers = await upgrade(`JSESSIONID=${'A'.repeat(32)}.w1`)
    assert.deepEqual([headers['x-n'], headers['set-cookie']], ['nobody', undefined])
    assert.equal(manager.snapshot().sessions, 0)
    await stop()
  })

  test('counts as use of the session', async () => {
    const { manager, client, upgrade, stop } = await serving()
    const { cookie } = await client('/')
    const session = manager.find(cookie.slice('JSESSIONID='.length, -3))!
    const before = session.accessedMs
    await upgrade(cookie)
    assert.ok(session.accessedMs > before)
    await stop()
  })
})

test('options make a manager of their own', async () => {
  const client = await start({ manager: { name: 'app', route: 'mine' } }, count)
  assert.match((await client('/')).cookies[0]!, /\.mine;/)
})

test('without a manager the sessions stay in the process, for as long as the cookie', async () => {
  const { manager, ready } = httpSessions({ cookie: { maxAge: 1234 } })
  await ready
  assert.equal(manager.create().maxInactiveMs, 1234)
})

describe('an app inside a worker', () => {
  const WORKER = Symbol.for('clowder.worker')
  const servers: Server[] = []
  afterEach(async () => {
    Reflect.deleteProperty(globalThis, WORKER)
    for (const server of servers.splice(0)) await close(server)
  })

  async function behindWorker(options: Parameters<typeof session>[0]) {
    const manager = createSessionManager({ name: 'app', route: 'worker' })
    Reflect.set(globalThis, WORKER, { sessions: manager })
    const app = express()
    app.use(session(options))
    app.use((req, res) => count(req as never, res))
    const server = createServer(sessions(app as never, { manager, cookie: { path: '/from-file' } }))
    servers.push(server)
    await listen(server)
    return { client: clientOf(server), manager }
  }

  test('has the sessions of the worker, with the options of its file', async () => {
    const { client, manager } = await behindWorker(undefined)
    const first = await client('/')
    assert.match(first.cookies[0]!, /^JSESSIONID=.*\.worker; Path=\/from-file; HttpOnly; SameSite=Lax$/)
    assert.equal((await client('/', { cookie: first.cookie })).body, '2')
    assert.equal(manager.snapshot().sessions, 1)
  })

  test('may have options of its own, which count', async () => {
    const { client, manager } = await behindWorker({ name: 'sid', cookie: { path: '/app' } })
    const first = await client('/')
    assert.equal(first.cookies.length, 1)
    assert.match(first.cookies[0]!, /^sid=.*\.worker; Path=\/app; HttpOnly; SameSite=Lax$/)
    assert.equal((await client('/', { cookie: first.cookie })).body, '2')
    assert.equal(manager.snapshot().sessions, 1)
  })
})

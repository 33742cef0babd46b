import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import express from 'express'
import { AjpClient } from '../../test/kit/ajp-client.ts'
import { freePort } from '../../test/kit/ports.ts'
import { until, within } from '../../test/kit/until.ts'
import { session } from '../adapters/express.ts'
import type { RequestWith } from '../adapters/node-http.ts'
import { createChannel, encodePayload, PAYLOAD_ENTRY } from '../cluster/index.ts'
import type { AjpFacts } from '../connector/index.ts'
import { SESSION_FORMATS } from '../session/index.ts'
import type { WorkerEvent } from './events.ts'
import { findHome } from './home.ts'
import { createWorker, type Worker } from './worker.ts'
import type { ClusterOptions, WorkerOptions } from './worker-options.ts'

const AJP = { protocol: 'ajp', address: '127.0.0.1', port: 0, secret: 'hidden' } as const
const HTTP = { protocol: 'http', address: '127.0.0.1', port: 0 } as const

function counter(request: IncomingMessage, response: ServerResponse): void {
  const { session } = request as RequestWith<{ count: number }>
  session.count = (session.count ?? 0) + 1
  response.end(`${session.count} ${session.id}`)
}

function ajpClient(t: TestContext, worker: Worker): AjpClient {
  const client = new AjpClient(worker.addresses().ajp[0]!.port)
  t.after(() => client.destroy())
  return client
}

interface Running {
  readonly worker: Worker
  readonly port: number
  readonly events: WorkerEvent[]
}

async function start(t: TestContext, options: Partial<WorkerOptions> = {}): Promise<Running> {
  const worker = createWorker({ app: counter, connectors: [HTTP], ...options })
  t.after(() => worker.stop(0))
  const events: WorkerEvent[] = []
  worker.on((event) => events.push(event))
  await worker.start()
  return { worker, port: worker.addresses().http[0]?.port ?? 0, events }
}

/** The clusters of `count` workers that know each other, with synchronised sending. */
async function clusters(count: number): Promise<ClusterOptions[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports.map((port) => ({
    receiver: { port, autoBind: 1 },
    channelSendOptions: 6,
    staticMembers: ports.filter((other) => other !== port).map((other) => ({ host: '127.0.0.1', port: other })),
  }))
}

async function get(port: number, cookie = ''): Promise<{ text: string; cookie: string | undefined }> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', headers: { cookie }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      response.on('end', () => resolve({ text, cookie: response.headers['set-cookie']?.[0]?.split(';')[0] }))
    })
      .on('error', reject)
      .end()
  })
}

describe('a worker', () => {
  it('gives a plain handler its session, with the route at the end of the id', async (t) => {
    const { port } = await start(t, { name: 'w', jvmRoute: 'w1' })
    const first = await get(port)
    assert.match(first.text, /^1 [0-9A-F]{32}\.w1$/)
    assert.match((await get(port, first.cookie)).text, /^2 /)
  })

  it('serves AJP beside HTTP, with the same sessions', async (t) => {
    const { worker, port } = await start(t, { jvmRoute: 'w1', connectors: [AJP, HTTP] })
    const { ajp, http } = worker.addresses()
    assert.deepEqual([ajp.length, http.length], [1, 1])
    assert.deepEqual(
      worker.snapshot().connectors.map(({ protocol, address }) => [protocol, address]),
      [
        ['ajp', ajp[0]],
        ['http', http[0]],
      ],
    )
    const { cookie } = await get(port)
    const client = ajpClient(t, worker)
    const { text, isReusable } = await client.get('/', cookie, { secret: 'hidden' })
    assert.match(text, /^2 [0-9A-F]{32}\.w1$/)
    assert.ok(isReusable)
    const [, id] = /^JSESSIONID=([^;]+);/.exec(
      (await client.get('/', '', { secret: 'hidden' })).headers.get('set-cookie')!,
    )!
    assert.match((await get(port, `JSESSIONID=${id}`)).text, /^2 /)
  })

  it('tells its app what the web server knows, and its surroundings who came without the secret', async (t) => {
    const facts: unknown[] = []
    const app = (request: IncomingMessage, response: ServerResponse) => {
      const { remoteUser, jvmRoute } = (request as IncomingMessage & { ajp: AjpFacts }).ajp
      facts.push([remoteUser, jvmRoute, request.socket.remoteAddress])
      response.end()
    }
    const { worker, events } = await start(t, { app, connectors: [{ ...AJP, tomcatAuthentication: false }] })
    const client = ajpClient(t, worker)
    const attributes = { jvmRoute: 'w9', remoteUser: 'felix' }
    assert.equal((await client.get('/', '', { ...attributes, secret: 'hidden' })).status, 200)
    assert.deepEqual(facts, [['felix', 'w9', '203.0.113.7']])
    assert.equal((await ajpClient(t, worker).get('/', '', attributes)).status, 403)
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'connector' ? event.event.error.code : [])),
      ['CONNECTOR_SECRET'],
    )
    assert.equal(facts.length, 1)
  })

  it('shares its sessions with the middleware that the app uses', async (t) => {
    const { worker, port } = await start(t, {
      app: () => {
        const app = express()
        app.use(session())
        app.get('/', counter)
        return app
      },
    })
    const { text } = await get(port)
    assert.ok(worker.sessions.find(text.split(' ')[1]!), 'found by the worker')
  })

  it('tells the app who it is, at set-up and by a name that all copies know', async (t) => {
    let told: unknown
    const { worker } = await start(t, {
      jvmRoute: 'r',
      app: {
        setup: (context) => {
          told = context
          return counter
        },
      },
    })
    assert.deepEqual(told, { name: 'worker', route: 'r', sessions: worker.sessions })
    assert.equal(findHome(), told)
    await worker.stop()
    assert.equal(findHome(), undefined)
  })

  it('names the cookie as the file does', async (t) => {
    const { port } = await start(t, { session: { cookieName: 'SID', cookiePath: '/app', httpOnly: false } })
    assert.match((await get(port)).cookie!, /^SID=/)
  })

  it('serves with the sessions of the others, and they with its own', async (t) => {
    const [first, second] = await clusters(2)
    const one = await start(t, { name: 'one', jvmRoute: 'one', cluster: first! })
    const { cookie } = await get(one.port)
    const two = await start(t, { name: 'two', jvmRoute: 'two', cluster: second! })
    assert.ok(two.events.some((event) => event.type === 'session' && event.event.type === 'state-received'))
    const moved = await get(two.port, cookie)
    assert.match(moved.text, /^2 [0-9A-F]{32}\.two$/)
    assert.match(moved.cookie!, /\.two$/, 'the balancer shall follow')
    assert.match((await get(one.port, moved.cookie)).text, /^3 /)
  })

  it('serves alone when no peer answers', async (t) => {
    const [mine] = await clusters(2)
    const { port, events } = await start(t, { cluster: mine! })
    assert.match((await get(port)).text, /^1 /)
    const told = events.map((given) => ('event' in given ? given.event.type : given.type))
    assert.ok(told.includes('member-unreachable') && told.includes('alone'), told.join(' '))
  })

  it('answers for a request that failed, and tells', async (t) => {
    const { port, events } = await start(t, {
      app: async (_request: IncomingMessage, _response: ServerResponse) => {
        throw new Error('oh')
      },
    })
    assert.equal((await get(port)).text, 'Internal Server Error\n')
    assert.deepEqual(
      events.filter(({ type }) => type === 'app-failed').map((event) => ({ ...event, error: undefined })),
      [{ type: 'app-failed', method: 'GET', url: '/', error: undefined }],
    )
  })

  it('shows itself as plain data', async (t) => {
    const { worker, port } = await start(t, { name: 'w', jvmRoute: 'w', cluster: { receiver: { port: 0 } } })
    await get(port)
    const { channel, sessions, connectors, ...rest } = JSON.parse(JSON.stringify(worker.snapshot()))
    assert.deepEqual(rest, { name: 'w', route: 'w', state: 'ready', busy: 0 })
    assert.deepEqual(connectors, [{ protocol: 'http', address: { host: '127.0.0.1', port }, busy: 0 }])
    assert.equal(sessions.sessions, 1)
    assert.equal(channel.state, 'running')
  })
})

describe('a stop of a worker', () => {
  it('lets what is in flight end, and its changes reach the others', async (t) => {
    const [first, second] = await clusters(2)
    const one = await start(t, { cluster: first! })
    let finish = (): void => {}
    const two = await start(t, {
      cluster: { ...second!, channelSendOptions: 8 },
      app: (request: IncomingMessage, response: ServerResponse) => {
        finish = () => counter(request, response)
      },
    })
    const answer = get(two.port)
    await until('the request is in flight', () => two.worker.snapshot().busy === 1)
    const stopped = two.worker.stop()
    finish()
    const { text } = await answer
    await within('the worker has stopped', stopped)
    assert.equal(two.worker.snapshot().state, 'stopped')
    // Sent, not acknowledged: the other may read it a moment later.
    const arrived = () => one.worker.sessions.find(text.split(' ')[1]!)?.get('count') === 1
    await until('the change has reached the other', arrived)
  })

  it('lets what is in flight over AJP end, on a connection that ends with it', async (t) => {
    let finish = (): void => {}
    const app = (_request: IncomingMessage, response: ServerResponse): void => {
      response.write('begun, ')
      finish = () => response.end('done')
    }
    const { worker } = await start(t, { connectors: [AJP], app })
    const client = ajpClient(t, worker)
    const answer = client.get('/', '', { secret: 'hidden' })
    await until('the request is in flight', () => worker.snapshot().busy === 1)
    const stopped = worker.stop()
    finish()
    const { text, isReusable } = await answer
    assert.deepEqual([text, isReusable], ['begun, done', false])
    await within('the worker has stopped', stopped)
    assert.equal(worker.snapshot().busy, 0)
  })

  it('may come twice, and before the start', async () => {
    const worker = createWorker({ app: counter, connectors: [HTTP] })
    await Promise.all([worker.stop(), worker.stop()])
    await worker.start()
    assert.deepEqual(worker.addresses(), { ajp: [], http: [], channel: undefined, admin: undefined })
  })

  it('while it waits for the sessions of the others ends the start', async (t) => {
    // Says that it has sessions of ours and never answers: as far as anyone can tell, a member that is very slow.
    const entries = [{ type: PAYLOAD_ENTRY.SESSION_FORMATS, value: SESSION_FORMATS }]
    const silent = createChannel({ receiver: { port: 0 }, payload: encodePayload({ version: 1, entries }) })
    t.after(() => silent.stop())
    await silent.start()
    const { port } = silent.local
    const worker = createWorker({
      app: counter,
      connectors: [HTTP],
      cluster: { receiver: { port: 0 }, staticMembers: [{ host: '127.0.0.1', port }] },
    })
    const started = worker.start()
    await until('it listens', () => worker.snapshot().channel?.state === 'running')
    await silent.addMember({ host: '127.0.0.1', port: worker.addresses().channel!.port })
    await until('it is a member', () => worker.snapshot().channel?.members.length === 1)
    await worker.stop()
    await within('the start has ended', started)
    assert.deepEqual(worker.addresses().http, [])
  })
})

describe('a start of a worker that fails', () => {
  it('leaves nothing running', async (t) => {
    const first = await start(t)
    const worker = createWorker({
      app: counter,
      connectors: [HTTP, { ...HTTP, port: first.port }],
      cluster: { receiver: { port: 0 } },
    })
    await assert.rejects(worker.start(), { code: 'WORKER_LISTEN' })
    const { state, channel } = worker.snapshot()
    assert.deepEqual([state, channel?.state], ['stopped', 'stopped'])
  })

  it('does not join the cluster for an app that cannot start', async () => {
    const worker = createWorker({
      app: () => {
        throw new Error('no')
      },
      connectors: [HTTP],
      cluster: { receiver: { port: 0 } },
    })
    await assert.rejects(worker.start(), { code: 'WORKER_APP_THREW', message: /^the app failed to start: Error: no/ })
    assert.equal(worker.snapshot().channel?.local.port, 0)
  })

  it('names everything that is wrong with its options before', () =>
    assert.throws(() => createWorker({ app: counter, connectors: [] }), { code: 'WORKER_OPTIONS' }))
})

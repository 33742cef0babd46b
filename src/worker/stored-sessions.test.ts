/** Workers that are told of a store as a file tells it, with real servers of Redis. */
import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { needsPeer } from '../../test/kit/peers.ts'
import { freePort } from '../../test/kit/ports.ts'
import { redisCli, startRedis, startRedisCluster } from '../../test/kit/redis.ts'
import { suite } from '../../test/kit/suite.ts'
import { until } from '../../test/kit/until.ts'
import type { RequestWith } from '../adapters/node-http.ts'
import type { WorkerEvent } from './events.ts'
import type { StoreFileOptions } from './options.ts'
import { createWorker, type Worker } from './worker.ts'

function counter(request: IncomingMessage, response: ServerResponse): void {
  const { session } = request as RequestWith<{ count: number }>
  session.count = (session.count ?? 0) + 1
  response.end(String(session.count))
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly cookie: string
}

function visit(worker: Worker, cookie = ''): Promise<Answer> {
  const { port } = worker.addresses().http[0]!
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', headers: { cookie }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      const given = response.headers['set-cookie']?.[0]?.split(';')[0]
      response.on('end', () => resolve({ status: response.statusCode, text, cookie: given ?? cookie }))
    })
      .on('error', reject)
      .end()
  })
}

async function start(t: TestContext, name: string, store: StoreFileOptions) {
  const events: WorkerEvent[] = []
  const worker = createWorker({
    app: counter,
    name,
    jvmRoute: name,
    connectors: [{ protocol: 'http', address: '127.0.0.1', port: 0 }],
    cluster: { manager: { kind: 'persistent', store } },
  })
  worker.on((event) => events.push(event))
  t.after(() => worker.stop(0))
  await worker.start()
  return { worker, events }
}

suite('sessions of workers in a store', needsPeer('redis'), () => {
  test('of one server, with a user of its own: each worker counts on, and closes its connection at its end', async (t) => {
    const { port } = await startRedis({ owner: t, config: ['user ann on >p#1 ~shop:* +@all'] })
    const store = { kind: 'redis', url: `redis://ann:p%231@127.0.0.1:${port}`, prefix: 'shop:' } as const
    const [one, two] = await Promise.all([start(t, 'one', store), start(t, 'two', store)])
    const first = await visit(one.worker)
    assert.deepEqual([first.status, first.text], [200, '1'])
    const next = await visit(two.worker, first.cookie)
    assert.deepEqual([next.text, next.cookie], ['2', first.cookie.replace('.one', '.two')])
    assert.equal((await visit(one.worker, next.cookie)).text, '3')
    assert.equal(one.worker.clusterStatus().sessions.manager, 'persistent')
    assert.equal(one.worker.addresses().channel, undefined)
    assert.doesNotMatch(JSON.stringify([one.worker.snapshot(), one.worker.clusterStatus()]), /p#1|p%231/)
    await Promise.all([one.worker.stop(), two.worker.stop()])
    await until('both are gone', async () => !(await redisCli(port, 'client', 'list')).includes('user=ann'))
  })

  test('of a cluster, of which one node is named', async (t) => {
    const { ports } = await startRedisCluster(t)
    const store = { kind: 'redis-cluster', urls: [`redis://127.0.0.1:${ports[1]}`] } as const
    const { worker } = await start(t, 'one', store)
    const visits = await Promise.all(Array.from({ length: 20 }, () => visit(worker)))
    const again = await Promise.all(visits.map(({ cookie }) => visit(worker, cookie)))
    assert.deepEqual(new Set(again.map(({ text }) => text)), new Set(['2']))
    const sizes = await Promise.all(ports.map((port) => redisCli(port, 'dbsize')))
    assert.equal(
      sizes.reduce((sum, size) => sum + Number(size), 0),
      20,
    )
  })

  test('that is not there yet: a worker serves, fails with 503 what needs a session, and goes on when it comes', async (t) => {
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}`
    const { worker, events } = await start(t, 'one', { kind: 'redis', url, timeoutMs: 100 })
    const unreachable = events.find(({ type }) => type === 'store-unreachable')
    assert.match(String(unreachable?.type === 'store-unreachable' && unreachable.error), /ECONNREFUSED/)
    const cookie = `JSESSIONID=${'A'.repeat(32)}.one`
    assert.equal((await visit(worker, cookie)).status, 503)
    const begun = await visit(worker)
    assert.deepEqual([begun.status, begun.text], [200, '1'])
    await startRedis({ owner: t, port })
    const back = await until('it counts on', async () => {
      const answer = await visit(worker, begun.cookie)
      return answer.status === 200 ? answer : undefined
    })
    assert.equal(back.text, '2')
  })

  test('that wants another password: it is told, and a worker that waits for it can be stopped', async (t) => {
    const { port } = await startRedis({ owner: t, config: ['requirepass right'] })
    const store = { kind: 'redis', url: `redis://127.0.0.1:${port}`, password: 'wrong' } as const
    const { worker, events } = await start(t, 'one', store)
    const told = events.flatMap((event) => (event.type === 'store-unreachable' ? [String(event.error)] : []))
    assert.match(told[0] ?? '', /WRONGPASS/)
    assert.ok(!told.join().includes('wrong'))
    await worker.stop()
    assert.equal(worker.snapshot().state, 'stopped')
  })

  test('for which what is written contradicts itself: nothing is made', () => {
    const given = { app: counter, connectors: [{ protocol: 'http', port: 0 }] } as const
    const make = (manager: object) => () => createWorker({ ...given, cluster: { manager: manager as never } })
    assert.throws(make({ kind: 'persistent' }), { code: 'WORKER_OPTIONS', message: /needs a store/ })
    const store = { kind: 'redis', url: 'http://:secret@h' }
    assert.throws(make({ kind: 'delta', store }), { code: 'WORKER_OPTIONS' })
    assert.throws(make({ kind: 'persistent', store }), {
      code: 'WORKER_OPTIONS',
      message: 'cluster.manager.store.url does not begin with redis:// or rediss://',
    })
  })
})

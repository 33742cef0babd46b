/** Who may ask a worker about its cluster. */
import assert from 'node:assert/strict'
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { freePort } from '../../test/kit/ports.ts'
import { until } from '../../test/kit/until.ts'
import type { ClusterStatus } from './cluster-status.ts'
import { createWorker, type Worker } from './worker.ts'
import type { WorkerOptions } from './worker-options.ts'

const HTTP = { protocol: 'http', address: '127.0.0.1', port: 0 } as const
const app: WorkerOptions['app'] = (_request, response) => void response.end('app')

async function start(t: TestContext, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = createWorker({ app, connectors: [HTTP], admin: { port: 0 }, ...options })
  t.after(() => worker.stop(0))
  await worker.start()
  return worker
}

interface Answer {
  readonly status: number
  readonly text: string
}

function ask(
  port: number,
  headers: OutgoingHttpHeaders = {},
  path = '/clowder/cluster',
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode!, text })
    })
    request.on('error', reject).end()
  })
}

describe('the admin port of a worker', () => {
  it('answers who asks it on this machine', async (t) => {
    const { admin } = (await start(t)).addresses()
    const { status, text } = await ask(admin!.port)
    assert.equal(status, 200)
    const found = JSON.parse(text) as ClusterStatus
    assert.deepEqual([found.state, found.channel, found.members], ['ready', null, []])
  })

  for (const [why, status, headers, path, method] of [
    ['came through a proxy that says so', 403, { 'x-forwarded-for': '192.0.2.7' }],
    ['came through a proxy that says so otherwise', 403, { via: '1.1 lb' }],
    ['ask for another name, which a page may have had resolved to us', 403, { host: 'attacker.example' }],
    ['ask for an address beyond loopback', 403, { host: '192.0.2.1:80' }],
    ['come from a page of another site', 403, { origin: 'http://attacker.example' }],
    ['come from a page of another site by link', 403, { 'sec-fetch-site': 'cross-site' }],
    ['ask for something else', 404, {}, '/clowder/cluster/x'],
    ['want to change something', 405, {}, '/clowder/cluster', 'POST'],
  ] as const)
    it(`refuses questions that ${why}`, async (t) => {
      const { admin } = (await start(t)).addresses()
      const answer = await ask(admin!.port, headers, path, method)
      assert.equal(answer.status, status)
      assert.doesNotMatch(answer.text, /sessions/)
    })

  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1', '127.9.9.9:1', '[::1]:8095'])
    it(`may be called ${host}`, async (t) => {
      const { admin } = (await start(t)).addresses()
      assert.equal((await ask(admin!.port, { host })).status, 200)
    })

  it('is off unless asked for, and no path of the app', async (t) => {
    const worker = createWorker({ app, connectors: [HTTP] })
    t.after(() => worker.stop(0))
    await worker.start()
    const { admin, http } = worker.addresses()
    assert.equal(admin, undefined)
    assert.equal((await ask(http[0]!.port)).text, 'app')
  })

  it('is on loopback and nowhere else', () => {
    const wide = { app, connectors: [HTTP], admin: { address: '0.0.0.0', port: 0 } }
    assert.throws(() => createWorker(wide), { code: 'WORKER_OPTIONS', message: /beyond loopback/ })
  })

  it('says when its port is taken, and leaves nothing running', async (t) => {
    const { admin } = (await start(t)).addresses()
    const other = createWorker({ app, connectors: [HTTP], admin: { port: admin!.port } })
    await assert.rejects(other.start(), { code: 'WORKER_LISTEN' })
    assert.equal(other.snapshot().state, 'stopped')
  })

  it('is closed with the worker', async (t) => {
    const worker = await start(t)
    const { admin } = worker.addresses()
    await worker.stop(0)
    await assert.rejects(ask(admin!.port), { code: 'ECONNREFUSED' })
    assert.equal(worker.addresses().admin, undefined)
  })
})

describe('what it tells of a cluster', () => {
  it('members by name with version, delay and state, the transfer by the names of who gave', async (t) => {
    const ports = [await freePort(), await freePort()]
    const [one, two] = ports.map((port, index) => ({
      name: `worker${index + 1}`,
      jvmRoute: `worker${index + 1}`,
      cluster: {
        receiver: { port, autoBind: 1 },
        staticMembers: ports.filter((other) => other !== port).map((other) => ({ host: '127.0.0.1', port: other })),
      },
    }))
    const first = await start(t, one!)
    const visit = first.sessions.visit()
    visit.set('n', 1)
    await visit.commit()
    const second = await start(t, two!)
    await until('both know each other', () =>
      [first, second].every((worker) => worker.clusterStatus().members.length === 1),
    )
    const again = first.sessions.visit(first.sessions.find(visit.key))
    again.set('n', 2)
    void again.commit()
    // While a change is on its way, the first is ahead.
    await until('the change has come', () => {
      const [member] = second.clusterStatus().members
      return member!.delayP50Ms !== null && member!.state === 'well'
    })
    const found = JSON.parse((await ask(second.addresses().admin!.port)).text) as ClusterStatus
    const [member] = found.members
    assert.deepEqual(
      [found.worker, found.sessions.total, member!.name, member!.state, member!.version, member!.node],
      ['worker2', 1, 'worker1', 'well', found.version, first.clusterStatus().node],
    )
    assert.deepEqual([found.lastTransfer?.from, found.lastTransfer?.reason], [['worker1'], 'start'])
    assert.ok(found.traffic.bytesReceived > 0 && found.channel!.missing.length === 0)
    assert.match(found.version, /^\d+\.\d+\.\d+/)
    assert.equal(found.channel!.quorum, null)
  })

  it('that it is in a minority, and refuses, as it was told to', async (t) => {
    const manager = { kind: 'backup', whenMinority: 'refuse' } as const
    const worker = await start(t, { cluster: { receiver: { port: await freePort() }, quorum: 2, manager } })
    const { channel, sessions } = worker.clusterStatus()
    assert.deepEqual(channel!.quorum, { held: false, present: 1, needed: 2 })
    assert.equal(sessions.refusing, true)
    assert.throws(() => worker.sessions.create(), { code: 'SESSION_MINORITY' })
  })

  it('sessions that had to make room, and that were refused', async (t) => {
    for (const [whenFull, displaced, refused] of [
      ['end-idlest', 1, 0],
      ['refuse', 0, 1],
    ] as const) {
      const manager = { kind: 'delta', maxActiveSessions: 1, whenFull } as const
      const worker = await start(t, { cluster: { receiver: { port: await freePort() }, manager } })
      const visit = worker.sessions.visit()
      visit.set('n', 1)
      await visit.commit()
      if (refused > 0) assert.throws(() => worker.sessions.create(), { code: 'SESSION_TOO_MANY' })
      else worker.sessions.create()
      const { sessions } = worker.clusterStatus()
      assert.deepEqual([sessions.total, sessions.displaced, sessions.refused], [1, displaced, refused])
    }
  })
})

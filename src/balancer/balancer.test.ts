/** A balancer as a whole: how it starts, what it tells, and how it stops. Requests have tests of their own. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import { freePort, isListening } from '../../test/kit/ports.ts'
import { rawClient } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { createBalancer } from './balancer.ts'
import { BalancerError } from './errors.ts'
import type { BalancerEvent } from './events.ts'
import type { BalancerOptions } from './options.ts'
import type { EndpointSnapshot } from './snapshot.ts'
import { ask, cast, errorOf, HERE, mount, named, post, REFUSES } from './testing/balancer.ts'
import { answering, get, ok, silent } from './testing/engine.ts'

const SHORT_MS = 100

const options = (more: Partial<BalancerOptions> = {}): BalancerOptions => ({
  listen: [HERE],
  workers: { a: { type: 'http', host: '127.0.0.1' } },
  workerList: ['a'],
  hosts: [{ names: [], mounts: [mount('/*', 'a')], access: [] }],
  ...more,
})

describe('a balancer is not made', () => {
  const rows: readonly [rule: string, options: BalancerOptions, problem: RegExp][] = [
    ['without an address', options({ listen: [] }), /^listen: /],
    ['with a worker list that names nobody', options({ workerList: ['b'] }), /^workerList: names b/],
  ]
  for (const [rule, wrong, problem] of rows) {
    test(rule, () => {
      assert.throws(
        () => createBalancer(wrong),
        (error) => {
          assert.ok(error instanceof BalancerError)
          assert.equal(error.code, 'BALANCER_OPTIONS')
          assert.equal(error.problems.length, 1)
          assert.match(error.problems[0]!, problem)
          return true
        },
      )
    })
  }
})

describe('start', () => {
  test('listens on every address, in the order of the options', async (t) => {
    const ports = [await freePort(), 0]
    const listen = ports.map((port) => ({ host: '127.0.0.1', port }))
    const { balancer } = await cast(t, { a: answering(() => ok()) }, { balancer: { listen } })
    const addresses = balancer.addresses()
    assert.deepEqual(
      addresses.map(({ host }) => host),
      ['127.0.0.1', '127.0.0.1'],
    )
    assert.equal(addresses[0]!.port, ports[0])
    for (const { port } of addresses) assert.equal((await ask(await rawClient(t, port), get())).status, 200)
  })

  test('a port in use: one clear error, and nothing stays open', async (t) => {
    const holder = createServer()
    t.after(() => void holder.close())
    await new Promise<void>((done) => void holder.listen(0, '127.0.0.1', done))
    const taken = (holder.address() as { port: number }).port
    const free = await freePort()
    const listen = [free, taken].map((port) => ({ host: '127.0.0.1', port }))
    const balancer = createBalancer(options({ listen }))
    await assert.rejects(balancer.start(), (error) => {
      assert.ok(error instanceof BalancerError)
      assert.equal(error.code, 'BALANCER_LISTEN')
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${taken} is in use$`))
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE')
      return true
    })
    assert.deepEqual(balancer.addresses(), [])
    assert.equal(await isListening(free), false)
    await balancer.stop()
  })

  test('tells what is odd about the options', async (t) => {
    const hosts = [{ names: [], mounts: [mount('/*', 'lb'), mount('/x', 'nobody')], access: [] }]
    const { events } = await cast(t, { a: answering(() => ok()) }, { balancer: { hosts } })
    assert.equal(events.length, 1)
    const [warning] = events as [Extract<BalancerEvent, { type: 'option-warning' }>]
    assert.equal(warning.type, 'option-warning')
    assert.match(warning.text, /\/x names nobody, which is not in the worker list/)
  })
})

describe('events', () => {
  test('a failed attempt, and the member that it cost', async (t) => {
    const { client, events } = await cast(t, { a: REFUSES, b: answering(() => ok()) })
    await ask(client, post())
    const [failed, ...states] = events as [Extract<BalancerEvent, { type: 'attempt-failed' }>, ...BalancerEvent[]]
    const { cause, ...rest } = failed
    const expected = {
      type: 'attempt-failed',
      worker: 'a',
      code: 'LB_CONNECT_REFUSED',
      willRetry: true,
      method: 'POST',
    }
    assert.deepEqual(rest, expected)
    assert.equal((cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
    assert.deepEqual(states, [
      { type: 'member-state', lb: 'lb', member: 'a', before: 'idle', state: 'error' },
      { type: 'member-state', lb: 'lb', member: 'b', before: 'idle', state: 'ok' },
    ])
  })

  test('what the front refused, and whose it was', async (t) => {
    const { client, events } = await cast(t, { a: answering(() => ok()) })
    const answer = await ask(client, 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n')
    assert.equal(answer.status, 400)
    const [refused] = events as [Extract<BalancerEvent, { type: 'request-refused' }>]
    assert.deepEqual([refused.type, refused.code], ['request-refused', errorOf(answer)])
    assert.deepEqual([refused.client.address, refused.client.port], ['127.0.0.1', client.localPort])
  })
})

test('an exception of ours costs the one request that met it', async (t) => {
  const broken = new Error('a mistake')
  const events: BalancerEvent[] = []
  const onEvent = (event: BalancerEvent) => {
    if (event.type === 'request-refused' && event.code === 'FRONT_BAD_PATH') throw broken
    events.push(event)
  }
  const { client, connect } = await cast(t, { a: answering(() => ok()) }, { hooks: { onEvent } })
  const other = await connect()
  const answer = await ask(client, 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.deepEqual([answer.status, errorOf(answer)], [500, 'LB_INTERNAL'])
  assert.equal((await ask(other, get())).status, 200)
  const [refused] = events as [Extract<BalancerEvent, { type: 'request-refused' }>]
  assert.deepEqual([refused.type, refused.code, refused.cause], ['request-refused', 'LB_INTERNAL', broken])
})

describe('a worker that is mounted by itself', () => {
  const alone = { workerList: ['a'], hosts: [{ names: [], mounts: [mount('/*', 'a')], access: [] }] }
  const rows: readonly [rule: string, request: string, answers: (string | undefined)[], status: number][] = [
    ['a GET that is cut gets its second attempt', get(), [undefined, 'again'], 200],
    ['and no third', get(), [undefined, undefined, 'too late'], 502],
    ['a POST gets none', post(), [undefined, 'too late'], 502],
  ]
  for (const [rule, request, answers, status] of rows) {
    test(rule, async (t) => {
      const { client, balancer, backends, failures } = await cast(
        t,
        {
          a: async (connection, n) => {
            await connection.expectMessage()
            const body = answers[n - 1]
            if (body !== undefined) await connection.send(ok(body))
          },
        },
        { balancer: alone, worker: { retries: 2, retryIntervalMs: 1 } },
      )
      assert.equal((await ask(client, request)).status, status)
      const cuts = status === 200 ? 1 : backends.a!.accepted
      assert.equal(failures().length, cuts)
      const { kind, state, used, busy, errors } = balancer.snapshot().workers[0] as EndpointSnapshot
      const isWell = status === 200
      assert.deepEqual(
        { kind, state, used, busy, errors },
        { kind: 'endpoint', state: isWell ? 'ok' : 'error', used: 1, busy: 0, errors: isWell ? 0 : 1 },
      )
    })
  }

  test('with port 0: 503, and nobody is asked', async (t) => {
    const parts = { a: { script: silent, port: 0 } }
    const { client, backends } = await cast(t, parts, { balancer: alone })
    const answer = await ask(client, get())
    assert.deepEqual([answer.status, errorOf(answer)], [503, 'LB_CONTACT_DISABLED'])
    assert.equal(backends.a!.accepted, 0)
  })

  test('a client that leaves while it answers costs it nothing', async (t) => {
    const { client, balancer } = await cast(t, { a: silent }, { balancer: alone })
    const worker = () => balancer.snapshot().workers[0] as EndpointSnapshot
    await client.send(get())
    await until('it is busy', () => worker().busy === 1)
    client.reset()
    await until('it is free', () => worker().busy === 0)
    assert.deepEqual([worker().clientErrors, worker().errors, worker().state], [1, 0, 'ok'])
  })
})

describe('stop', () => {
  test('finishes what is in flight, refuses new connections, and leaves nothing open', async (t) => {
    const barriers = new Barriers()
    const gated = answering(async ({ startLine }) => {
      if (startLine.includes('/slow')) await barriers.meet('go on')
      return ok('done')
    })
    const { client, connect, port, balancer, backends, member } = await cast(t, { a: gated })
    const idle = await connect()
    await ask(idle, get())
    await client.send(get('/slow'))
    await until('it is in flight', () => member('a').busy === 1)
    const stopped = balancer.stop()
    assert.equal(balancer.stop(), stopped)
    assert.equal(await idle.expectEnd(), 'end')
    assert.equal(await isListening(port), false)
    await barriers.meet('go on')
    const answer = await client.expectMessage()
    assert.deepEqual([answer.body.toString(), answer.field('Connection')], ['done', 'close'])
    client.finish()
    await stopped
    assert.deepEqual(balancer.addresses(), [])
    assert.equal(member('a').connected, 0)
    await backends.a!.done()
  })

  test('a request whose member refuses goes on to the next one also then', async (t) => {
    const parts = { a: REFUSES, b: answering(() => ok('b')) } as const
    const { client, balancer, failures } = await cast(t, parts, { worker: { retries: 2, retryIntervalMs: SHORT_MS } })
    await client.send(get())
    await until('a has refused once', () => failures().length === 1)
    const stopped = balancer.stop()
    assert.equal((await client.expectMessage()).body.toString(), 'b')
    client.finish()
    await stopped
  })

  test('a connection still being made, whose client has left, is not left open', async (t) => {
    const { balancer, client, member } = await cast(t, { a: { type: 'https', script: silent } })
    await client.send(get())
    await until('it connects', () => member('a').connected === 1)
    await balancer.stop(0)
    assert.deepEqual([member('a').busy, member('a').connected], [0, 0])
  })

  test('for good: it does not start again', async (t) => {
    const { balancer } = await cast(t, { a: named('a') })
    await balancer.stop(0)
    await assert.rejects(balancer.start(), { code: 'BALANCER_STOPPED' })
  })

  test('cuts off what takes longer than its grace', async (t) => {
    const { client, balancer, member } = await cast(t, { a: silent })
    await client.send(get())
    await until('it is in flight', () => member('a').busy === 1)
    await balancer.stop(SHORT_MS)
    await client.expectEnd()
    assert.equal(member('a').busy, 0)
  })

  test('before any start', async () => {
    const balancer = createBalancer(options())
    await balancer.stop()
    assert.deepEqual(balancer.addresses(), [])
  })

  test('while it starts: what was begun is taken back', async () => {
    const port = await freePort()
    // The name takes a moment to look up, so that one address is open and the other is on its way.
    const listen = [HERE, { host: 'localhost', port }]
    const balancer = createBalancer(options({ listen }))
    const started = balancer.start()
    const stopped = balancer.stop()
    await Promise.allSettled([started, stopped])
    assert.deepEqual(balancer.addresses(), [])
    assert.equal(await isListening(port, 'localhost'), false)
  })
})

test('the name of a backend is looked up beside its requests, again after an edit, and by whoever asks', async (t) => {
  const names: Record<string, string> = { tomcat: '127.0.0.7', other: '::1' }
  const lookUp = async (name: string): Promise<string> => names[name] ?? Promise.reject(new Error('ENOTFOUND'))
  const workers = {
    a: { type: 'http', host: 'tomcat', port: 9 },
    b: { type: 'http', host: 'nobody', port: 9 },
  } as const
  const balancer = createBalancer(options({ workers, workerList: ['a', 'b'] }), { lookUp })
  t.after(() => balancer.stop(0))
  await balancer.start()
  const shown = () => balancer.snapshot().workers.map((worker) => (worker as EndpointSnapshot).address)
  await until('both are known', () => !shown().includes('unresolved'))
  assert.deepEqual(shown(), ['127.0.0.7:9', 'invalid'])
  assert.equal(await balancer.canResolve('nobody'), false)
  assert.equal(await balancer.canResolve('other'), true)
  balancer.edit([{ type: 'update-worker', worker: 'a', set: { host: 'other', port: 8 } }], {
    address: 'here',
    user: undefined,
  })
  assert.equal(shown()[0], '[::1]:8')
})

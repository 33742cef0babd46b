/** Which member of an lb a request meets: sessions, statuses, limits and members that are out; and that numbers add up. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import type { RawConnection } from '../../test/kit/raw-connection.ts'
import type { Script } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { ask, type CastOptions, cast, cuts, errorOf, named, type Part, post, REFUSES } from './testing/balancer.ts'
import { answering, get, ok, silent } from './testing/engine.ts'

const SHORT_MS = 100

const saying = (status: string) => answering(() => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)

describe('sessions', () => {
  const two = { a: named('a'), b: named('b') }
  const cookie = (id: string) => get('/', `Cookie: x=1; JSESSIONID=${id}`)

  const rows: readonly [rule: string, request: string][] = [
    ['by cookie', cookie('1.b')],
    ['by ;jsessionid', get('/page;jsessionid=1.b?x=y')],
    ['by ;jsessionid, which hides the cookie', get('/page;jsessionid=1.b', 'Cookie: JSESSIONID=1.a')],
    ['by the second of two cookie fields', get('/', 'Cookie: JSESSIONID=1', 'Cookie: JSESSIONID=1.b')],
    ['of a POST', 'POST / HTTP/1.1\r\nHost: a\r\nCookie: JSESSIONID=1.b\r\nContent-Length: 1\r\n\r\nx'],
  ]
  for (const [rule, request] of rows) {
    test(`${rule}: every request goes to the member of the route`, async (t) => {
      const { client, member } = await cast(t, two)
      for (let i = 0; i < 4; i++) assert.equal((await ask(client, request)).body.toString(), 'b')
      assert.equal(member('b').sessions, 0)
    })
  }

  const elsewhere: readonly [rule: string, request: string, lb: CastOptions['lb']][] = [
    ['without a session', get(), {}],
    ['with a session but no route', cookie('1'), {}],
    ['with a route that nobody has', cookie('1.c'), {}],
    ['with a cookie of another name', get('/', 'Cookie: ID=1.b'), {}],
    ['when stickiness is off', cookie('1.b'), { stickySession: false }],
  ]
  for (const [rule, request, lb] of elsewhere) {
    test(`${rule}: members take turns`, async (t) => {
      const { client } = await cast(t, two, { lb: { ...lb } })
      const answers: string[] = []
      for (let i = 0; i < 4; i++) answers.push((await ask(client, request)).body.toString())
      assert.deepEqual(answers, ['a', 'b', 'a', 'b'])
    })
  }

  test('the route of a dead member: another one takes over, and the dead one is not asked again', async (t) => {
    const { client, failures } = await cast(t, { a: REFUSES, b: named('b') })
    for (let i = 0; i < 3; i++) assert.equal((await ask(client, cookie('1.a'))).body.toString(), 'b')
    assert.deepEqual(failures(), [['a', 'LB_CONNECT_REFUSED', true]])
  })

  test('sticky_session_force: the route of a dead member is 503, and the others stay untouched', async (t) => {
    const lb = { stickySessionForce: true }
    const { client, backends, member } = await cast(t, { a: REFUSES, b: named('b') }, { lb })
    for (let i = 0; i < 2; i++) assert.equal((await ask(client, cookie('1.a'))).status, 503)
    assert.equal(backends.b!.accepted, 0)
    assert.equal(member('a').state, 'error')
    assert.equal((await ask(client, get())).body.toString(), 'b')
  })
})

describe('fail_on_status', () => {
  const rows: readonly [rule: string, failOnStatus: number[], answer: string, state: string, errors: number][] = [
    ['a listed status: the next member answers, and the first is in error', [500, 503], 'b', 'error', 1],
    ['a negative one: the next member answers, and the first stays well', [-503], 'b', 'ok', 0],
    ['the first entry decides', [-503, 503], 'b', 'ok', 0],
    ['another status passes', [500], '', 'ok', 0],
  ]
  for (const [rule, failOnStatus, body, state, errors] of rows) {
    test(rule, async (t) => {
      const parts = { a: saying('503 Busy'), b: named('b') }
      const { client, member } = await cast(t, parts, { worker: { failOnStatus } })
      const answer = await ask(client, get())
      assert.deepEqual([answer.status, answer.body.toString()], [body === 'b' ? 200 : 503, body])
      const a = member('a')
      assert.deepEqual([a.state, a.errors], [state, errors])
    })
  }

  test('a POST is executed once, and told', async (t) => {
    const parts = { a: saying('503 Busy'), b: named('b') }
    const { client, backends } = await cast(t, parts, { worker: { failOnStatus: [503] } })
    const answer = await ask(client, post())
    assert.deepEqual([answer.status, errorOf(answer)], [503, 'LB_STATUS_FATAL'])
    assert.equal(backends.b!.accepted, 0)
  })
})

describe('a member that has enough to do', () => {
  /** Holds every request until the test says so, then answers with its name. */
  const held = (name: string, gate: Promise<void>, log: string[]): Script =>
    answering(async () => {
      log.push(name)
      await gate
      return ok(name)
    })

  test('busy_limit: the next member takes what is over it; a POST, too', async (t) => {
    let open = () => {}
    const gate = new Promise<void>((done) => {
      open = done
    })
    t.after(() => open())
    const log: string[] = []
    const parts = { a: { script: held('a', gate, log), busyLimit: 1 }, b: named('b') }
    const { client, connect, member, failures } = await cast(t, parts)
    const toA = post().replace('\r\n\r\n', '\r\nCookie: JSESSIONID=1.a\r\n\r\n')
    await client.send(toA)
    await until('a has one request', () => log.length === 1)
    const second = await connect()
    assert.equal((await ask(second, toA)).body.toString(), 'b')
    assert.deepEqual(failures(), [['a', 'LB_BUSY', true]])
    assert.equal(member('a').state, 'busy')
    // While it is, nobody even asks.
    assert.equal((await ask(second, toA)).body.toString(), 'b')
    assert.equal(failures().length, 1)
    open()
    assert.equal((await client.expectMessage()).body.toString(), 'a')
    assert.equal((await ask(second, toA)).body.toString(), 'a')
    assert.equal(member('a').state, 'ok')
  })

  test('no free connection: waits for one, as long as it may', async (t) => {
    const barriers = new Barriers()
    const gated: Script = answering(async ({ startLine }) => {
      if (startLine.includes('/first')) await barriers.meet('go on')
      return ok(startLine)
    })
    const worker = { connectionPoolSize: 1, connectionAcquireTimeoutMs: 10_000 }
    const { client, connect, member, backends } = await cast(t, { a: gated }, { worker })
    const second = await connect()
    await client.send(get('/first'))
    await until('the first is on its way', () => member('a').busy === 1)
    await second.send(get('/second'))
    await until('the second waits', () => member('a').busy === 2)
    await barriers.meet('go on')
    assert.match((await client.expectMessage()).body.toString(), /first/)
    assert.match((await second.expectMessage()).body.toString(), /second/)
    assert.equal(backends.a!.accepted, 1)
  })

  test('and when none becomes free: 503, and the member is busy but well', async (t) => {
    const worker = { connectionPoolSize: 1, connectionAcquireTimeoutMs: SHORT_MS }
    const { client, connect, member, failures } = await cast(t, { a: silent }, { worker })
    await client.send(get())
    await until('the first is on its way', () => member('a').busy === 1)
    const second = await connect()
    const answer = await ask(second, get())
    assert.deepEqual([answer.status, errorOf(answer)], [503, 'LB_POOL_TIMEOUT'])
    assert.deepEqual(failures(), [['a', 'LB_POOL_TIMEOUT', false]])
    assert.equal(member('a').state, 'busy')
    assert.equal(member('a').errorAtMs, undefined)
  })
})

describe('members that are out', () => {
  /** Says nothing to its first request. */
  const sleepsOnce: Script = async (connection, n) => {
    if (n === 1) await silent(connection, n)
    else await named('a')(connection, n)
  }
  const toA = (method = 'GET') => `${method} / HTTP/1.1\r\nHost: a\r\nCookie: JSESSIONID=1.a\r\n\r\n`

  test('a POST that gets no answer in time: 504, its member in error, and back by way of maintenance', async (t) => {
    const clock = new FakeClock()
    const { client, member, backends, events, failures } = await cast(
      t,
      { a: { script: sleepsOnce, replyTimeoutMs: SHORT_MS }, b: named('b') },
      { lb: { recoverTimeMs: SHORT_MS }, balancer: { maintainMs: 20 }, hooks: { clock } },
    )
    const asked = ask(client, toA('POST'))
    await until('its time is up', () => {
      clock.advance(SHORT_MS)
      return failures().length === 1
    })
    const answer = await asked
    assert.deepEqual([answer.status, errorOf(answer)], [504, 'LB_REPLY_TIMEOUT'])
    assert.equal(backends.b!.accepted, 0)
    clock.advance(2 * SHORT_MS)
    assert.equal(member('a').state, 'recover')
    assert.equal((await ask(client, toA())).body.toString(), 'a')
    assert.equal(member('a').replyTimeouts, 0)
    const changes = events.flatMap((event) => (event.type === 'member-state' ? [`${event.before} ${event.state}`] : []))
    assert.deepEqual(changes.slice(0, 4), ['idle error', 'error recover', 'recover probe', 'probe ok'])
  })

  test('a GET that gets no answer in time is answered by the next member', async (t) => {
    const parts = { a: { script: silent, replyTimeoutMs: SHORT_MS }, b: named('b') }
    const { client, member, failures } = await cast(t, parts)
    assert.equal((await ask(client, toA())).body.toString(), 'b')
    assert.deepEqual(failures(), [['a', 'LB_REPLY_TIMEOUT', true]])
    assert.equal(member('a').replyTimeouts, 1)
  })

  test('socket_timeout: a silence counts as a broken connection, whatever max_reply_timeouts allows', async (t) => {
    const parts = { a: { script: silent, socketTimeoutMs: SHORT_MS }, b: named('b') }
    const { client, member, failures } = await cast(t, parts, { lb: { maxReplyTimeouts: 9 } })
    assert.equal((await ask(client, toA())).body.toString(), 'b')
    assert.deepEqual(failures(), [['a', 'LB_SOCKET_TIMEOUT', true]])
    assert.deepEqual([member('a').state, member('a').replyTimeouts], ['error', 0])
  })

  test('max_reply_timeouts: the member stays in until there are more', async (t) => {
    const parts = { a: { script: silent, replyTimeoutMs: SHORT_MS }, b: named('b') }
    const { client, member } = await cast(t, parts, { lb: { maxReplyTimeouts: 1 } })
    const states: string[] = []
    for (let i = 0; i < 2; i++) {
      await ask(client, toA('POST'))
      states.push(member('a').state)
    }
    assert.deepEqual(states, ['ok', 'error'])
  })

  test('all of them: 503, and each request tries them all the same', async (t) => {
    const { client, member, failures } = await cast(t, { a: REFUSES, b: REFUSES })
    for (let i = 1; i <= 3; i++) {
      const answer = await ask(client, post())
      assert.deepEqual([answer.status, errorOf(answer)], [503, 'LB_CONNECT_REFUSED'])
      assert.equal(answer.field('Retry-After'), '1')
      assert.equal(failures().length, 2 * i)
    }
    assert.deepEqual([member('a').state, member('b').state], ['error', 'error'])
  })

  test('all of them, until one is back', async (t) => {
    let isBack = false
    const moody: Script = async (connection, n) => {
      if (isBack) await named('a')(connection, n)
      else await cuts()(connection, n)
    }
    const { client, member } = await cast(t, { a: moody, b: REFUSES })
    assert.equal((await ask(client, get())).status, 503)
    isBack = true
    assert.equal((await ask(client, get())).body.toString(), 'a')
    assert.equal(member('a').state, 'ok')
  })

  test('stopped ones are never tried: 503', async (t) => {
    const parts = { a: { script: named('a'), activation: 'stopped' }, b: { script: named('b'), activation: 'stopped' } }
    const { client, backends } = await cast(t, parts as Record<string, Part>)
    const answer = await ask(client, toA())
    assert.deepEqual([answer.status, errorOf(answer)], [503, 'LB_NO_WORKER'])
    assert.equal(backends.a!.accepted + backends.b!.accepted, 0)
  })

  test('a further round begins after its pause, with all members', async (t) => {
    let attempts = 0
    const thirdTime: Script = async (connection, n) => {
      attempts++
      if (attempts < 3) await cuts()(connection, n)
      else await named('third')(connection, n)
    }
    const lb = { retries: 2, retryIntervalMs: 1 }
    const { client, failures } = await cast(t, { a: thirdTime, b: thirdTime }, { lb })
    assert.equal((await ask(client, get())).body.toString(), 'third')
    assert.deepEqual(
      failures().map(([, , willRetry]) => willRetry),
      [true, true],
    )
  })

  test('a client that leaves between two rounds leaves nothing behind', async (t) => {
    const lb = { retries: 2, retryIntervalMs: 60_000 }
    const { client, failures, lb: snapshot } = await cast(t, { a: REFUSES }, { lb })
    await client.send(get())
    await until('the first round is over', () => failures().length === 1)
    client.reset()
    assert.equal(snapshot().busy, 0)
  })

  test('a client that leaves between two attempts on its member: the member is well, and free', async (t) => {
    const worker = { retries: 2, retryIntervalMs: 60_000 }
    const { client, failures, member } = await cast(t, { a: REFUSES }, { worker })
    await client.send(get())
    await until('the first attempt is over', () => failures().length === 1)
    assert.equal(member('a').busy, 1)
    client.reset()
    await until('a is free', () => member('a').busy === 0)
    assert.equal(member('a').clientErrors, 1)
  })
})

test('numbers add up after a mix of everything', async (t) => {
  const moods: readonly Script[] = [named('a'), cuts(), silent, cuts('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx')]
  const moody: Script = (connection, n) => moods[n % moods.length]!(connection, n)
  const { connect, lb, failures, balancer } = await cast(
    t,
    { a: moody, b: { script: moody, busyLimit: 2 }, c: REFUSES },
    {
      worker: { replyTimeoutMs: SHORT_MS, connectionPoolSize: 2, connectionAcquireTimeoutMs: SHORT_MS },
      lb: { retries: 2, retryIntervalMs: 1 },
    },
  )
  const sendAndLeave = async (client: RawConnection): Promise<void> => {
    await client.send(get())
    client.reset()
  }
  const sendAndWait = async (client: RawConnection, request: string): Promise<void> => {
    await client.send(request)
    // An answer, a cut, an error page: all of them are ends.
    await client.expectMessage().catch(() => undefined)
  }
  const kinds = [
    (client: RawConnection) => sendAndWait(client, get()),
    (client: RawConnection) => sendAndWait(client, post()),
    sendAndLeave,
    (client: RawConnection) => sendAndWait(client, get('/', 'Cookie: JSESSIONID=1.b')),
  ]
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const client = await connect()
      await kinds[i % kinds.length]!(client)
      client.close()
    }),
  )
  await until('nothing is in flight', () => lb().busy === 0)
  await balancer.stop(0)
  const { busy, maxBusy, members } = lb()
  assert.equal(busy, 0)
  assert.ok(maxBusy > 1 && maxBusy <= 40, `${maxBusy}`)
  for (const { name, busy, connected, used, errors, clientErrors, maxConnected } of members) {
    assert.deepEqual({ busy, connected }, { busy: 0, connected: 0 }, name)
    assert.ok(used >= errors + clientErrors, `${name}: ${used} < ${errors} + ${clientErrors}`)
    assert.ok(maxConnected <= 2, name)
  }
  assert.ok(failures().length >= 10)
})

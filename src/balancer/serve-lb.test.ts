/** A request on an lb from its first member to its last: where it goes when a member fails, and when it must not go on. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Barriers } from '../../test/kit/barrier.ts'
import type { RawConnection } from '../../test/kit/raw-connection.ts'
import type { Script } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { REPLAY_BYTES } from './exchange.ts'
import { ask, type CastOptions, cast, errorOf, type Part, post, REFUSES } from './testing/balancer.ts'
import { answering, get, ok, silent } from './testing/engine.ts'

const SHORT_MS = 100

const named = (name: string) => answering(() => ok(name))
const echo = answering(({ startLine, body }) => ok(`${startLine} ${body}`))
const saying = (status: string) => answering(() => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)

/** Reads a request, answers with `text`, which is no complete answer, and closes. */
const cuts = (text = ''): Script => {
  return async (connection) => {
    // Connections that are made ahead bring no request.
    const request = await connection.expectMessage().catch(() => undefined)
    if (request !== undefined && text !== '') await connection.send(text)
  }
}
const resets: Script = async (connection) => {
  await connection.expectMessage()
  connection.reset()
}
/** A TLS handshake that nobody answers: the connection is never made. */
const neverConnects = { script: silent, type: 'https', socketConnectTimeoutMs: SHORT_MS } as const

describe('a member fails, and the same request', () => {
  const rows: readonly {
    readonly rule: string
    readonly a: Part
    readonly request?: string
    readonly worker?: CastOptions['worker']
    /** From b for requests that go on, else an error page. */
    readonly answer: string | [status: number, code: string]
    /** Connections that a has had: attempts. */
    readonly attempts: number
    readonly code: string
  }[] = [
    { rule: 'refused: goes on', a: REFUSES, answer: 'GET / HTTP/1.1 ', attempts: 0, code: 'LB_CONNECT_REFUSED' },
    {
      rule: 'refused: a POST goes on with its body',
      a: REFUSES,
      request: post('all of it'),
      answer: 'POST / HTTP/1.1 all of it',
      attempts: 0,
      code: 'LB_CONNECT_REFUSED',
    },
    {
      rule: 'no connection in time: goes on',
      a: neverConnects,
      answer: 'GET / HTTP/1.1 ',
      attempts: 1,
      code: 'LB_CONNECT_TIMEOUT',
    },
    {
      rule: 'no connection in time: a POST goes on with its body',
      a: neverConnects,
      request: post('all of it'),
      answer: 'POST / HTTP/1.1 all of it',
      attempts: 1,
      code: 'LB_CONNECT_TIMEOUT',
    },
    { rule: 'cut before its head: goes on', a: cuts(), answer: 'GET / HTTP/1.1 ', attempts: 1, code: 'LB_REPLY_CUT' },
    { rule: 'reset: goes on', a: resets, answer: 'GET / HTTP/1.1 ', attempts: 1, code: 'LB_REPLY_CUT' },
    {
      rule: 'cut within its head: goes on',
      a: cuts('HTTP/1.1 200 OK\r\nX: '),
      answer: 'GET / HTTP/1.1 ',
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'cut after an interim answer: goes on',
      a: cuts('HTTP/1.1 103 Early Hints\r\n\r\n'),
      answer: 'GET / HTTP/1.1 ',
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'no HTTP: goes on',
      a: cuts('220 mail ESMTP\r\n\r\n'),
      answer: 'GET / HTTP/1.1 ',
      attempts: 1,
      code: 'LB_REPLY_MALFORMED',
    },
    {
      rule: 'cut: a PUT goes on with its body',
      a: cuts(),
      request: post('put', 'PUT'),
      answer: 'PUT / HTTP/1.1 put',
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'cut with retries=2: tries its member twice before it goes on',
      a: cuts(),
      worker: { retries: 2, retryIntervalMs: 1 },
      answer: 'GET / HTTP/1.1 ',
      attempts: 2,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'cut: a POST does not go on',
      a: cuts(),
      request: post(),
      worker: { retries: 2, retryIntervalMs: 1 },
      answer: [502, 'LB_REPLY_CUT'],
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'cut: a POST with allowReplay goes on with its body',
      a: cuts(),
      request: post('again'),
      worker: { allowReplay: true },
      answer: 'POST / HTTP/1.1 again',
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
    {
      rule: 'cut: a method nobody knows does not go on',
      a: cuts(),
      request: 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
      answer: [502, 'LB_REPLY_CUT'],
      attempts: 1,
      code: 'LB_REPLY_CUT',
    },
  ]
  for (const { rule, a, request = get(), worker = {}, answer, attempts, code } of rows) {
    test(rule, async (t) => {
      const { client, member, backends, failures } = await cast(t, { a, b: echo }, { worker })
      const { status, body, ...message } = await ask(client, request)
      const goesOn = typeof answer === 'string'
      if (goesOn) assert.deepEqual([status, body.toString()], [200, answer])
      else assert.deepEqual([status, errorOf({ status, body, ...message })], answer)
      assert.equal(backends.a?.accepted ?? 0, attempts)
      assert.equal(backends.b!.accepted, goesOn ? 1 : 0)
      assert.deepEqual(failures().at(-1), ['a', code, goesOn])
      assert.equal(failures().length, Math.max(1, attempts))
      const isProtocolError = code === 'LB_REPLY_MALFORMED'
      assert.equal(member('a').state, isProtocolError ? 'ok' : 'error')
      assert.equal(member('b').state, goesOn ? 'ok' : 'idle')
      // Its own attempts are one request to a member.
      assert.equal(member('a').used, 1)
    })
  }

  test('a body of REPLAY_BYTES can be sent again, also when it was sent already', async (t) => {
    const sizes = answering(({ body }) => ok(String(body.length)))
    const { client, backends } = await cast(t, { a: cuts(), b: sizes })
    const answer = await ask(client, post('x'.repeat(REPLAY_BYTES), 'PUT'))
    assert.deepEqual([answer.status, answer.body.toString()], [200, String(REPLAY_BYTES)])
    assert.equal(backends.a!.accepted, 1)
  })

  for (const worker of [{}, { allowReplay: true, retries: 3, retryIntervalMs: 1 }]) {
    test(`a longer one never is, whatever the method; ${JSON.stringify(worker)}`, async (t) => {
      const partly: Script = async (connection) => {
        await connection.expectHead()
        await connection.expectBytes(REPLAY_BYTES + 1)
        connection.reset()
      }
      const { client, backends, failures } = await cast(t, { a: partly, b: echo }, { worker })
      await client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * REPLAY_BYTES}\r\n\r\n`)
      await client.send('x'.repeat(REPLAY_BYTES + 1))
      const answer = await client.expectMessage()
      assert.deepEqual([answer.status, errorOf(answer)], [502, 'LB_REPLY_CUT'])
      assert.deepEqual(failures(), [['a', 'LB_REPLY_CUT', false]])
      assert.equal(backends.a!.accepted, 1)
      assert.equal(backends.b!.accepted, 0)
    })
  }

  test('a longer one goes to the next member whole when nothing of it was sent', async (t) => {
    const sizes = answering(({ body }) => ok(String(body.length)))
    const { client } = await cast(t, { a: REFUSES, b: sizes })
    const bytes = 5 * REPLAY_BYTES
    const answer = await ask(client, post('x'.repeat(bytes)))
    assert.deepEqual([answer.status, answer.body.toString()], [200, String(bytes)])
  })

  test('a body that is still arriving arrives whole at the next member', async (t) => {
    const { client, failures } = await cast(t, { a: REFUSES, b: echo })
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    await until('a has refused', () => failures().length === 1)
    await client.send('2\r\nde\r\n0\r\n\r\n')
    assert.equal((await client.expectMessage()).body.toString(), 'POST / HTTP/1.1 abcde')
  })
})

describe('an answer that is cut after its head', () => {
  const rows: readonly [rule: string, text: string, begin: string][] = [
    ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'half'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '4\r\nhalf\r\n'],
    ['before its first byte', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', '\r\n\r\n'],
  ]
  for (const [rule, text, begin] of rows) {
    test(`${rule}: the client sees the cut, and nothing is repeated`, async (t) => {
      const worker = { allowReplay: true, retries: 3 }
      const { client, backends, failures, member } = await cast(t, { a: cuts(text), b: named('b') }, { worker })
      await client.send(get())
      await client.expect(begin)
      await client.expectEnd()
      assert.deepEqual(failures(), [['a', 'LB_REPLY_CUT', false]])
      assert.equal(backends.a!.accepted, 1)
      assert.equal(backends.b!.accepted, 0)
      assert.equal(member('a').state, 'error')
    })
  }
})

describe('a connection that had been used before', () => {
  /** Answers the first request of each connection and closes when the second has come. */
  const onceEach =
    (log: string[]): Script =>
    async (connection, n) => {
      log.push(`${n}: ${(await connection.expectMessage()).startLine}`)
      await connection.send(ok('a'))
      const second = await connection.expectMessage().catch(() => undefined)
      if (second !== undefined) log.push(`${n}: ${second.startLine}, closed`)
    }

  test('closes when the next GET comes: no error, and nobody is blamed', async (t) => {
    const log: string[] = []
    const { client, member, failures } = await cast(t, { a: onceEach(log), b: named('b') })
    const toA = get('/', 'Cookie: JSESSIONID=1.a')
    for (let i = 0; i < 3; i++) assert.equal((await ask(client, toA)).body.toString(), 'a')
    assert.deepEqual(log, [
      '1: GET / HTTP/1.1',
      '1: GET / HTTP/1.1, closed',
      '2: GET / HTTP/1.1',
      '2: GET / HTTP/1.1, closed',
      '3: GET / HTTP/1.1',
    ])
    assert.deepEqual(failures(), [
      ['a', 'LB_REPLY_CUT', true],
      ['a', 'LB_REPLY_CUT', true],
    ])
    const { state, errors, used } = member('a')
    assert.deepEqual({ state, errors, used }, { state: 'ok', errors: 0, used: 3 })
  })

  test('closes when the next POST comes: 502, executed once at most, and nobody is blamed', async (t) => {
    const log: string[] = []
    const { client, member } = await cast(t, { a: onceEach(log), b: named('b') })
    await ask(client, get())
    const answer = await ask(client, post().replace('\r\n\r\n', '\r\nCookie: JSESSIONID=1.a\r\n\r\n'))
    assert.deepEqual([answer.status, errorOf(answer)], [502, 'LB_REPLY_CUT'])
    assert.deepEqual(log, ['1: GET / HTTP/1.1', '1: POST / HTTP/1.1, closed'])
    const { state, errors } = member('a')
    assert.deepEqual({ state, errors }, { state: 'ok', errors: 0 })
  })

  test('and was closed while idle: the next requests take another one', async (t) => {
    const onceOnly: Script = async (connection) => {
      await connection.expectMessage()
      await connection.send(ok('a'))
    }
    const { client, member, failures } = await cast(t, { a: onceOnly })
    for (const request of [get(), post(), get(), post()]) {
      assert.equal((await ask(client, request)).status, 200)
      await until('the end has come', () => member('a').connected === 0)
    }
    assert.deepEqual(failures(), [])
  })

  test('takes no POST when it has been idle for over a second, but a GET', async (t) => {
    const connections = answering((_, n) => ok(String(n)))
    // A short limit somewhere makes the clockwork of deadlines tick often.
    const { client } = await cast(t, { a: connections }, { worker: { socketConnectTimeoutMs: 200 } })
    assert.equal((await ask(client, get())).body.toString(), '1')
    assert.equal((await ask(client, post())).body.toString(), '1')
    // Not a wait for something to happen: idle time is what this is about.
    await sleep(1_200)
    assert.equal((await ask(client, post())).body.toString(), '2')
    assert.equal((await ask(client, get())).body.toString(), '2')
    await sleep(1_200)
    assert.equal((await ask(client, get())).body.toString(), '2')
  })
})

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
    const { client, member, backends, events } = await cast(
      t,
      { a: { script: sleepsOnce, replyTimeoutMs: SHORT_MS }, b: named('b') },
      { lb: { recoverTimeMs: SHORT_MS }, balancer: { maintainMs: 20 } },
    )
    const answer = await ask(client, toA('POST'))
    assert.deepEqual([answer.status, errorOf(answer)], [504, 'LB_REPLY_TIMEOUT'])
    assert.equal(backends.b!.accepted, 0)
    await until('a may be tried again', () => member('a').state === 'recover')
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

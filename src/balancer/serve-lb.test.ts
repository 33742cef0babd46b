/** A request on an lb from its first member to its last: where it goes when a member fails, and when it must not go on. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Script } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { REPLAY_BYTES } from './exchange.ts'
import { ask, type CastOptions, cast, cuts, errorOf, named, type Part, post, REFUSES } from './testing/balancer.ts'
import { answering, get, ok, silent } from './testing/engine.ts'

const SHORT_MS = 100

const echo = answering(({ startLine, body }) => ok(`${startLine} ${body}`))
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
      assert.deepEqual(failures(), [['a', 'LB_REPLY_CUT_LATE', false]])
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
    // Time stands still: a connection that has been idle for over a second takes no POST.
    const hooks = { clock: new FakeClock() }
    const { client, member } = await cast(t, { a: onceEach(log), b: named('b') }, { hooks })
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
    const clock = new FakeClock()
    // A short limit somewhere makes the clockwork of deadlines tick often.
    const options = { worker: { socketConnectTimeoutMs: 200 }, hooks: { clock } }
    const { client } = await cast(t, { a: connections }, options)
    assert.equal((await ask(client, get())).body.toString(), '1')
    assert.equal((await ask(client, post())).body.toString(), '1')
    clock.advance(1_200)
    assert.equal((await ask(client, post())).body.toString(), '2')
    assert.equal((await ask(client, get())).body.toString(), '2')
    clock.advance(1_200)
    assert.equal((await ask(client, get())).body.toString(), '2')
  })
})

/** Answers of a container on their way to the client, and whether the connection is used again (ajp13.md 8.2). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  chunk,
  coded,
  END,
  END_AND_CLOSE,
  FLUSH,
  getBody,
  head,
  header,
  headOfLength,
  hex,
  NULL,
  rawHead,
  str,
  toWebServer,
} from './testing/ajp-packets.ts'
import { check, type Fate, play, type Step } from './testing/ajp-play.ts'
import { AjpStage, type AskOptions } from './testing/ajp-stage.ts'

const OK = answer()

describe('C6: END_RESPONSE 0, and the container keeps the connection open', () => {
  test('the client has its answer, the connection is destroyed', () =>
    check([headOfLength(2), chunk('ok'), END_AND_CLOSE], { body: 'ok', connection: 'destroyed' }))
})

describe('C8: the container closes', () => {
  test('before SEND_HEADERS: 502', () => check(['close'], { outcome: 'LB_REPLY_CUT', connection: 'destroyed' }))
  test('in the middle of SEND_HEADERS: 502', () =>
    check([head().subarray(0, 6), 'close'], { outcome: 'LB_REPLY_CUT', connection: 'destroyed' }))
  test('after SEND_HEADERS, which has not left yet: 502, nothing is cut', () =>
    check([headOfLength(9), 'close'], { outcome: 'LB_REPLY_CUT', connection: 'destroyed' }))
  test('after SEND_HEADERS, which has left: the client is cut off', () =>
    check([headOfLength(9), 'hold', 'close'], { outcome: 'cut', connection: 'destroyed' }))
  test('after a part of the body: the client is cut off', () =>
    check([headOfLength(9), chunk('ok'), 'close'], { outcome: 'cut', body: 'ok', connection: 'destroyed' }))
  test('after a new connection was idle: a failure of the worker', () => {
    const { failures } = play(['close'])
    assert.deepEqual(
      failures.map(({ stage, staleConnection }) => ({ stage, staleConnection })),
      [{ stage: 'sent', staleConnection: false }],
    )
  })
  test('a connection that has served before, without a byte: nobody is blamed', () => {
    const stage = AjpStage.connected()
    stage.ask()
    stage.socket.feed(OK)
    const { failures } = stage.ask()
    stage.socket.end()
    assert.deepEqual(
      failures.map(({ code, stage, staleConnection }) => ({ code, stage, staleConnection })),
      [{ code: 'LB_REPLY_CUT', stage: 'sent', staleConnection: true }],
    )
  })
  test('a connection that has served before, after a byte: a failure of the worker', () => {
    for (const begun of [getBody(), OK.subarray(0, 1)]) {
      const stage = AjpStage.connected()
      stage.ask()
      stage.socket.feed(OK)
      const { failures } = stage.ask()
      stage.socket.feed(begun)
      stage.socket.end()
      assert.equal(failures[0]!.staleConnection, false)
    }
  })
})

describe('C9: how an answer ends', () => {
  const rows: readonly [rule: string, steps: readonly Step[], fate: Fate][] = [
    ['close, all of its length', [headOfLength(2), chunk('ok'), 'close'], { body: 'ok', connection: 'destroyed' }],
    [
      'close, all of its length, which has left',
      [headOfLength(2), chunk('ok'), 'hold', 'close'],
      { body: 'ok', connection: 'destroyed' },
    ],
    [
      'close, less than its length',
      [headOfLength(3), chunk('ok'), 'close'],
      { outcome: 'cut', connection: 'destroyed' },
    ],
    ['close, no length', [head(), chunk('ok'), 'close'], { outcome: 'cut', connection: 'destroyed' }],
    ['close, no length, nothing', [head(), 'close'], { outcome: 'LB_REPLY_CUT', connection: 'destroyed' }],
    [
      'END 0, all of its length',
      [headOfLength(2), chunk('ok'), END_AND_CLOSE],
      { body: 'ok', connection: 'destroyed' },
    ],
    [
      'END 0, less than its length',
      [headOfLength(3), chunk('ok'), END_AND_CLOSE],
      { outcome: 'cut', body: 'ok', connection: 'destroyed' },
    ],
    ['END 0, no length', [head(), chunk('ok'), END_AND_CLOSE], { body: 'ok', connection: 'destroyed' }],
    ['END 1, less than its length', [headOfLength(3), chunk('ok'), END], { outcome: 'cut', connection: 'destroyed' }],
    [
      'END 1, less than its length, all at once: nothing has left, so 502',
      [Buffer.concat([headOfLength(3), chunk('ok'), END])],
      { outcome: 'LB_REPLY_SHORT', connection: 'destroyed' },
    ],
    [
      'END 1, more than its length: the surplus is cut off',
      [headOfLength(1), chunk('ok'), END],
      { body: 'o', fields: '', connection: 'destroyed' },
    ],
    ['END 1, no length', [head(), chunk('ok'), END], { body: 'ok' }],
    ['END 1, no length, nothing', [head(), END], { body: '' }],
  ]
  for (const [rule, steps, fate] of rows) test(rule, () => check(steps, fate))

  const strict: readonly [rule: string, steps: readonly Step[], fate: Fate][] = [
    ['no length', [head(), chunk('ok'), END_AND_CLOSE], { outcome: 'cut', connection: 'destroyed' }],
    ['no length, END 1', [head(), chunk('ok'), END], { body: 'ok' }],
    ['an error page of no length', [head(500), chunk('ok'), END_AND_CLOSE], { status: 500, connection: 'destroyed' }],
    ['all of its length', [headOfLength(2), chunk('ok'), END_AND_CLOSE], { body: 'ok', connection: 'destroyed' }],
  ]
  for (const [rule, steps, fate] of strict)
    test(`strictTruncation, END 0: ${rule}`, () => check(steps, fate, {}, { strictTruncation: true }))
})

describe('C10: the message of SEND_HEADERS', () => {
  const rows: readonly [message: string, bytes: Buffer, reason: string][] = [
    ['the status', str('200'), 'OK'],
    ['empty', str(''), 'OK'],
    ['null', NULL, 'OK'],
    ['OK', str('OK'), 'OK'],
    ['its own', str('Fine by me'), 'Fine by me'],
    ['with CR and LF', str('a\r\nSet-Cookie: x=y'), 'aSet-Cookie: x=y'],
    ['with bytes above ASCII', str('a\xe9b'), 'ab'],
  ]
  for (const [message, bytes, reason] of rows) {
    test(message, () => {
      const { client } = play([toWebServer(rawHead(200, bytes, [])), END])
      assert.equal(client.head.split('\r\n', 1)[0], `HTTP/1.1 200 ${reason}`)
    })
  }
  test('the status, which has no phrase of its own', () => {
    const { client } = play([head(299), END])
    assert.equal(client.head.split('\r\n', 1)[0], 'HTTP/1.1 299 ')
  })
})

describe('C11: what breaks the protocol is never passed on', () => {
  const whole = rawHead(200, str('200'), [header('A', 'b')])
  const rows: readonly [rule: string, steps: readonly Step[], fate: Fate][] = [
    ['headers that go beyond their packet', [toWebServer(whole.subarray(0, whole.length - 1))], malformed()],
    ['bytes behind the headers', [toWebServer(Buffer.concat([whole, hex('00')]))], malformed()],
    ['more headers announced than there are', [toWebServer(rawHead(200, str(''), [], 1))], malformed()],
    ['an unassigned header code', [toWebServer(rawHead(200, str(''), [coded(12, 'x')]))], malformed()],
    ['a header without a value', [toWebServer(rawHead(200, str(''), [Buffer.concat([str('A'), NULL])]))], malformed()],
    ['two lengths', [toWebServer(rawHead(200, str(''), [coded(3, '1'), coded(3, '1')]))], malformed()],
    ['a length that is no number', [toWebServer(rawHead(200, str(''), [coded(3, '-1')]))], malformed()],
    ['a packet over the limit', [hex('4142 1ffd 04')], malformed()],
    ['a chunk shorter than it says', [head(), toWebServer(hex('03 0003 41 00'))], malformed()],
    ['a chunk longer than it says', [head(), toWebServer(hex('03 0001 41 42 00'))], malformed()],
    ['a chunk without its NUL passes', [headOfLength(1), toWebServer(hex('03 0001 41')), END], { body: 'A' }],
    ['another magic', [hex('1234 0001 09')], malformed()],
    ...[0, 2, 7, 8, 10, 255].map((type): [string, Step[], Fate] => [
      `type ${type}`,
      [toWebServer(Buffer.of(type))],
      illegal(),
    ]),
    ['CPONG without CPING', [hex('4142 0001 09')], illegal()],
    ['a second SEND_HEADERS', [headOfLength(9), head()], illegal()],
    [
      'a second SEND_HEADERS when the first has left',
      [head(), FLUSH, head()],
      { outcome: 'cut', connection: 'destroyed' },
    ],
    ['data before SEND_HEADERS', [chunk('a')], illegal()],
    ['END_RESPONSE without SEND_HEADERS', [END], illegal()],
    ['GET_BODY_CHUNK for nothing', [toWebServer(hex('06 0000'))], malformed()],
    ['GET_BODY_CHUNK for more than any packet', [toWebServer(hex('06 ffff'))], malformed()],
    ['a byte behind END_RESPONSE', [Buffer.concat([OK, hex('41')])], { body: 'ok', connection: 'destroyed' }],
    ['a byte behind END_RESPONSE, later', [OK, hex('41')], { body: 'ok', connection: 'destroyed' }],
    ['an answer to nobody', [OK, OK], { body: 'ok', connection: 'destroyed' }],
  ]
  for (const [rule, steps, fate] of rows) test(rule, () => check(steps, fate))

  function malformed(): Fate {
    return { outcome: 'LB_REPLY_MALFORMED', connection: 'destroyed' }
  }
  function illegal(): Fate {
    return { outcome: 'LB_REPLY_ILLEGAL', connection: 'destroyed' }
  }
})

describe('C12: answers without a body', () => {
  const rows: readonly [rule: string, steps: readonly Step[], fate: Fate, ask?: AskOptions][] = [
    [
      'HEAD with data',
      [headOfLength(2), chunk('ok'), END],
      { body: '', fields: 'Content-Length: 2\r\n' },
      { method: 'HEAD' },
    ],
    ['HEAD of unknown length with data', [head(), chunk('ok'), END], { body: '', fields: '' }, { method: 'HEAD' }],
    ['204 with data', [head(204), chunk('ok'), END], { status: 204, body: '', fields: '' }],
    ['304 with data', [head(304, 'ETag', '"a"'), chunk('ok'), END], { status: 304, body: '', fields: 'ETag: "a"\r\n' }],
    ['205 with data', [head(205), chunk('ok'), END], { status: 205, body: '', fields: '' }],
  ]
  for (const [rule, steps, fate, ask] of rows) {
    test(rule, () => check(steps, fate, ask))
    test(`${rule}, all at once`, () => check([Buffer.concat(steps as Buffer[])], fate, ask))
  }
})

describe('C13: flush packets', () => {
  const plain = [head(), chunk('a'), chunk('b'), END]
  const flushed = [FLUSH, head(), FLUSH, FLUSH, chunk('a'), FLUSH, chunk('b'), FLUSH, END]
  test('do not change a byte', () => {
    for (const steps of [plain, flushed, [Buffer.concat(flushed)]]) check(steps, { body: 'ab' })
  })
  test('let a head go at once', () => {
    const { client } = play([head()])
    assert.equal(client.head, '')
    assert.equal(play([head(), FLUSH]).client.status, 200)
    assert.equal(play([Buffer.concat([head(), FLUSH])]).client.status, 200)
  })
  test('behind an answer that has left do no harm', () =>
    check([OK.subarray(0, -6), 'hold', FLUSH, END], { body: 'ok' }))
  test('after HEAD', () => check([head(), FLUSH, FLUSH, END], { body: '' }, { method: 'HEAD' }))
})

test('data behind a complete answer that has left is not part of it: the connection is destroyed', () =>
  check([OK.subarray(0, -6), 'hold', chunk('more')], { body: 'ok', connection: 'destroyed' }))

describe('C20: a container that goes silent', () => {
  const GAP = 60_000
  test('row 42, in the middle of an answer: the client is cut off after the gap, and nothing is sent again', () => {
    const { stage, client, failures } = play([head(), chunk('ok'), FLUSH, FLUSH], { replyTimeoutMs: 0 })
    stage.clock.advance(GAP)
    assert.equal(client.outcome, 'open')
    stage.pass(0)
    assert.equal(client.outcome, 'cut')
    assert.equal(stage.closed, 1)
    assert.deepEqual(
      failures.map(({ code, stage }) => [code, stage]),
      [['LB_REPLY_STALLED', 'head']],
    )
  })
  test('row 42, behind all of its length: the answer is complete, the connection goes', () => {
    const { stage, client } = play([headOfLength(2), chunk('ok')])
    assert.equal(client.outcome, 'open')
    stage.clock.advance(10)
    assert.deepEqual([client.outcome, client.body, stage.closed], ['complete', 'ok', 0])
    stage.pass(GAP)
    assert.equal(stage.closed, 1)
  })
  test('row 44, no byte at all: 504 after the reply timeout', () => {
    const { stage, client, failures } = play([], { replyTimeoutMs: 5_000 })
    stage.clock.advance(5_000)
    assert.equal(client.outcome, 'open')
    stage.pass(0)
    assert.equal(client.outcome, 'LB_REPLY_TIMEOUT')
    assert.deepEqual(
      failures.map(({ code, stage }) => [code, stage]),
      [['LB_REPLY_TIMEOUT', 'sent']],
    )
  })
  test('the reply timeout holds within an answer, too', () => {
    const { stage, client } = play([head(), chunk('ok')], { replyTimeoutMs: 1_000 })
    stage.pass(1_000)
    assert.equal(client.outcome, 'cut')
  })
  test('each packet begins the gap anew', () => {
    const { stage, client } = play([head(), chunk('a')], {}, { answerGapMs: 1_000 })
    for (let i = 0; i < 10; i++) {
      stage.clock.advance(800)
      stage.socket.feed(chunk('a'))
    }
    assert.equal(client.outcome, 'open')
  })
  test('socket_timeout: a worker that does not go on is unreachable, not slow', () => {
    const { stage, client } = play([], { replyTimeoutMs: 5_000 }, { socketTimeoutMs: 1_000 })
    stage.pass(1_000)
    assert.equal(client.outcome, 'LB_SOCKET_TIMEOUT')
    const writing = play([], { replyTimeoutMs: 5_000 }, { socketTimeoutMs: 1_000 })
    writing.stage.socket.writableLength = 1
    writing.stage.pass(1_000)
    assert.equal(writing.client.outcome, 'LB_SEND_TIMEOUT')
  })
  test('a client that does not take its answer stops the clock', () => {
    const stage = AjpStage.connected()
    const { client } = stage.ask()
    client.isSlow = true
    stage.socket.feed(Buffer.concat([head(), chunk('ok')]))
    assert.equal(stage.socket.isPaused(), true)
    stage.pass(300_000)
    assert.equal(client.outcome, 'open')
    client.isSlow = false
    stage.connection.resumeAnswer()
    stage.socket.feed(END)
    assert.deepEqual([client.outcome, stage.idle], ['complete', 2])
  })
})

describe('C21: heads that would split the answer', () => {
  const fields: readonly [rule: string, field: Buffer][] = [
    ['CR LF in a value', header('A', 'b\r\nSet-Cookie: c=d')],
    ['a bare LF in a value', header('A', 'b\nc')],
    ['NUL in a value', header('A', 'b\0c')],
    ['01 in a value', header('A', '\x01')],
    ['7F in a value', header('A', '\x7f')],
    ['CR LF in a name', header('A\r\nB', 'c')],
    ['a space in a name', header('A B', 'c')],
    ['a colon in a name', header('A:B', 'c')],
    ['no name', header('', 'c')],
  ]
  for (const [rule, field] of fields) {
    test(rule, () =>
      check([toWebServer(rawHead(200, str('200'), [field])), END], {
        outcome: 'LB_REPLY_MALFORMED',
        connection: 'destroyed',
      }),
    )
  }
  for (const status of [0, 99, 100, 103, 199, 1_000, 65_535]) {
    test(`status ${status}`, () =>
      check([toWebServer(rawHead(status, str(''), [])), END], {
        outcome: 'LB_REPLY_MALFORMED',
        connection: 'destroyed',
      }))
  }
})

describe('C22: a length, and no data', () => {
  const rows: readonly [status: number, framing: string, fields: string][] = [
    [204, 'none', ''],
    [205, 'length', ''],
    [304, 'none', ''],
  ]
  for (const [status, framing, fields] of rows) {
    test(`${status} with Content-Length 5 is complete without it`, () => {
      const steps = [headOfLength(5, status), END]
      check(steps, { status, body: '', fields })
      const { client } = play(steps)
      assert.equal(client.framing, framing)
      if (framing === 'length') assert.equal(client.length, 0)
    })
  }
})

test('fail_on_status: the answer is a failure before anything of it is passed on', () => {
  for (const [listed, code] of [
    [503, 'LB_STATUS_FATAL'],
    [-503, 'LB_STATUS_ERROR'],
  ] as const) {
    const { client, failures, connection } = play([head(503), END], { failOnStatus: [listed] })
    assert.deepEqual([client.outcome, connection], [code, 'destroyed'])
    assert.equal(failures[0]!.stage, 'sent')
  }
})

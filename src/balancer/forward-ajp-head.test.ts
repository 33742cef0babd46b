/** The head of an answer from a container, and in how many pieces the answer leaves (ajp13.md 4.1, 10). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ReadBuffers } from './buffers.ts'
import {
  answer,
  chunk,
  coded,
  END,
  FLUSH,
  head,
  header,
  headOfLength,
  rawHead,
  str,
  toWebServer,
} from './testing/ajp-packets.ts'
import { play, type Step } from './testing/ajp-play.ts'
import { AjpStage } from './testing/ajp-stage.ts'

const OK = answer()

describe('the head of an answer', () => {
  test('has no fields of the connection, none that it lists, and no framing of the container', () => {
    const fields = [
      'X-A',
      '1',
      'Connection',
      'close, X-Hop',
      'X-Hop',
      '1',
      'Keep-Alive',
      '1',
      'Transfer-Encoding',
      'chunked',
    ]
    const more = [
      'Upgrade',
      'a',
      'Proxy-Connection',
      'a',
      'TE',
      'a',
      'Trailer',
      'a',
      'Set-Cookie',
      'a=b',
      'set-cookie',
      'c=d',
    ]
    const { client } = play([head(200, ...fields, ...more), chunk('ok'), 'hold'])
    assert.equal(client.fields, 'X-A: 1\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\n')
    assert.equal(client.framing, 'unknown')
  })
  test('has a Date: its own, or that of now, which moves on', () => {
    const own = play([head(200, 'date', 'Sun, 06 Nov 1994 08:49:37 GMT'), END])
    assert.deepEqual(own.client.head.match(/^date: .*$/gim), ['date: Sun, 06 Nov 1994 08:49:37 GMT'])
    const stage = AjpStage.connected()
    const dates: string[] = []
    for (let i = 0; i < 3; i++) {
      const { client } = stage.ask()
      stage.socket.feed(OK)
      dates.push(/^Date: (.*)\r$/m.exec(client.head)![1]!)
      stage.clock.advance(1_000)
    }
    assert.equal(new Set(dates).size, 3)
    assert.equal(new Date(dates[2]!).getTime() - new Date(dates[0]!).getTime(), 2_000)
  })
  test('is remembered, and made anew when a byte, the method or the time is another', () => {
    const stage = AjpStage.connected()
    const rows: readonly [method: string, type: string, fields: string][] = [
      ['GET', 'a', 'X: a\r\n'],
      ['GET', 'a', 'X: a\r\n'],
      ['GET', 'b', 'X: b\r\n'],
      ['HEAD', 'b', 'X: b\r\nContent-Length: 2\r\n'],
      ['GET', 'b', 'X: b\r\n'],
    ]
    for (const [method, value, fields] of rows) {
      const { client } = stage.ask({ method })
      const pairs = [header('X', value), coded(3, '2')]
      stage.socket.feed(Buffer.concat([toWebServer(rawHead(200, str('200'), pairs)), chunk('ok'), END]))
      assert.equal(client.fields, fields)
      assert.equal(client.body, method === 'HEAD' ? '' : 'ok')
    }
  })
  test('C18: bytes 80 to FF stay what they are', () => {
    const latin = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
    assert.equal(play([head(200, 'X', latin), END]).client.fields, `X: ${latin}\r\n`)
  })
})

test('an answer of unknown length is read into a buffer of its own, and the next one is not', () => {
  const shared = new ReadBuffers().next()
  const stage = AjpStage.connected()
  stage.ask()
  stage.socket.feed(Buffer.concat([head(), chunk('a')]))
  assert.notEqual(stage.socket.buffers.next(), shared)
  stage.socket.feed(END)
  assert.equal(stage.socket.buffers.next(), shared)
})

describe('a small answer leaves in one piece', () => {
  const whole = [headOfLength(4), chunk('ab'), chunk('cd'), END]
  const rows: readonly [rule: string, steps: readonly Step[], pieces: number][] = [
    ['in one read', [Buffer.concat(whole)], 1],
    ['head, then the rest', [whole[0]!, Buffer.concat(whole.slice(1))], 1],
    ['head, data, end', [whole[0]!, Buffer.concat([whole[1]!, whole[2]!]), END], 1],
    ['without a length, in one read', [Buffer.concat([head(), chunk('abcd'), END])], 1],
    ['and waits for its end no longer than a moment', [whole[0]!, chunk('abcd'), 'hold'], 1],
  ]
  for (const [rule, steps, pieces] of rows) {
    test(rule, () => {
      const { client } = play(steps)
      assert.deepEqual([client.pieces, client.body, client.outcome], [pieces, 'abcd', 'complete'])
      assert.deepEqual([client.framing, client.length], ['length', 4])
    })
  }
  test('a stream does not wait, and begins in one piece, too', () => {
    const { client } = play([head(), chunk('a')])
    assert.deepEqual([client.pieces, client.body], [1, 'a'])
    const large = 'x'.repeat(8_000)
    const whole = play([Buffer.concat([headOfLength(24_000), chunk(large), chunk(large), chunk(large), END])]).client
    assert.deepEqual([whole.pieces, whole.body, whole.outcome], [1, large.repeat(3), 'complete'])
  })
  test('a head waits for a moment, and no longer', () => {
    const { client, stage } = play([head()])
    assert.equal(client.head, '')
    stage.clock.advance(5)
    assert.equal(client.status, 200)
  })
  test('also behind an answer that was flushed', () => {
    const stage = AjpStage.connected()
    stage.ask()
    stage.socket.feed(Buffer.concat([head(), FLUSH, chunk('a'), END]))
    const { client } = stage.ask()
    stage.socket.feed(headOfLength(2))
    assert.equal(client.head, '')
  })
  test('many chunks of one read leave as one piece', () => {
    const chunks = Array.from({ length: 7 }, (_, i) => chunk(String(i).repeat(8_184)))
    const { client } = play([head(), FLUSH, Buffer.concat(chunks)])
    assert.equal(client.pieces, 2)
    assert.equal(client.body, [0, 1, 2, 3, 4, 5, 6].map((i) => String(i).repeat(8_184)).join(''))
  })
})

/** Bodies of requests, packet by packet as a container asks for them, and answers that come before their end (ajp13.md 8.2). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstBodyBytes } from '../ajp/index.ts'
import { answer, chunk, END, END_AND_CLOSE, FLUSH, getBody, head, headOfLength } from './testing/ajp-packets.ts'
import { AjpStage, type AskOptions } from './testing/ajp-stage.ts'

const EMPTY = Buffer.alloc(0)
const HOST = 'Host: www.example.com\r\n'
const CHUNKED = `${HOST}Transfer-Encoding: chunked\r\n`
const lengthOf = (bytes: number): string => `${HOST}Content-Length: ${bytes}\r\n`

function ask(options: AskOptions) {
  const stage = AjpStage.connected()
  const { exchange, client, failures } = stage.ask(options)
  const { socket } = stage
  return { stage, exchange, client, failures, socket }
}

/** The data of body packets as they were written. */
const dataOf = (payload: Buffer): string => payload.toString('latin1', 2)

describe('C3: a body of known length', () => {
  for (const length of [1, 511, 512, 767, 768, 2_560, 8_186, 8_187, 100_000]) {
    test(`${length} bytes: one packet unasked, in one write with the request; the rest on request`, () => {
      const body = 'x'.repeat(length)
      const { socket } = ask({ method: 'POST', fields: lengthOf(length), body })
      assert.equal(socket.writes, 1)
      const { bodies, bodyLength } = socket.request()
      assert.equal(bodyLength, length)
      assert.deepEqual(
        bodies.map((each) => each.length - 2),
        [firstBodyBytes(length, 8_192)],
      )
      let sent = dataOf(bodies[0]!)
      while (sent.length < length) {
        assert.deepEqual(socket.packets(), [])
        socket.feed(getBody())
        const [next] = socket.packets()
        assert.equal(next!.length - 2, Math.min(8_186, length - sent.length))
        sent += dataOf(next!)
      }
      assert.equal(sent, body)
      socket.feed(getBody())
      assert.deepEqual(socket.packets(), [EMPTY], 'end of body')
      socket.feed(answer())
    })
  }

  test('no first packet begins like a message, which a container that refuses might read (7.2)', () => {
    for (let length = 1; length < 8_186; length++) {
      const type = firstBodyBytes(length, 8_192) >>> 8
      assert.ok(type !== 2 && type !== 10, `${length}`)
    }
  })

  test('what is asked for is the most that is sent', () => {
    const { socket } = ask({ method: 'POST', fields: lengthOf(100), body: 'x'.repeat(100) })
    socket.packets()
    const small = ask({ method: 'POST', fields: CHUNKED, body: 'x'.repeat(100) })
    small.socket.packets()
    small.socket.feed(getBody(7))
    assert.deepEqual(
      small.socket.packets().map((each) => each.length - 2),
      [7],
    )
  })

  test('what is there is sent, however little; pieces of the client are joined', () => {
    const { socket, exchange } = ask({ method: 'POST', fields: lengthOf(6), body: 'a', bodyEnds: false })
    assert.deepEqual(socket.request().bodies.map(dataOf), ['a'])
    exchange.bodyData(Buffer.from('b'))
    exchange.bodyData(Buffer.from('c'))
    assert.deepEqual(socket.packets(), [])
    socket.feed(getBody())
    assert.deepEqual(socket.packets().map(dataOf), ['bc'])
    socket.feed(getBody())
    assert.deepEqual(socket.packets(), [])
    exchange.bodyData(Buffer.from('def'))
    assert.deepEqual(socket.packets().map(dataOf), ['def'])
    exchange.bodyEnd(undefined)
    socket.feed(answer())
    assert.equal(exchange.finished, true)
  })

  test('the client waits while a packet’s worth waits, and goes on when it was asked for', () => {
    const { socket, exchange, client } = ask({ method: 'POST', fields: lengthOf(100_000), body: 'a', bodyEnds: false })
    exchange.bodyData(Buffer.alloc(8_000))
    assert.equal(client.isBodyPaused, false)
    exchange.bodyData(Buffer.alloc(8_000))
    assert.equal(client.isBodyPaused, true)
    socket.feed(getBody())
    assert.equal(client.isBodyPaused, false)
  })
})

describe('C4: a body of unknown length', () => {
  const rows: readonly [rule: string, body: string][] = [
    ['0 bytes', ''],
    ['n bytes', 'abc'],
    ['more than a packet', 'x'.repeat(10_000)],
  ]
  for (const [rule, body] of rows) {
    test(`${rule}: nothing unasked; the end when asked, and once more when asked again`, () => {
      const { socket, stage } = ask({ method: 'POST', fields: CHUNKED, body })
      assert.deepEqual(socket.request().bodies, [])
      let sent = ''
      while (sent.length < body.length) {
        socket.feed(getBody())
        sent += socket.packets().map(dataOf).join('')
      }
      assert.equal(sent, body)
      for (let i = 0; i < 2; i++) {
        socket.feed(getBody())
        assert.equal(Buffer.concat(socket.written.splice(0)).toString('hex'), '12340000')
      }
      socket.feed(answer())
      assert.equal(stage.idle, 2)
    })
  }
  test('GET_BODY_CHUNK for a request without a body gets its end', () => {
    const { socket } = ask({})
    socket.packets()
    socket.feed(getBody())
    assert.deepEqual(socket.packets(), [EMPTY])
  })
  test('a second GET_BODY_CHUNK while one is unanswered is refused', () => {
    const { socket, client } = ask({ method: 'POST', fields: CHUNKED })
    socket.feed(Buffer.concat([getBody(), getBody()]))
    assert.equal(client.outcome, 'LB_REPLY_ILLEGAL')
  })
  test('GET_BODY_CHUNK by somebody who has not read the last one is refused: answers must not pile up here', () => {
    const { socket, client } = ask({ method: 'POST', fields: CHUNKED, body: '' })
    socket.feed(getBody())
    socket.writableLength = 4
    socket.feed(getBody())
    assert.equal(client.outcome, 'LB_REPLY_ILLEGAL')
    assert.equal(socket.destroyed, true)
  })
  test('100 Continue is said when the container asks, not before', () => {
    const { socket, client } = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n` })
    assert.equal(client.informational, '')
    socket.feed(getBody())
    assert.equal(client.informational, 'HTTP/1.1 100 Continue\r\n\r\n')
  })
  test('100 Continue is not said to a client that did not wait, or has its answer', () => {
    const eager = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n`, body: 'a', bodyEnds: false })
    eager.socket.feed(Buffer.concat([getBody()]))
    eager.socket.feed(getBody())
    assert.equal(eager.client.informational, '')
    const answered = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n` })
    answered.socket.feed(Buffer.concat([head(), FLUSH]))
    answered.socket.feed(getBody())
    assert.equal(answered.client.informational, '')
  })
  test('while the client has to send, its own limits hold', () => {
    const { socket, stage, client, exchange } = ask({ method: 'POST', fields: CHUNKED, replyTimeoutMs: 1_000 })
    socket.feed(getBody())
    stage.pass(100_000)
    assert.equal(client.outcome, 'open')
    exchange.bodyData(Buffer.from('a'))
    stage.pass(1_000)
    assert.equal(client.outcome, 'LB_REPLY_TIMEOUT')
  })
})

describe('C5 and C7: an answer before the end of the body', () => {
  test('C5: END_RESPONSE 1 with a packet unanswered: the connection is destroyed', () => {
    const { stage, socket, client } = ask({ method: 'POST', fields: CHUNKED })
    socket.feed(getBody())
    socket.feed(answer())
    assert.deepEqual([client.outcome, stage.idle, stage.closed], ['complete', 1, 1])
  })
  test('C7: an early 401 is delivered, the upload is given up, the connection is used again', () => {
    const { stage, socket, client, exchange } = ask({
      method: 'POST',
      fields: lengthOf(100_000),
      body: 'x'.repeat(20_000),
      bodyEnds: false,
    })
    socket.feed(Buffer.concat([headOfLength(2, 401), chunk('no'), END]))
    assert.deepEqual([client.status, client.outcome, client.body], [401, 'complete', 'no'])
    assert.equal(stage.idle, 2)
    exchange.bodyData(Buffer.from('late'))
    socket.packets()
    const next = stage.ask({ method: 'POST', fields: lengthOf(3), body: 'own' })
    assert.deepEqual(socket.request().bodies.map(dataOf), ['own'])
    socket.feed(answer())
    assert.equal(next.client.body, 'ok')
  })
  test('C7 with END_RESPONSE 0: the connection is destroyed at once', () => {
    const { stage, socket, client } = ask({
      method: 'POST',
      fields: lengthOf(100_000),
      body: 'x'.repeat(20_000),
      bodyEnds: false,
    })
    socket.feed(Buffer.concat([headOfLength(2, 400), chunk('no'), END_AND_CLOSE]))
    assert.deepEqual([client.outcome, stage.closed], ['complete', 1])
  })
  test('a complete answer without its end goes out, and the upload goes on', () => {
    const { stage, socket, client, exchange } = ask({ method: 'POST', fields: CHUNKED, body: 'a', bodyEnds: false })
    socket.feed(Buffer.concat([headOfLength(2), chunk('ok')]))
    stage.clock.advance(10)
    assert.deepEqual([client.body, client.outcome], ['ok', 'open'])
    socket.packets()
    socket.feed(getBody())
    assert.deepEqual(socket.packets().map(dataOf), ['a'])
    exchange.bodyEnd(undefined)
    socket.feed(END)
    assert.deepEqual([client.outcome, stage.idle], ['complete', 2])
  })
})

describe('C16: the client goes away', () => {
  const rows: readonly [rule: string, options: AskOptions, steps: readonly Buffer[]][] = [
    ['before the answer', {}, []],
    ['in the middle of the body', { method: 'POST', fields: lengthOf(9), body: 'a', bodyEnds: false }, []],
    ['while the container waits for the body', { method: 'POST', fields: CHUNKED }, [getBody()]],
    ['in the middle of the answer', {}, [head(), chunk('a')]],
    ['before the end of a complete answer', {}, [headOfLength(1), chunk('a')]],
  ]
  for (const [rule, options, steps] of rows) {
    test(`${rule}: the connection is destroyed, and nothing more is sent`, () => {
      const { stage, socket, exchange, failures } = ask(options)
      for (const step of steps) socket.feed(step)
      socket.packets()
      exchange.abort()
      assert.deepEqual([stage.closed, socket.destroyed, socket.written.length], [1, true, 0])
      assert.deepEqual(failures, [])
      stage.clock.advance(100_000)
    })
  }
  test('before a connection is there', () => {
    const stage = new AjpStage()
    const { exchange } = stage.ask()
    exchange.abort()
    assert.deepEqual([stage.closed, stage.socket.destroyed], [1, true])
  })
})

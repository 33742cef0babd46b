/** Mistakes of our own at one request: they cost that request, and neither the process nor another one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chunk, END, getBody, head, headOfLength } from './testing/ajp-packets.ts'
import { AjpStage, exchangeOf } from './testing/ajp-stage.ts'

const MISTAKE = new TypeError('a mistake of ours')
const fail = (): never => {
  throw MISTAKE
}

describe('an exception that is none of the protocol', () => {
  test('while the request is written: nothing has left, and the connection serves the next', () => {
    const stage = AjpStage.connected()
    const { exchange, client, failures } = exchangeOf()
    Object.defineProperty(exchange, 'forwardTarget', { get: fail })
    stage.connection.carry(exchange)
    assert.deepEqual(failures, [{ code: 'LB_INTERNAL', stage: 'unsent', staleConnection: false, cause: MISTAKE }])
    assert.equal(client.outcome, 'LB_INTERNAL')
    assert.deepEqual(stage.socket.written, [])
    const next = stage.ask()
    stage.socket.feed(Buffer.concat([headOfLength(2), chunk('ok'), END]))
    assert.equal(next.client.body, 'ok')
  })

  test('between a request and its body: nothing of it gets onto another connection', () => {
    const stage = AjpStage.connected()
    for (const after of ['a request', 'a part of a body']) {
      const other = stage.another()
      const { exchange } = other.ask({ method: 'POST', fields: 'Host: a\r\nTransfer-Encoding: chunked\r\n' })
      const failing = exchangeOf({ target: '/failing' })
      failing.exchange.carriedBy = fail
      other.socket.packets()
      assert.throws(() => stage.another().connection.carry(failing.exchange), MISTAKE)
      if (after === 'a request') {
        const next = stage.another()
        next.ask({ target: '/next' })
        assert.equal(next.socket.request().uri, '/next')
      } else {
        other.socket.feed(getBody())
        exchange.bodyData(Buffer.from('abc'))
        assert.deepEqual(other.socket.packets(), [Buffer.from('\0\x03abc', 'latin1')])
      }
    }
  })

  test('while the answer is read: the attempt fails, and the connection is destroyed', () => {
    const stage = AjpStage.connected()
    const { client, failures } = stage.ask()
    client.sendHead = fail
    stage.socket.feed(Buffer.concat([head(), chunk('a')]))
    assert.deepEqual(
      failures.map(({ code, cause }) => ({ code, cause })),
      [{ code: 'LB_INTERNAL', cause: MISTAKE }],
    )
    assert.equal(stage.socket.destroyed, true)
  })

  test('when an answer has waited for long enough: the attempt fails, and others that wait do not', () => {
    const stage = AjpStage.connected()
    const other = stage.another()
    const { client, failures } = stage.ask()
    const { client: well } = other.ask()
    client.sendHead = fail
    stage.socket.feed(head())
    other.socket.feed(head())
    stage.clock.advance(5)
    assert.equal(failures[0]!.code, 'LB_INTERNAL')
    assert.equal(well.status, 200)
  })

  test('behind the end of an answer: the request that the connection took up since is not blamed', () => {
    const stage = AjpStage.connected()
    const { client } = stage.ask()
    const next = exchangeOf({ target: '/next' })
    client.sendWhole = () => {
      stage.connection.carry(next.exchange)
      fail()
    }
    assert.throws(() => stage.socket.feed(Buffer.concat([headOfLength(2), chunk('ok'), END])), MISTAKE)
    assert.deepEqual(next.failures, [])
    stage.socket.feed(Buffer.concat([headOfLength(2), chunk('ok'), END]))
    assert.equal(next.client.body, 'ok')
  })
})

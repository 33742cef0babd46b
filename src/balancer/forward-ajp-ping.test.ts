/** CPing and CPong: when a connection is asked for a sign of life, and what becomes of it without one (ajp13.md 5.1). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BackendConnection } from './backend-connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { AjpConnection } from './forward-ajp.ts'
import type { EndpointWorkerOptions } from './options.ts'
import { answer, CPONG, head } from './testing/ajp-packets.ts'
import { AjpStage, exchangeOf, FakeSocket } from './testing/ajp-stage.ts'

const CPING = '123400010a'
const written = (socket: FakeSocket): string => Buffer.concat(socket.written.splice(0)).toString('hex')
/** A request, and nothing before it. */
const isRequest = (text: string): boolean => /^1234....02/.test(text)

const POST = { method: 'POST', fields: 'Host: a\r\nContent-Length: 1\r\n', body: 'a' }

/** A connection that has served and been idle for so long. */
function idleFor(ms: number, options: Partial<EndpointWorkerOptions> = {}): AjpStage {
  const stage = AjpStage.connected(options)
  if (options.connectTimeoutMs || options.prepostTimeoutMs) stage.socket.feed(CPONG)
  stage.ask()
  stage.socket.feed(options.prepostTimeoutMs ? Buffer.concat([CPONG]) : answer())
  if (options.prepostTimeoutMs) stage.socket.feed(answer())
  assert.equal(stage.idle, 2)
  written(stage.socket)
  stage.clock.advance(ms)
  return stage
}

describe('after connecting', () => {
  test('no CPing without connect_timeout', () => {
    const stage = new AjpStage()
    stage.ask()
    stage.socket.connect()
    assert.ok(isRequest(written(stage.socket)))
  })
  for (const options of [{ connectTimeoutMs: 500 }, { pingMode: 'C', pingTimeoutMs: 500 }, { prepostTimeoutMs: 500 }]) {
    test(`${JSON.stringify(options)}: CPing, and the request behind CPong`, () => {
      const stage = new AjpStage(options)
      stage.ask()
      stage.socket.connect()
      assert.equal(written(stage.socket), CPING)
      stage.socket.feed(CPONG)
      assert.ok(isRequest(written(stage.socket)))
    })
  }
  test('with both settings one CPing, not two', () => {
    const stage = new AjpStage({ pingMode: 'A', pingTimeoutMs: 300 })
    stage.ask()
    stage.socket.connect()
    stage.socket.feed(CPONG)
    assert.match(written(stage.socket), new RegExp(`^${CPING}1234....02`))
  })
  test('without an answer in time the worker is at fault', () => {
    const stage = new AjpStage({ connectTimeoutMs: 500 })
    const { failures, client } = stage.ask()
    stage.socket.connect()
    stage.clock.advance(500)
    assert.equal(client.outcome, 'open')
    stage.pass(0)
    assert.deepEqual(
      failures.map(({ code, stage, staleConnection }) => ({ code, stage, staleConnection })),
      [{ code: 'LB_NO_CPONG', stage: 'unsent', staleConnection: false }],
    )
    assert.equal(stage.closed, 1)
  })
})

describe('C17: instead of CPong', () => {
  const rows: readonly [rule: string, then: (stage: AjpStage) => void][] = [
    ['nothing for too long', (stage) => stage.pass(500)],
    ['another packet', (stage) => stage.socket.feed(head())],
    ['garbage', (stage) => stage.socket.feed(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['two of them', (stage) => stage.socket.feed(Buffer.concat([CPONG, CPONG]))],
    ['one and a byte', (stage) => stage.socket.feed(Buffer.concat([CPONG, CPONG.subarray(0, 1)]))],
    ['a close', (stage) => stage.socket.end()],
    ['an error', (stage) => void stage.socket.emit('error', new Error('reset'))],
  ]
  for (const [rule, then] of rows) {
    test(`${rule}: the connection is destroyed; one that had served blames nobody`, () => {
      const stage = idleFor(0, { prepostTimeoutMs: 500 })
      const { failures } = stage.ask(POST)
      assert.equal(written(stage.socket), CPING)
      then(stage)
      assert.deepEqual([stage.closed, stage.socket.destroyed], [1, true])
      assert.deepEqual(
        failures.map(({ code, stage, staleConnection }) => ({ code, stage, staleConnection })),
        [{ code: 'LB_NO_CPONG', stage: 'unsent', staleConnection: true }],
      )
      assert.equal(written(stage.socket), '', 'nothing of the request was sent')
    })
  }
  test('a second one later meets the request, and is refused', () => {
    const stage = idleFor(0, { prepostTimeoutMs: 500 })
    const { client } = stage.ask(POST)
    stage.socket.feed(CPONG)
    stage.socket.feed(CPONG)
    assert.equal(client.outcome, 'LB_REPLY_ILLEGAL')
  })
  test('byte by byte it is CPong all the same', () => {
    const stage = idleFor(0, { prepostTimeoutMs: 500 })
    stage.ask(POST)
    for (const byte of CPONG) stage.socket.feed(Buffer.of(byte))
    assert.match(written(stage.socket), new RegExp(`^${CPING}1234....02`))
  })
})

describe('before a request on a connection that was silent', () => {
  const rows: readonly [
    rule: string,
    ms: number,
    options: Partial<EndpointWorkerOptions>,
    method: string,
    pings: boolean,
  ][] = [
    ['for less than a second: no CPing for POST', 800, {}, 'POST', false],
    ['for more than a second: CPing before POST, which cannot be sent again', 1_300, {}, 'POST', true],
    ['for more than a second: none before GET, which can', 1_300, {}, 'GET', false],
    ['for more than a second, with allowReplay: none', 1_300, { allowReplay: true }, 'POST', false],
    ['not at all, with prepost_timeout: CPing', 0, { prepostTimeoutMs: 500 }, 'GET', true],
  ]
  for (const [rule, ms, options, method, pings] of rows) {
    test(rule, () => {
      const stage = idleFor(ms, options)
      stage.ask({ ...POST, method })
      const first = written(stage.socket)
      assert.equal(first === CPING, pings)
      assert.equal(isRequest(first), !pings)
    })
  }
  test('for which 5 s are enough', () => {
    const stage = idleFor(2_000)
    const { client } = stage.ask(POST)
    stage.clock.advance(5_000)
    assert.equal(client.outcome, 'open')
    stage.pass(0)
    assert.equal(client.outcome, 'LB_NO_CPONG')
  })
})

describe('a pool of AJP connections', () => {
  function pool(options: Partial<EndpointWorkerOptions> = {}) {
    const stage = new AjpStage(options)
    const sockets: FakeSocket[] = []
    const connect = (owner: ConnectionPool) =>
      new AjpConnection(stage.target, stage.deadlines, owner, (_target, buffers, read) => {
        const socket = new FakeSocket(buffers, read)
        sockets.push(socket)
        return socket as never
      })
    const connections = new ConnectionPool(
      { size: 2, minSize: 1, idleTimeoutMs: 0, acquireTimeoutMs: 1_000 },
      (owner): BackendConnection => connect(owner as ConnectionPool),
      stage.deadlines,
    )
    const ask = (fresh = false, ofPost = false) => {
      const asked = exchangeOf(ofPost ? POST : {})
      connections.carry(asked.exchange, fresh)
      return asked
    }
    return { stage, sockets, connections, ask }
  }

  function withIdle(options: Partial<EndpointWorkerOptions> = {}) {
    const all = pool(options)
    all.ask()
    all.sockets[0]!.connect()
    all.sockets[0]!.feed(answer())
    written(all.sockets[0]!)
    return all
  }

  test('probes what has been idle for longer than the interval, and keeps what answers', () => {
    const { stage, sockets, connections } = withIdle()
    stage.clock.advance(900)
    connections.probe(1_000)
    assert.equal(written(sockets[0]!), '')
    stage.clock.advance(300)
    connections.probe(1_000)
    assert.equal(written(sockets[0]!), CPING)
    connections.probe(1_000)
    assert.equal(written(sockets[0]!), '', 'one at a time')
    sockets[0]!.feed(CPONG)
    assert.deepEqual([connections.idle, connections.connected], [1, 1])
  })
  test('a probe does not make a connection young: trimming counts from its last request', () => {
    const { stage, sockets, connections } = withIdle()
    stage.clock.advance(2_000)
    connections.probe(1_000)
    sockets[0]!.feed(CPONG)
    connections.probe(1_000)
    assert.equal(written(sockets[0]!), CPING + CPING)
  })
  test('drops what does not answer a probe in time', () => {
    const { stage, sockets, connections } = withIdle({ pingTimeoutMs: 700 })
    stage.clock.advance(2_000)
    connections.probe(1_000)
    stage.pass(700)
    assert.deepEqual([connections.idle, connections.connected, sockets[0]!.destroyed], [0, 0, true])
  })
  test('a request takes a connection that is being probed, and waits for what comes out', () => {
    const { stage, sockets, connections, ask } = withIdle()
    stage.clock.advance(2_000)
    connections.probe(1_000)
    written(sockets[0]!)
    const { client } = ask(false, true)
    assert.equal(written(sockets[0]!), '', 'no second CPing, and no request yet')
    sockets[0]!.feed(CPONG)
    assert.ok(isRequest(written(sockets[0]!)))
    sockets[0]!.feed(answer())
    assert.equal(client.body, 'ok')
  })
  test('a request on one that turns out dead may go to a fresh one', () => {
    const { stage, sockets, connections, ask } = withIdle()
    stage.clock.advance(2_000)
    const { failures } = ask(false, true)
    sockets[0]!.end()
    assert.equal(failures[0]!.staleConnection, true)
    const again = ask(true, true)
    sockets[1]!.connect()
    assert.ok(isRequest(written(sockets[1]!)))
    sockets[1]!.feed(answer())
    assert.deepEqual([again.client.body, connections.connected], ['ok', 1])
  })
  test('closes what is idle and being probed, and lets a request end', () => {
    const { stage, sockets, connections, ask } = withIdle()
    stage.clock.advance(2_000)
    connections.probe(1_000)
    const { client } = ask()
    connections.close()
    assert.equal(connections.connected, 1)
    sockets[0]!.feed(CPONG)
    sockets[0]!.feed(answer())
    assert.deepEqual([client.outcome, connections.connected], ['complete', 0])
  })
  test('any byte on an idle connection, and its end, take it out', () => {
    for (const event of [(socket: FakeSocket) => socket.feed(Buffer.of(0x41)), (socket: FakeSocket) => socket.end()]) {
      const { sockets, connections } = withIdle()
      event(sockets[0]!)
      assert.deepEqual([connections.idle, connections.connected], [0, 0])
    }
  })
  test('a connection whose answer is out waits for its end before it serves again', () => {
    const { stage, sockets, connections, ask } = withIdle()
    const { client } = ask()
    sockets[0]!.feed(answer().subarray(0, -6))
    stage.clock.advance(10)
    assert.equal(client.outcome, 'complete')
    assert.deepEqual([connections.idle, connections.connected], [0, 1])
    sockets[0]!.feed(answer().subarray(-6))
    assert.deepEqual([connections.idle, connections.connected], [1, 1])
  })
})

describe('connecting', () => {
  const rows: readonly [rule: string, event: (stage: AjpStage) => void, code: string][] = [
    [
      'refused',
      ({ socket }) => void socket.emit('error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
      'LB_CONNECT_REFUSED',
    ],
    ['unreachable', ({ socket }) => void socket.emit('error', new Error('x')), 'LB_CONNECT_FAILED'],
    ['not in time', (stage) => stage.pass(500), 'LB_CONNECT_TIMEOUT'],
  ]
  for (const [rule, event, code] of rows) {
    test(rule, () => {
      const stage = new AjpStage({ socketConnectTimeoutMs: 500 })
      const { client, failures } = stage.ask()
      event(stage)
      assert.deepEqual([client.outcome, failures[0]!.stage, stage.closed], [code, 'unsent', 1])
    })
  }
})

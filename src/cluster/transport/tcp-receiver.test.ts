/** The listening end of the TCP transport against bytes from anybody. */
import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { until } from '../../../test/kit/until.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { ACK_FRAME, encodeFrame } from '../frame.ts'
import { fixture } from '../testing/fixture.ts'
import { RawClient } from '../testing/raw-peer.ts'
import { type NodeSettings, TransportNode, testOptions } from '../testing/transport-node.ts'
import { TcpTransport } from './tcp.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function node(settings: NodeSettings = {}): Promise<TransportNode> {
  const opened = await new TransportNode(new TcpTransport(testOptions(settings))).open()
  closing.push(() => opened.transport.close(0))
  return opened
}

async function client(to: TransportNode): Promise<RawClient> {
  const connected = await RawClient.connect(to.member.port)
  closing.push(() => connected.socket.destroy())
  return connected
}

/** Another connection still gets through. */
async function assertServes(to: TransportNode): Promise<void> {
  const other = await client(to)
  const text = `still here ${to.received.length}`
  other.socket.write(encodeFrame(Buffer.from(text)))
  await until('another connection is served', () => to.received.includes(text))
}

describe('bytes that are no frames close their connection and nothing else', () => {
  const tooLong = Buffer.from('FLT2002\x7f\xff\xff\xff', 'latin1')
  const rows: [rule: string, bytes: Buffer, code: string][] = [
    ['a web request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'CLUSTER_FRAME_START'],
    ['a negative length', Buffer.from('FLT2002\xff\xff\xff\xff', 'latin1'), 'CLUSTER_FRAME_LENGTH'],
    ['a length over the limit', tooLong, 'CLUSTER_FRAME_TOO_LARGE'],
    ['a frame without its end', Buffer.from('FLT2002\x00\x00\x00\x01xyz', 'latin1'), 'CLUSTER_FRAME_END'],
    [
      'a good frame and then garbage',
      Buffer.concat([encodeFrame(Buffer.from('x')), Buffer.of(0)]),
      'CLUSTER_FRAME_START',
    ],
  ]
  for (const [rule, bytes, code] of rows) {
    test(rule, async () => {
      const a = await node()
      const hostile = await client(a)
      hostile.socket.write(bytes)
      await until('it is closed', () => hostile.closed)
      assert.deepEqual(
        a.refusals.map((cause) => cause.code),
        [code],
      )
      await assertServes(a)
    })
  }
})

describe('ordinary ends say nothing', () => {
  const rows: [rule: string, leave: (client: RawClient) => void][] = [
    ['a connection without a byte', ({ socket }) => socket.end()],
    ['exactly one probe, then close, as Tomcat does', ({ socket }) => socket.end(fixture('02-tcp-probe'))],
    ['a frame cut off by a close', ({ socket }) => socket.end(fixture('02-tcp-probe').subarray(0, 50))],
    ['a reset', ({ socket }) => socket.resetAndDestroy()],
  ]
  for (const [rule, leave] of rows) {
    test(rule, async () => {
      const a = await node()
      const peer = await client(a)
      leave(peer)
      await until('it is closed', () => peer.closed)
      await assertServes(a)
      assert.deepEqual(a.refusals, [])
    })
  }
})

test('frames that arrived whole before the end are still handled', async () => {
  const a = await node()
  let release = () => {}
  a.onFrame = (text) => (text === 'first' ? new Promise((resolve) => (release = resolve)) : undefined)
  const peer = await client(a)
  peer.socket.end(Buffer.concat([encodeFrame(Buffer.from('first')), encodeFrame(Buffer.from('second'))]))
  await until('the first is being handled', () => a.received.length === 1)
  release()
  await until('the second is handled', () => a.received.length === 2)
})

test('acknowledgements go back on the connection that brought the message', async () => {
  const a = await node()
  a.onFrame = (_text, reply) => reply(ACK_FRAME)
  const [one, two] = [await client(a), await client(a)]
  one.socket.write(encodeFrame(Buffer.from('x')))
  await until('the answer is there', () => one.received.length === ACK_FRAME.length)
  assert.deepEqual(one.received, ACK_FRAME)
  assert.equal(two.received.length, 0)
})

test('a peer that does not take its last acknowledgements holds up the end for no longer than the grace time', async (t) => {
  // It waits until everything is written, so for ever where the peer reads nothing.
  t.mock.method(Socket.prototype, 'destroySoon', () => {})
  const a = await new TransportNode(new TcpTransport(testOptions({}))).open()
  const peer = await client(a)
  peer.socket.write(encodeFrame(Buffer.from('x')))
  await until('the frame is here', () => a.received.length === 1)
  await a.transport.close(20)
  await until('it is cut off', () => peer.closed)
})

test('a flood to a slow handler waits in the sender, not here', async () => {
  const a = await node({ limits: { maxReceiveBytes: 1_000_000 } })
  a.onFrame = () => new Promise(() => {})
  const peer = await client(a)
  const frames = Buffer.concat(Array.from({ length: 1000 }, () => encodeFrame(Buffer.alloc(1000))))
  let taken = 0
  for (let i = 0; i < 40; i++) peer.socket.write(frames, () => taken++)
  await assertStalls(() => taken)
  assert.equal(peer.closed, false)
  assert.deepEqual(a.refusals, [])
  a.onFrame = () => {}
  await assertServes(a)
})

/** The count stops growing before all 40 megabytes are taken. */
async function assertStalls(count: () => number): Promise<void> {
  let last = -1
  await until('the sender has to wait', async () => {
    const before = last
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 20))
    return before === last && last === count()
  })
  assert.ok(last < 40, 'everything was taken')
}

describe('limits of the receiver', () => {
  test('acknowledgements: a peer that wants many and reads none is closed', async () => {
    const a = await node()
    a.onFrame = (_text, reply) => reply(ACK_FRAME)
    const hostile = await client(a)
    hostile.socket.pause()
    const frames = Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame(Buffer.from('x'))))
    await until('it is closed', () => {
      if (a.refusals.length === 0 && hostile.socket.writableLength < 1_000_000) hostile.socket.write(frames)
      return a.refusals.length > 0
    })
    assert.equal(a.refusals[0]?.code, 'CLUSTER_ACKS_UNREAD')
    a.onFrame = () => {}
    await assertServes(a)
  })

  test('unfinished frames of all connections: the one that goes beyond is closed', async () => {
    const a = await node({ limits: { maxReceiveBytes: 300_000 } })
    const part = encodeFrame(Buffer.alloc(1_000_000)).subarray(0, 200_000)
    const first = await client(a)
    first.socket.write(part)
    const second = await client(a)
    second.socket.write(part)
    await until('one is closed', () => first.closed || second.closed)
    assert.deepEqual(
      a.refusals.map((cause) => cause.code),
      ['CLUSTER_RECEIVE_FULL'],
    )
    assert.notEqual(first.closed, second.closed)
    await assertServes(a)
    const rest = (first.closed ? second : first).socket
    rest.write(encodeFrame(Buffer.alloc(1_000_000)).subarray(200_000, 210_000))
    await assertServes(a)
    assert.equal(a.refusals.length, 1, 'the closed connection counts no more')
  })

  test('connections: one more than allowed is closed, and welcome when another has left', async () => {
    const a = await node({ limits: { maxConnections: 2 } })
    const [first, second] = [await client(a), await client(a)]
    for (const { socket } of [first, second]) socket.write(encodeFrame(Buffer.from('taken')))
    await until('both are welcome', () => a.received.length === 2)
    const third = await client(a)
    await until('the third is closed', () => third.closed)
    assert.deepEqual(
      a.refusals.map((cause) => cause.code),
      ['CLUSTER_TOO_MANY_CONNECTIONS'],
    )
    first.socket.end()
    await until('the first has left', () => first.closed)
    await assertServes(a)
  })

  test('connections: one that never sent anything makes room for a new one, the oldest first', async () => {
    const a = await node({ limits: { maxConnections: 2 } })
    const speaking = await client(a)
    speaking.socket.write(encodeFrame(Buffer.from('taken')))
    await until('it is welcome', () => a.received.length === 1)
    const mute = await client(a)
    await assertServes(a)
    await until('the mute one is closed', () => mute.closed)
    assert.equal(speaking.closed, false)
    assert.deepEqual(
      a.refusals.map((cause) => cause.code),
      ['CLUSTER_TOO_MANY_CONNECTIONS'],
    )
  })

  test('time: who stops within a frame, or never sends one, is closed; who rests between frames is not', async () => {
    const clock = new FakeClock()
    const a = await node({ clock, limits: { frameStallMs: 1000 } })
    const resting = await client(a)
    resting.socket.write(encodeFrame(Buffer.from('done')))
    const halfway = await client(a)
    halfway.socket.write(encodeFrame(Buffer.from('never done')).subarray(0, 15))
    const mute = await client(a)
    await until('the frame has arrived', () => a.received.length === 1)
    await assertServes(a)
    clock.advance(1000)
    await assertServes(a)
    assert.deepEqual([resting.closed, halfway.closed, mute.closed], [false, false, false])
    clock.advance(1000)
    await until('both are closed', () => halfway.closed && mute.closed)
    assert.equal(resting.closed, false)
    assert.deepEqual(
      a.refusals.map((cause) => cause.code),
      ['CLUSTER_FRAME_STALLED', 'CLUSTER_FRAME_STALLED'],
    )
  })
})

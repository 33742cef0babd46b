/** The sending end of the TCP transport against scripted peers. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { until, within } from '../../../test/kit/until.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { ACK_FRAME, encodeFrame } from '../frame.ts'
import { FrameReader } from '../frame-reader.ts'
import { RawPeer, recordChunks } from '../testing/raw-peer.ts'
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

async function rawPeer(script?: (socket: Socket, index: number, peer: RawPeer) => void): Promise<RawPeer> {
  const peer = await RawPeer.listen(script)
  closing.push(() => peer.close())
  return peer
}

/** Cuts the frames of one connection and hands each to `each`, as text. */
function onFrames(socket: Socket, each: (text: string) => void): void {
  const reader = new FrameReader(1_000_000)
  socket.on('data', (chunk) => {
    reader.push(chunk)
    for (let data = reader.next(); data !== undefined; data = reader.next()) each(data.toString())
  })
}

describe('frames of one turn of the event loop', () => {
  test('leave in one write', async () => {
    const peer = await rawPeer(recordChunks)
    const a = await node()
    a.transport.keep(peer.member)
    await until('the link is up', () => a.ups.length === 1)
    const frames = Array.from({ length: 100 }, (_, i) => `frame ${i}`)
    await Promise.all(frames.map((text) => a.send(peer.member, text)))
    const all = Buffer.concat(frames.map((text) => encodeFrame(Buffer.from(text))))
    await until('all have arrived', () => peer.bytes.length === all.length)
    assert.deepEqual(peer.bytes, all)
    assert.equal(peer.chunks.length, 1)
    assert.equal(peer.sockets.length, 1)
  })
})

test('a probe under way ends when the transport closes', async () => {
  const peer = await rawPeer()
  const a = await node()
  const probing = a.transport.probe(peer.member, encodeFrame(Buffer.from('probe')), 60_000)
  await a.transport.close(0)
  assert.equal(await probing, 'unknown')
  assert.equal(await a.transport.probe(peer.member, encodeFrame(Buffer.from('probe')), 60_000), 'unknown')
  assert.equal(peer.sockets.length, 0)
})

describe('the end of a transport', () => {
  test('comes when the peer has read what it was sent', async () => {
    let read = false
    const peer = await rawPeer((socket) => {
      socket.pause()
      socket.on('end', () => {
        read = true
      })
    })
    const a = await node()
    await a.send(peer.member, 'the last word')
    await until('the peer has a connection', () => peer.sockets.length === 1)
    const closed = a.transport.close(60_000).then(() => read)
    peer.sockets[0]!.resume()
    assert.equal(await within('it is closed', closed), true)
  })

  test('comes at once when the peer is gone before it has read', async () => {
    const peer = await rawPeer((socket) => socket.pause())
    const a = await node()
    await a.send(peer.member, 'the last word')
    await until('the peer has a connection', () => peer.sockets.length === 1)
    const closed = a.transport.close(60_000)
    peer.sockets[0]!.resetAndDestroy()
    await within('it is closed', closed)
  })

  test('comes at once for two that end together, each with a link to the other', async () => {
    const clock = new FakeClock()
    const [a, b] = [await node({ clock }), await node({ clock })]
    await Promise.all([a.send(b.member, 'goodbye'), b.send(a.member, 'goodbye')])
    await within('both are closed', Promise.all([a.transport.close(500), b.transport.close(500)]))
    assert.deepEqual([a.received, b.received], [['goodbye'], ['goodbye']])
  })

  test('does not wait for a peer that was released, nor is its connection left behind', async () => {
    const peer = await rawPeer((socket) => socket.pause())
    const a = await node({ clock: new FakeClock() })
    await a.send(peer.member, 'x')
    await until('the peer has a connection', () => peer.sockets.length === 1)
    a.transport.release(peer.member)
    await within('it is closed', a.transport.close(500))
    let isClosed = false
    peer.sockets[0]!.once('close', () => {
      isClosed = true
    })
    peer.sockets[0]!.resume()
    await until('the peer sees the end', () => isClosed)
  })

  test('does not wait longer than it may for a peer that reads nothing', async () => {
    const clock = new FakeClock()
    const peer = await rawPeer((socket) => socket.pause())
    const a = await node({ clock })
    await a.send(peer.member, 'the last word')
    await until('the peer has a connection', () => peer.sockets.length === 1)
    let isClosed = false
    const closed = a.transport.close(500).then(() => {
      isClosed = true
    })
    clock.advance(499)
    await new Promise(setImmediate)
    assert.equal(isClosed, false)
    clock.advance(1)
    await within('it is closed', closed)
  })
})

describe('a connection that breaks under a message with acknowledgement', () => {
  test('once: it is sent again on a new one', async () => {
    const texts: string[] = []
    const peer = await rawPeer((socket, index) => {
      onFrames(socket, (text) => {
        texts.push(text)
        if (index === 0) socket.destroy()
        else socket.write(ACK_FRAME)
      })
    })
    const a = await node()
    assert.equal(await within('the outcome', a.send(peer.member, 'x', true)), undefined)
    assert.deepEqual(texts, ['x', 'x'])
    assert.deepEqual(a.doubts, [])
  })

  test('twice: it fails with CLUSTER_CONNECTION_LOST and casts doubt', async () => {
    const peer = await rawPeer((socket) => onFrames(socket, () => socket.destroy()))
    const a = await node()
    const failure = await within('the outcome', a.send(peer.member, 'x', true))
    assert.equal(failure?.code, 'CLUSTER_CONNECTION_LOST')
    assert.equal(peer.sockets.length, 2)
    assert.deepEqual(
      a.doubts.map(({ cause }) => cause.code),
      ['CLUSTER_CONNECTION_LOST'],
    )
  })
})

describe('acknowledgements', () => {
  test('never exceed one message per connection', async () => {
    const open = new Set<Socket>()
    const peer = await rawPeer((socket) => {
      onFrames(socket, () => {
        assert.ok(!open.has(socket), 'a second message came before the first was acknowledged')
        open.add(socket)
        setImmediate(() => {
          open.delete(socket)
          socket.write(ACK_FRAME)
        })
      })
    })
    const a = await node({ ackConnections: 3 })
    const outcomes = Array.from({ length: 50 }, (_, i) => a.send(peer.member, `m${i}`, true))
    assert.deepEqual(new Set(await within('all', Promise.all(outcomes))), new Set([undefined]))
    assert.equal(peer.sockets.length, 3)
  })

  test('that come too late are not taken for those of the next message', async () => {
    let late: Socket | undefined
    const texts: string[] = []
    const peer = await rawPeer((socket, index) => {
      onFrames(socket, (text) => {
        texts.push(text)
        if (index === 0) late = socket
      })
    })
    const clock = new FakeClock()
    const a = await node({ clock, timeoutMs: 50 })
    const first = a.send(peer.member, 'x', true)
    await until('the first has arrived', () => texts.length === 1)
    clock.advance(60)
    assert.equal((await within('the first', first))?.code, 'CLUSTER_ACK_TIMEOUT')
    const second = a.send(peer.member, 'y', true)
    late?.write(ACK_FRAME)
    await until('the second has arrived', () => texts.length === 2)
    clock.advance(60)
    assert.equal((await within('the second', second))?.code, 'CLUSTER_ACK_TIMEOUT')
    assert.equal(peer.sockets.length, 2)
  })

  test('of a peer to which no link is kept leave no connection behind the next heartbeat', async () => {
    let isClosed = false
    const peer = await rawPeer((socket) => {
      onFrames(socket, () => socket.write(ACK_FRAME))
      socket.on('close', () => {
        isClosed = true
      })
    })
    const a = await node()
    assert.equal(await within('the outcome', a.send(peer.member, 'x', true)), undefined)
    a.transport.heartbeat()
    await until('the connection is closed', () => isClosed)
    assert.equal(await within('the next outcome', a.send(peer.member, 'y', true)), undefined)
  })

  test('are waited for through other frames', async () => {
    const peer = await rawPeer((socket) => {
      onFrames(socket, () => socket.write(Buffer.concat([encodeFrame(Buffer.from('noise')), ACK_FRAME])))
    })
    const a = await node()
    assert.equal(await within('the outcome', a.send(peer.member, 'x', true)), undefined)
  })

  test('that are none: the connection is given up, and the message after one more try', async () => {
    const peer = await rawPeer((socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n')))
    const a = await node()
    const failure = await within('the outcome', a.send(peer.member, 'x', true))
    assert.equal(failure?.code, 'CLUSTER_CONNECTION_LOST')
    assert.equal(peer.sockets.length, 2)
  })

  test('that nobody asked for end the connection, and the next message takes another', async () => {
    const peer = await rawPeer((socket) => {
      onFrames(socket, () => socket.write(Buffer.concat([ACK_FRAME, ACK_FRAME])))
    })
    const a = await node()
    assert.equal(await within('the first', a.send(peer.member, 'x', true)), undefined)
    await until('the first connection is closed', () => peer.sockets[0]?.destroyed)
    assert.equal(await within('the second', a.send(peer.member, 'y', true)), undefined)
    assert.equal(peer.sockets.length, 2)
  })
})

describe('the plain link', () => {
  test('is closed when the peer answers on it', async () => {
    const peer = await rawPeer((socket) => {
      socket.write(ACK_FRAME)
      socket.resume()
    })
    const a = await node()
    a.transport.keep(peer.member)
    await until('the link is down', () => a.downs.length === 1)
    assert.equal(a.downs[0]?.cause.code, 'CLUSTER_UNEXPECTED_REPLY')
  })

  test('writes a frame again that was under way when the connection broke, once', async () => {
    const peer = await rawPeer((socket, index, all) => {
      if (index === 0) setImmediate(() => socket.destroy())
      else recordChunks(socket, index, all)
    })
    const a = await node({ limits: { maxQueuedBytesPerMember: 64 * 1024 * 1024 } })
    // More than the system's buffers hold, so that it cannot have been taken whole.
    const frame = Buffer.alloc(40_000_000, 'again')
    assert.equal(await within('the outcome', a.send(peer.member, frame)), undefined)
    await until('all has arrived', () => peer.bytes.length > frame.length, { everyMs: 100 })
    assert.ok(peer.bytes.equals(encodeFrame(frame)))
    assert.equal(a.downs.length, 1)
  })

  test('does not spin when the peer accepts and closes at once', async () => {
    const peer = await rawPeer((socket) => socket.end())
    const a = await node()
    a.transport.keep(peer.member)
    await until('the link is down', () => a.downs.length === 1)
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(peer.sockets.length, 1)
    a.transport.heartbeat()
    await until('it is tried again', () => peer.sockets.length === 2)
  })

  test('gives up a peer that reads nothing, with all that waits for it', async () => {
    const peer = await rawPeer((socket) => socket.pause())
    const a = await node({ timeoutMs: 100, limits: { maxQueuedBytesPerMember: 64 * 1024 * 1024 } })
    const large = Buffer.alloc(4_000_000)
    const outcomes = await within('all', Promise.all(Array.from({ length: 15 }, () => a.send(peer.member, large))))
    const failures = outcomes.filter((failure) => failure !== undefined)
    assert.ok(failures.length > 0, "60 megabytes are more than the system's buffers hold")
    assert.deepEqual(new Set(failures.map(({ code }) => code)), new Set(['CLUSTER_WRITE_TIMEOUT']))
    assert.equal(a.downs[0]?.mayHaveLost, failures.length < outcomes.length)
    assert.equal(a.transport.snapshot(peer.member).queuedBytes, 0)
  })

  test('has patience with a peer that reads slowly', async () => {
    const clock = new FakeClock()
    // Far less than the timeout from one read to the next, and several times as much for the whole.
    const peer = await rawPeer((socket, index, all) => {
      recordChunks(socket, index, all)
      socket.on('data', () => {
        socket.pause()
        setImmediate(() => {
          clock.advance(2)
          socket.resume()
        })
      })
    })
    const a = await node({ clock, timeoutMs: 200, limits: { maxQueuedBytesPerMember: 64 * 1024 * 1024 } })
    // More than the system's buffers hold.
    const frame = Buffer.alloc(20_000_000)
    assert.equal(await within('the outcome', a.send(peer.member, frame)), undefined)
    assert.ok(clock.monotonic() > 400, `${clock.monotonic()} ms`)
    await until('all has arrived', () => peer.bytes.length > frame.length, { everyMs: 100 })
  })
})

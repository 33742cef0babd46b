import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import { atEnd, type Owner } from '../../test/kit/owner.ts'
import { until } from '../../test/kit/until.ts'
import { readInto } from './read-into.ts'

/** A connection of which the accepted end reads into `buffer`. */
async function connected(t: Owner, buffer: Buffer) {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(t, () => void server.close())
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  atEnd(t, () => void client.destroy())
  const [accepted] = (await once(server, 'connection')) as [net.Socket]
  const pieces: string[] = []
  const thises = new Set<net.Socket>()
  const socket = readInto(
    accepted,
    () => buffer,
    function (bytes, into) {
      thises.add(this)
      pieces.push(into.toString('latin1', 0, bytes))
      return true
    },
  )
  // On every version of Node that this runs on; without it each request costs a 64 KiB buffer more.
  assert.ok(socket !== undefined)
  atEnd(t, () => void socket.destroy())
  return { client, socket, pieces, thises }
}

/** Everything that was on its way when this began has arrived, since this goes the same way. */
async function oneMore(): Promise<void> {
  const server = net.createServer((socket) => socket.end('x')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  await once(client, 'data')
  client.destroy()
  server.close()
}

describe('a socket that reads into our buffer', () => {
  test('reads there, writes, and knows both addresses', async (t) => {
    const buffer = Buffer.alloc(1_024)
    const { client, socket, pieces, thises } = await connected(t, buffer)
    socket.resume()
    client.write('hello')
    await until('it has been read', () => pieces.join('') === 'hello')
    assert.equal(buffer.toString('latin1', 0, 5), 'hello')
    assert.deepEqual([...thises], [socket])
    assert.equal(socket.remotePort, client.localPort)
    assert.equal(socket.localPort, client.remotePort)
    socket.write('there')
    const [answer] = await once(client, 'data')
    assert.equal(String(answer), 'there')
  })

  test('reads nothing while it is paused, from the start and later', async (t) => {
    const { client, socket, pieces } = await connected(t, Buffer.alloc(16))
    client.write('one')
    // Half a round trip later it has arrived, and would have been read.
    await oneMore()
    assert.deepEqual(pieces, [])
    socket.resume()
    await until('one', () => pieces.join('') === 'one')
    socket.pause()
    client.write('two')
    client.end()
    let ended = false
    socket.on('end', () => {
      ended = true
    })
    await oneMore()
    assert.equal(pieces.join(''), 'one')
    assert.equal(ended, false)
    socket.resume()
    await until('the end', () => ended)
    assert.equal(pieces.join(''), 'onetwo')
  })

  test('stays open for writing when the other side has ended, and closes when both have', async (t) => {
    const { client, socket } = await connected(t, Buffer.alloc(16))
    socket.resume()
    client.end()
    await once(socket, 'end')
    const closed = once(socket, 'close')
    socket.end('bye')
    const [answer] = await once(client, 'data')
    assert.equal(String(answer), 'bye')
    await closed
  })
})

test('a socket of another make stays as it is', () => {
  const socket = new net.Socket()
  assert.equal(
    readInto(
      socket,
      () => Buffer.alloc(1),
      () => true,
    ),
    undefined,
  )
  assert.equal(socket.destroyed, false)
  socket.destroy()
})

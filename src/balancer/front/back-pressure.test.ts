/** What is slow at one end is slow at the other: no more is held here than a few buffers, in either direction. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { until } from '../../../test/kit/until.ts'
import { get } from '../testing/engine.ts'
import { countBytes, openFlow, Pourer } from '../testing/flow.ts'

const MIB = 1_048_576
const BYTES = 256 * MIB
/** What one connection may hold, at both of its ends together. */
const MAX_HELD_BYTES = MIB

const answers = {
  length: [`HTTP/1.1 200 OK\r\nContent-Length: ${BYTES}\r\n\r\n`, ''],
  chunked: [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${BYTES.toString(16)}\r\n`, '\r\n0\r\n\r\n'],
  close: ['HTTP/1.1 200 OK\r\n\r\n', ''],
} as const

describe('back-pressure', () => {
  for (const [framing, [head, tail]] of Object.entries(answers)) {
    test(`a download of 256 MiB to a client that stops reading for a while, framing ${framing}`, async (t) => {
      let pourer: Pourer | undefined
      const { client, held } = await openFlow(t, (backend) => {
        backend.once('data', async () => {
          backend.write(head)
          pourer = new Pourer(backend, BYTES)
          await pourer.pour()
          backend.end(tail)
        })
      })
      client.pause()
      client.write(get('/', 'Connection: close'))
      await until('the backend pours', () => pourer !== undefined)
      // The systems of both ends buffer a few MiB; all else waits at the backend.
      assert.ok((await pourer!.settled()) < BYTES / 4, `${pourer!.sent} bytes have left the backend`)
      const received = countBytes(client)
      client.resume()
      await once(client, 'end')
      assert.ok(received() >= BYTES, `${received()} bytes`)
      assert.ok(held.most > 0 && held.most < MAX_HELD_BYTES, `${held.most} bytes held`)
    })
  }

  for (const framing of ['length', 'chunked'] as const) {
    test(`an upload of 256 MiB to a backend that stops reading for a while, framing ${framing}`, async (t) => {
      let backend: Socket | undefined
      const { client, held } = await openFlow(t, (socket) => {
        socket.pause()
        backend = socket
      })
      const fields = framing === 'length' ? `Content-Length: ${BYTES}` : 'Transfer-Encoding: chunked'
      client.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n\r\n`)
      if (framing === 'chunked') client.write(`${BYTES.toString(16)}\r\n`)
      const pourer = new Pourer(client, BYTES)
      const poured = pourer.pour()
      assert.ok((await pourer.settled()) < BYTES / 4, `${pourer.sent} bytes have left the client`)
      const received = countBytes(backend!)
      backend!.resume()
      await poured
      if (framing === 'chunked') client.write('\r\n0\r\n\r\n')
      await until('all has arrived', () => received() > BYTES, { deadlineMs: 60_000 })
      backend!.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      client.resume()
      await once(client, 'end')
      assert.ok(held.most > 0 && held.most < MAX_HELD_BYTES, `${held.most} bytes held`)
    })
  }

  test('both directions at once, neither end in a hurry', async (t) => {
    const bytes = 64 * MIB
    const { client, held } = await openFlow(t, (socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)
        // An echo: what it reads it writes, and it reads no further before that is taken.
        socket.pipe(socket)
      })
    })
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`)
    // The backend echoes what comes behind the first read, so the body waits for its head to be read.
    await once(client, 'readable')
    const received = countBytes(client)
    client.pause()
    const pourer = new Pourer(client, bytes)
    const poured = pourer.pour()
    await pourer.settled()
    client.resume()
    await poured
    await until('all has come back', () => received() >= bytes, { deadlineMs: 60_000 })
    assert.ok(held.most > 0 && held.most < MAX_HELD_BYTES, `${held.most} bytes held`)
  })
})

/** One gigabyte through the engine, to an end that takes it slowly: every byte arrives, and none of it piles up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { get } from '../../src/balancer/testing/engine.ts'
import { openFlow, Pourer } from '../../src/balancer/testing/flow.ts'
import type { Owner } from '../kit/owner.ts'
import { until } from '../kit/until.ts'

const MIB = 1_048_576
const BYTES = 1_024 * MIB
/** What the engine may hold of one connection, at both of its ends together. */
const MAX_HELD_BYTES = MIB
/** What the process may grow by, with client and backend in it. */
const MAX_GROWTH_BYTES = 64 * MIB
/** After so many bytes the slow end takes a rest. */
const REST_AFTER_BYTES = MIB
const REST_MS = 5
const DEADLINE_MS = 600_000

export async function soakDownload(owner: Owner, framing: 'length' | 'chunked' | 'close'): Promise<string> {
  const heads = {
    length: `Content-Length: ${BYTES}\r\n\r\n`,
    chunked: `Transfer-Encoding: chunked\r\n\r\n${BYTES.toString(16)}\r\n`,
    close: '\r\n',
  }
  const { client, held } = await openFlow(owner, (backend) => {
    backend.once('data', async () => {
      backend.write(`HTTP/1.1 200 OK\r\n${heads[framing]}`)
      await new Pourer(backend, BYTES).pour()
      backend.end(framing === 'chunked' ? '\r\n0\r\n\r\n' : '')
    })
  })
  const growth = watchGrowth(owner)
  const received = takeSlowly(client)
  client.write(get('/', 'Connection: close'))
  await once(client, 'end')
  assert.ok(received() > BYTES, `only ${received()} bytes arrived`)
  return verdict(held.most, growth())
}

export async function soakUpload(owner: Owner, framing: 'length' | 'chunked'): Promise<string> {
  let received = () => 0
  let backend: Socket | undefined
  const { client, held } = await openFlow(owner, (socket) => {
    backend = socket
    received = takeSlowly(socket)
  })
  const growth = watchGrowth(owner)
  const fields = framing === 'length' ? `Content-Length: ${BYTES}` : 'Transfer-Encoding: chunked'
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n\r\n`)
  if (framing === 'chunked') client.write(`${BYTES.toString(16)}\r\n`)
  await new Pourer(client, BYTES).pour()
  if (framing === 'chunked') client.write('\r\n0\r\n\r\n')
  await until('all has arrived', () => received() > BYTES, { deadlineMs: DEADLINE_MS })
  backend!.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  client.resume()
  await once(client, 'end')
  return verdict(held.most, growth())
}

function takeSlowly(socket: Socket): () => number {
  let bytes = 0
  let untilRest = REST_AFTER_BYTES
  socket.on('data', (piece) => {
    bytes += piece.length
    untilRest -= piece.length
    if (untilRest > 0) return
    untilRest = REST_AFTER_BYTES
    socket.pause()
    setTimeout(() => socket.resume(), REST_MS)
  })
  return () => bytes
}

/** The most that the process has grown since now. */
function watchGrowth(owner: Owner): () => number {
  const before = process.memoryUsage.rss()
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before)
  }, 50)
  owner.after(() => clearInterval(timer))
  return () => most
}

function verdict(heldBytes: number, grownBytes: number): string {
  assert.ok(heldBytes > 0 && heldBytes < MAX_HELD_BYTES, `${heldBytes} bytes held`)
  assert.ok(grownBytes < MAX_GROWTH_BYTES, `the process grew by ${grownBytes} bytes`)
  return `held ${Math.round(heldBytes / 1_024)} KiB, grew ${Math.round(grownBytes / MIB)} MiB`
}

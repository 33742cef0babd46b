/** A backend that answers before it has read the body, and closes: what it has said is worth more than that it closed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { atEnd, type Owner } from '../../test/kit/owner.ts'
import { until } from '../../test/kit/until.ts'
import { systemClock } from '../clock/clock.ts'
import { Deadlines } from './deadlines.ts'
import { HttpConnection } from './forward-http.ts'
import { exchangeOf } from './testing/ajp-stage.ts'

const LIMITS = { headBytes: 65_536, headerCount: 100, targetBytes: 8_192 }
const LARGE = Buffer.alloc(65_536, 'a')

/**
 * A backend that has taken none of the body says `answer` and closes, and with its next bytes the connection finds out,
 * all in one turn: nothing of the answer can have been read before.
 */
async function refuse(t: Owner, answer: string, ...more: readonly (() => void)[]) {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  atEnd(t, () => void server.close())
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const deadlines = new Deadlines(systemClock, 100)
  atEnd(t, () => deadlines.close())
  let closed = 0
  const owner = { connectionIdle() {}, connectionClosed: () => void closed++ }
  const { port } = server.address() as AddressInfo
  const connection = new HttpConnection(
    {
      host: '127.0.0.1',
      port,
      source: undefined,
      preferIpv6: false,
      encrypted: false,
      keepalive: false,
      connectTimeoutMs: 0,
      socketTimeoutMs: 0,
      limits: LIMITS,
    },
    deadlines,
    owner,
  )
  const asked = exchangeOf({ method: 'PUT', fields: 'Host: a\r\nContent-Length: 1000000\r\n' })
  connection.carry(asked.exchange)
  const [backend] = (await accepted) as [net.Socket]
  await until('the request is on its way', () => asked.exchange.transferredBytes > 0)
  asked.exchange.bodyData(LARGE)
  await until('a part of the body waits to be read', () => asked.exchange.transferredBytes > LARGE.length)
  backend.write(answer, 'latin1')
  backend.destroy()
  for (let i = 0; i < 3; i++) asked.exchange.bodyData(LARGE)
  for (const each of more) each()
  await until('it has an end', () => asked.client.outcome !== 'open')
  await until('the connection is closed', () => closed === 1)
  return asked
}

describe('a backend that answers early and closes, met by a write', () => {
  test('a whole answer is delivered', async (t) => {
    const { client, failures } = await refuse(t, 'HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge')
    assert.deepEqual([client.outcome, client.status, client.body, failures], ['complete', 413, 'large', []])
  })
  test('an answer in chunks, too', async (t) => {
    const { client } = await refuse(t, 'HTTP/1.1 413 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlarge\r\n0\r\n\r\n')
    assert.deepEqual([client.outcome, client.status, client.body], ['complete', 413, 'large'])
  })
  test('an answer without a length may lack its end: it is cut', async (t) => {
    const { client } = await refuse(t, 'HTTP/1.1 413 X\r\n\r\nlarge')
    assert.deepEqual([client.outcome, client.body], ['cut', 'large'])
  })
  test('a part of an answer is cut', async (t) => {
    const { client } = await refuse(t, 'HTTP/1.1 413 X\r\nContent-Length: 9\r\n\r\nlarge')
    assert.deepEqual([client.outcome, client.body], ['cut', 'large'])
  })
  test('no answer: the error of the write is the cause', async (t) => {
    const { client, failures } = await refuse(t, '')
    assert.equal(client.outcome, 'LB_REPLY_CUT')
    assert.match(String((failures[0]!.cause as NodeJS.ErrnoException).code), /EPIPE|ECONNRESET/)
  })
})

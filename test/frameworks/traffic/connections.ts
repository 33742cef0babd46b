/** What becomes of connections: kept, closed, pipelined, of an older version; and expectations. */
import type { Client, Scene } from '../player.ts'
import { get, post, request } from '../requests.ts'
import { ROUTED } from './frameworks.ts'

const old = (target: string, fields: Record<string, string> = {}) => request('GET', target, { version: '1.0', fields })

async function expecting(client: Client, path: string): Promise<void> {
  const asked = request('POST', path, { fields: { Expect: '100-continue' }, body: 'as you expect' })
  await client.send(asked, { headOnly: true })
  while (!client.connection.unread.includes('\r\n\r\n')) await new Promise(setImmediate)
  await client.connection.send('as you expect')
  await client.answer(asked)
}

export const CONNECTIONS: readonly Scene[] = [
  {
    name: 'three requests on one connection',
    play: async (client) => {
      for (const path of ['/hello', '/raw/many-writes', '/raw/length']) await client.ask(get(path))
    },
    status: 200,
  },
  {
    name: 'three requests at once',
    play: async (client) => {
      const asked = ['/hello', '/raw/one-end', '/raw/many-writes'].map((path) => get(path))
      for (const each of asked) await client.send(each)
      for (const each of asked) await client.answer(each)
    },
    status: 200,
    says: 'three',
  },
  {
    name: 'a request after a body that nobody read',
    play: async (client) => {
      await client.ask(post('/raw/answer-without-reading', 'text/plain', 'x'.repeat(20_000)))
      await client.ask(get('/hello'))
    },
    status: 200,
    says: 'hello',
  },
  { name: 'a client that wants to close', play: get('/hello', { Connection: 'close' }), status: 200 },
  {
    name: 'a client that wants to close after a stream',
    play: get('/raw/many-writes', { Connection: 'close' }),
    status: 200,
  },
  { name: 'HTTP/1.0', play: old('/hello'), status: 200 },
  { name: 'HTTP/1.0 and a stream', play: old('/raw/many-writes'), status: 200, says: 'one two three' },
  { name: 'HTTP/1.0 that stays', play: old('/hello', { Connection: 'keep-alive' }), status: 200 },
  { name: 'HTTP/1.0 and 3 MiB', play: old('/raw/large'), status: 200 },
  { name: 'what HTTP/1.0 looks like', play: old('/raw/request'), status: 200 },
  { name: 'HTTP/1.0, routed', play: old('/json'), status: 200, only: ROUTED },
  {
    name: 'an expectation that is met',
    play: (client) => expecting(client, '/raw/expect'),
    status: 200,
    says: '13 bytes',
  },
  {
    name: 'an expectation and writeContinue()',
    play: (client) => expecting(client, '/raw/write-continue'),
    status: 200,
    says: '13 bytes',
  },
  {
    name: 'an expectation, body sent at once',
    play: request('POST', '/raw/expect', { fields: { Expect: '100-continue' }, body: 'at once' }),
    status: 200,
  },
  { name: 'an expectation that nobody knows', play: get('/hello', { Expect: 'tricks' }), status: 417 },
  { name: 'a response that takes too long', play: get('/raw/time-out'), status: 503, says: 'timed out' },
  {
    name: 'a client that has said everything',
    play: async (client) => {
      const asked = get('/raw/many-writes')
      await client.send(asked)
      client.connection.finish()
      await client.answer(asked)
    },
    status: 200,
    says: 'three',
  },
]

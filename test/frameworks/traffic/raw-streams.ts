/** Streams by hand, see `apps/raw-streams.ts`. */
import { MANY_BYTES } from '../apps/app.ts'
import type { Client, Scene } from '../player.ts'
import { chunk, get, post, request } from '../requests.ts'

const BYTES = 'application/octet-stream'

/** Waits until this has come, whatever follows. */
async function seen(client: Client, text: string): Promise<void> {
  while (!client.connection.unread.includes(text)) await new Promise(setImmediate)
}

export const RAW_STREAMS: readonly Scene[] = [
  { name: 'a file through pipeline()', play: get('/raw/file'), status: 200, says: 'quick' },
  { name: 'a file through pipeline() and gzip', play: get('/raw/zipped'), status: 200 },
  { name: 'HEAD of a file through pipeline()', play: request('HEAD', '/raw/file'), status: 200 },
  { name: 'a missing file through pipeline()', play: get('/raw/missing-file'), status: 0 },
  {
    name: 'an echo through pipeline()',
    early: true,
    play: post('/raw/pumped', BYTES, MANY_BYTES.subarray(0, 200_000)),
    status: 200,
  },
  { name: 'an echo of nothing', play: post('/raw/pumped', BYTES, ''), status: 200 },
  { name: '3 MiB in pieces, with back-pressure', play: get('/raw/large'), status: 200 },
  { name: '3 MiB at once', play: get('/raw/large-at-once'), status: 200 },
  { name: '3 MiB of a known length', play: get('/raw/large-known-length'), status: 200 },
  { name: 'HEAD of 3 MiB', play: request('HEAD', '/raw/large-known-length'), status: 200 },
  {
    name: 'parts of an answer one by one',
    play: async (client) => {
      const asked = get('/raw/one-by-one')
      const visit = await client.send(asked)
      await seen(client, 'first ')
      await visit.meet('first read')
      await seen(client, 'second ')
      await visit.meet('second read')
      await client.answer(asked)
    },
    status: 200,
    says: 'first second third',
  },
  {
    name: 'a head before its body',
    play: async (client) => {
      const asked = get('/raw/head-alone')
      const visit = await client.send(asked)
      await seen(client, '\r\n\r\n')
      await visit.meet('head read')
      await client.answer(asked)
    },
    status: 200,
    says: 'and then the body',
  },
  {
    name: 'events by hand',
    play: async (client) => {
      const asked = get('/raw/events')
      const visit = await client.send(asked)
      for (let n = 1; n <= 3; n++) {
        await seen(client, `event ${n}\n\n`)
        await visit.meet(`event ${n} read`)
      }
      await client.answer(asked)
    },
    status: 200,
    says: 'event 3',
  },
  ...[0, 1, 8185, 8186, 8187, 16_384, 65_536, 1_000_003].flatMap((length): Scene[] => {
    const body = MANY_BYTES.subarray(0, length)
    return [
      { name: `a body of ${length} bytes`, play: post('/raw/read', BYTES, body), status: 200, says: `${length} bytes` },
      {
        name: `a body of ${length} bytes, chunked`,
        play: post('/raw/read', BYTES, length === 0 ? [] : [body]),
        status: 200,
        says: `${length} bytes`,
      },
    ]
  }),
  {
    name: 'a body as text',
    play: post('/raw/read-as-text', 'text/plain', ['Gr', 'ö'.repeat(5000), 'ße']),
    status: 200,
    says: 'ße',
  },
  {
    name: 'trailers of a request',
    play: request('POST', '/raw/read-trailers', {
      body: ['with trailers'],
      trailers: [
        ['X-Sum', 'abc'],
        ['X-Sum', 'def'],
      ],
    }),
    status: 200,
  },
  {
    name: 'a body piece by piece',
    play: async (client) => {
      const asked = post('/raw/piece-by-piece', BYTES, [])
      const visit = await client.send(asked, { headOnly: true })
      await client.connection.send(chunk(Buffer.from('one')))
      await visit.meet('first piece')
      await client.connection.send(chunk(Buffer.from('two')))
      await visit.meet('second piece')
      await client.connection.send('0\r\n\r\n')
      await client.answer(asked)
    },
    status: 200,
    says: 'pieces',
  },
  {
    name: 'an answer that begins while the body is read',
    play: async (client) => {
      const asked = post('/raw/answer-while-reading', BYTES, 'first second')
      const visit = await client.send(asked, { headOnly: true })
      await client.connection.send('first ')
      await seen(client, 'read something; ')
      await visit.meet('answer seen')
      await client.connection.send('second')
      await client.answer(asked)
    },
    status: 200,
    says: 'read something; read everything',
  },
  {
    name: 'a body that has to wait',
    early: true,
    play: async (client) => {
      const asked = post('/raw/paused', BYTES, MANY_BYTES.subarray(0, 500_000))
      const visit = client.upcoming()
      const sent = client.send(asked)
      await visit.meet('all sent')
      await sent
      await client.answer(asked)
    },
    status: 200,
    says: '500000 bytes',
  },
  {
    name: 'an answer without a look at a short body',
    play: post('/raw/answer-without-reading', BYTES, 'short'),
    status: 413,
  },
  {
    name: 'an answer without a look at a chunked body',
    play: post('/raw/answer-without-reading', BYTES, ['a', 'b']),
    status: 413,
  },
  {
    name: 'an answer without a look at a body of 60 kB',
    early: true,
    play: post('/raw/answer-without-reading', BYTES, MANY_BYTES.subarray(0, 60_000)),
    status: 413,
  },
  { name: 'finished() of both streams', play: post('/raw/finished', BYTES, 'body'), status: 200, says: 'finished' },
]

export { seen }

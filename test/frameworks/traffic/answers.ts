/** Answers as each framework makes them, compressed and streamed, and redirects, sessions and validators. */
import type { Client, Scene } from '../player.ts'
import { get, request } from '../requests.ts'
import { EXPRESS, ROUTED } from './frameworks.ts'

const ask = (path: string, status: number, more: Partial<Scene> = {}): Scene => ({
  name: `GET ${path}`,
  play: get(path),
  status,
  only: ROUTED,
  ...more,
})

/** A value of the last answer. */
const value = (lines: readonly string[], name: string): string =>
  lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 2) ?? ''

/** Reads the first part before the app may send the second: who collects parts never gets here. */
async function inTwoParts(client: Client, path: string, first: string, meeting: string): Promise<void> {
  const visit = client.upcoming()
  const asked = get(path)
  await client.send(asked)
  let seen = ''
  do seen = client.connection.unread
  while (!seen.includes(first) && (await new Promise((done) => setImmediate(() => done(true)))))
  await visit.meet(meeting)
  await client.answer(asked)
}

async function validated(client: Client, path: string, name: 'etag' | 'last-modified'): Promise<void> {
  const { lines } = await client.ask(get(path))
  await client.ask(get(path, { [name === 'etag' ? 'If-None-Match' : 'If-Modified-Since']: value(lines, name) }))
}

async function session(client: Client, ...paths: readonly string[]): Promise<void> {
  let cookie = ''
  for (const path of paths) {
    const { lines } = await client.ask(get(path, cookie === '' ? {} : { Cookie: cookie }))
    cookie = value(lines, 'set-cookie').split(';', 1)[0] || cookie
  }
}

const GZIP = { 'Accept-Encoding': 'gzip' }
const STREAMS: readonly Scene['only'][] = [['Fastify', 'Koa', 'Hono']]

export const ANSWERS: readonly Scene[] = [
  ask('/json', 200, { says: 'héllo' }),
  { ...ask('/json', 200), name: 'HEAD of JSON', play: request('HEAD', '/json') },
  ask('/html', 200, { says: 'é' }),
  ask('/buffer', 200),
  ask('/nothing', 200, {}),
  ask('/null', 200, { elsewhere: { Koa: 204 } }),
  ask('/status/503', 503),
  ask('/status/204', 204),
  ask('/status/205', 205),
  ask('/status/304', 304),
  ask('/status/404', 404),
  ask('/stream', 200, { says: 'one two three' }),
  { ...ask('/stream', 200), name: 'HEAD of a stream', play: request('HEAD', '/stream') },
  ...STREAMS.flatMap((only) => [ask('/web-stream', 200, { only: only! }), ask('/web-response', 201, { only: only! })]),
  ask('/fields', 200, { elsewhere: { Hono: 202 } }),
  ask('/hijacked-end', 200, { says: 'by hand', only: ['Fastify', 'Koa', 'Hono'] }),
  {
    name: 'server-sent events',
    play: (client) => inTwoParts(client, '/sse', 'data: one', 'one read'),
    status: 200,
    says: 'data: two',
    only: ROUTED,
  },
  { name: 'a long text, compressed', play: get('/big', GZIP), status: 200, only: ROUTED },
  { name: 'a long text, deflated', play: get('/big', { 'Accept-Encoding': 'deflate' }), status: 200, only: ROUTED },
  {
    name: 'a long text as it is',
    play: get('/big', { 'Accept-Encoding': 'identity' }),
    status: 200,
    says: 'quick',
    only: ROUTED,
  },
  { name: 'a long stream, compressed', play: get('/big-stream', GZIP), status: 200, only: ROUTED },
  {
    name: 'HEAD of a long text, compressed',
    play: request('HEAD', '/big', { fields: GZIP }),
    status: 200,
    only: ROUTED,
  },
  { name: 'a short text is not compressed', play: get('/hello', GZIP), status: 200, says: 'hello', only: ROUTED },
  ...[301, 302, 303, 307, 308].map((status) => ask(`/redirect/${status}`, status)),
  {
    name: 'a redirect back',
    play: get('/back', { Referer: 'http://app.example:8080/there' }),
    status: 302,
    only: [...EXPRESS, 'Koa'],
  },
  { name: 'a redirect for browsers', play: get('/redirect/302', { Accept: 'text/html' }), status: 302, only: ROUTED },
  {
    name: 'an entity tag of the framework',
    play: (client) => validated(client, '/json', 'etag'),
    status: 304,
    only: [...EXPRESS, 'Hono'],
  },
  {
    name: 'an entity tag of the app',
    play: (client) => validated(client, '/fresh', 'etag'),
    status: 304,
    elsewhere: { Fastify: 200 },
    only: ROUTED,
  },
  {
    name: 'a time of the app',
    play: (client) => validated(client, '/fresh', 'last-modified'),
    status: 304,
    only: [...EXPRESS, 'Koa'],
  },
  { name: 'a validator that is too old', play: get('/fresh', { 'If-None-Match': '"v0"' }), status: 200, only: ROUTED },
  {
    name: 'no cache wanted',
    play: get('/fresh', { 'If-None-Match': '"v1"', 'Cache-Control': 'no-cache' }),
    status: 200,
    elsewhere: {},
    only: [...EXPRESS, 'Koa'],
  },
  {
    name: 'a session that counts',
    play: (client) => session(client, '/session/count', '/session/count', '/session/count'),
    status: 200,
    says: '3',
    only: EXPRESS,
  },
  {
    name: 'a session that ends',
    play: (client) => session(client, '/session/count', '/session/end', '/session/count'),
    status: 200,
    says: '1',
    only: EXPRESS,
  },
  {
    name: 'a session that gets another id',
    play: (client) => session(client, '/session/count', '/session/turn', '/session/count'),
    status: 200,
    says: '1',
    only: EXPRESS,
  },
]

export { inTwoParts }

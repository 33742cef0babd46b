/** What an app learns of a request: method, target, query, fields, cookies, and who asks. */
import type { Scene } from '../player.ts'
import { get, request } from '../requests.ts'
import { EXPRESS, ROUTED } from './frameworks.ts'

const raw = (name: string, fields: Parameters<typeof get>[1] = {}): Scene => ({
  name,
  play: get('/raw/request', fields),
  status: 200,
})

const FORWARDED = {
  'X-Forwarded-For': '203.0.113.7, 198.51.100.9',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'front.example',
  'X-Forwarded-Port': '443',
}

export const MESSAGES: readonly Scene[] = [
  { name: 'a text', play: get('/hello'), status: 200, says: 'hello' },
  { name: 'HEAD of a text', play: request('HEAD', '/hello'), status: 200 },
  {
    name: 'parameters and query',
    play: get('/users/tom/books/9?sort=a&tag=x&tag=y'),
    status: 200,
    says: '"tom"',
    only: ROUTED,
  },
  {
    name: 'parameters in UTF-8',
    play: get('/users/J%C3%BCrgen%20K/books/%E2%82%AC'),
    status: 200,
    says: 'Jürgen K',
    only: ROUTED,
  },
  {
    name: 'an encoded slash in a parameter',
    play: get('/users/a%2Fb/books/c'),
    status: 200,
    says: 'a/b',
    only: ROUTED,
  },
  {
    name: 'ill-formed percent encoding',
    play: get('/users/%zz/books/1'),
    status: 400,
    elsewhere: { Koa: 200, Hono: 200 },
    only: ROUTED,
  },
  {
    name: 'an odd query',
    play: get('/query?q=%E2%82%AC&empty=&flag&a[b]=c&a%5Bd%5D=e&plus=1+2&x=%zz'),
    status: 200,
    only: [...ROUTED, 'node:http'],
  },
  { name: 'a long query', play: get(`/query?q=${'x'.repeat(4000)}`), status: 200, only: [...ROUTED, 'node:http'] },
  { name: 'a path with dots and semicolons', play: get('/nowhere;v=1/a..b/c;jsessionid=1'), status: 404 },
  {
    name: 'a path with dot segments',
    play: get('/a/../hello'),
    status: 404,
    elsewhere: { 'node:http': 200, Hono: 200 },
  },
  { name: 'a path with double slashes', play: get('//hello'), status: 404 },
  { name: 'an empty query', play: get('/raw/request?'), status: 200 },
  {
    name: 'a target in absolute form',
    play: get('http://app.example:8080/hello?a=1'),
    status: 200,
    elsewhere: {},
  },
  { name: 'a target with characters that need encoding', play: get('/raw/request?a="<>`{}|^\\'), status: 200 },
  { name: 'OPTIONS of everything', play: request('OPTIONS', '*'), status: 404, elsewhere: { Koa: 501, Hono: 400 } },
  {
    name: 'OPTIONS of a resource',
    play: request('OPTIONS', '/api/v1/items/7'),
    status: 204,
    elsewhere: { 'Express 4': 200, 'Express 5': 200, Koa: 501, Hono: 404 },
    only: ROUTED,
  },
  {
    name: 'a method that the router refuses',
    play: request('POST', '/api/v1/items/7'),
    status: 404,
    elsewhere: { Koa: 501 },
    only: ROUTED,
  },
  ...(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND'] as const).map(
    (method): Scene => ({
      name: `a nested router, ${method}`,
      play: request(method, '/api/v1/items/7', {
        body: method === 'PUT' || method === 'PATCH' ? '' : undefined,
      } as never),
      status: method === 'DELETE' ? 204 : 200,
      elsewhere: method === 'PROPFIND' ? { 'Express 4': 207, 'Express 5': 207 } : {},
      only: ROUTED,
    }),
  ),
  ...(['SEARCH', 'MKCOL', 'REPORT', 'M-SEARCH', 'SUBSCRIBE', 'LINK', 'TRACE'] as const).map(
    (method): Scene => ({ name: `the method ${method}`, play: request(method, '/raw/request'), status: 200 }),
  ),
  { name: 'a method that nobody knows', play: request('MEOW', '/raw/request'), status: 400 },
  { name: 'DELETE with a body', play: request('DELETE', '/raw/read', { body: 'which one' }), status: 200 },
  { name: 'GET with a body', play: request('GET', '/raw/read', { body: 'a question' }), status: 200 },
  raw('no fields'),
  raw('the fields of a browser', {
    Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    'Accept-Encoding': 'gzip, deflate, br',
    'Accept-Language': 'de,en-GB;q=0.7',
    'Cache-Control': 'max-age=0',
    Cookie: 'a=1; b="two"; c=',
    DNT: '1',
    Pragma: 'no-cache',
    Referer: 'http://app.example:8080/hello',
    'Upgrade-Insecure-Requests': '1',
    'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0)',
    'Sec-Fetch-Mode': 'navigate',
  }),
  raw('spelling of names', { ACCEPT: 'a/b', 'user-agent': 'small', 'X-mIxEd': 'as it is', 'sec-ch-ua': '"cat"' }),
  raw('fields sent twice', [
    ['X-Twice', '1'],
    ['Accept', 'text/html'],
    ['x-twice', '2'],
    ['Accept', 'text/plain'],
    ['Cookie', 'a=1'],
    ['Cookie', 'b=2'],
    ['User-Agent', 'first'],
    ['User-Agent', 'second'],
  ]),
  raw('odd values', [
    ['X-Empty', ''],
    ['X-Latin', 'caf\xe9'],
    ['X-Utf', Buffer.from('é€').toString('latin1')],
    ['X-Tab', 'a\tb'],
    ['X-Colon', ':a: b'],
    ['X-Quoted', '"a \\" b", c'],
  ]),
  raw('a long value', { 'X-Long': 'y'.repeat(5000) }),
  raw(
    'many fields',
    Array.from({ length: 80 }, (_, i) => [`X-Field-${i}`, `${i}`] as const),
  ),
  raw('a field name of all token characters', { "!#$%&'*+-.^_`|~09Az": 'token' }),
  raw('fields of the connection', {
    Connection: 'keep-alive, X-Hop',
    'X-Hop': '1',
    'Keep-Alive': 'timeout=3',
    TE: 'trailers',
  }),
  raw('credentials', { Authorization: 'Basic Y2F0Om1lb3c=', 'Proxy-Authorization': 'Basic eA==' }),
  raw('an upgrade that nobody offers', { Connection: 'upgrade', Upgrade: 'h2c' }),
  raw('a host without port', { Host: 'app.example' }),
  raw('a host that is an address', { Host: '[::1]:8080' }),
  raw('what proxies say', {
    ...FORWARDED,
    Forwarded: 'for=203.0.113.7;proto=https',
    Via: '1.1 front',
    'X-Real-IP': '203.0.113.7',
  }),
  { name: 'facts of the socket', play: get('/raw/socket'), status: 200 },
  { name: 'who asks', play: get('/who?a=1'), status: 200, only: ROUTED },
  { name: 'who asks, as told by a proxy', play: get('/who', FORWARDED), status: 200, only: ROUTED },
  {
    name: 'who asks, by XMLHttpRequest of a subdomain',
    play: get('/who', { Host: 'a.b.app.example', 'X-Requested-With': 'XMLHttpRequest' }),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'negotiation: HTML',
    play: get('/negotiate', { Accept: 'text/html, application/json;q=0.5' }),
    status: 200,
    says: 'html',
    only: [...EXPRESS, 'Koa', 'Hono'],
  },
  {
    name: 'negotiation: JSON',
    play: get('/negotiate', { Accept: 'application/json' }),
    status: 200,
    says: 'json',
    only: [...EXPRESS, 'Koa', 'Hono'],
  },
  {
    name: 'negotiation: nothing fits',
    play: get('/negotiate', { Accept: 'image/png' }),
    status: 406,
    elsewhere: { Hono: 200 },
    only: [...EXPRESS, 'Koa', 'Hono'],
  },
  {
    name: 'negotiation: everything',
    play: get('/accepts', {
      Accept: 'text/*;q=0.5, application/json',
      'Accept-Encoding': 'br, gzip;q=0.5',
      'Accept-Charset': 'utf-8, iso-8859-1;q=0.2',
      'Accept-Language': 'de-AT, en;q=0.7',
      Range: 'bytes=1-5,7-',
      'Content-Type': 'application/json',
    }),
    status: 200,
    says: 'de-AT',
    only: [...EXPRESS, 'Koa'],
  },
  { name: 'cookies: set several', play: get('/cookies/set'), status: 200, only: ROUTED },
  {
    name: 'cookies: signed, there and back',
    play: async (client) => {
      const { lines } = await client.ask(get('/cookies/set'))
      const set = lines.filter((line) => /^set-cookie: (?:signed|plain)/i.test(line))
      const pairs = set.map((line) => line.slice('set-cookie: '.length).split(';', 1)[0])
      await client.ask(get('/cookies/read', { Cookie: `${pairs.join('; ')}; other=1` }))
    },
    status: 200,
    says: 'sealed',
    only: ROUTED,
  },
  {
    name: 'cookies: a forged signature',
    play: get('/cookies/read', { Cookie: 'signed=s%3Asealed.forged; signed.sig=x' }),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'cookies: quoted, empty and broken',
    play: get('/cookies/read', { Cookie: 'plain="a b"; other=; =x; broken; y=%zz' }),
    status: 200,
    only: ROUTED,
  },
]

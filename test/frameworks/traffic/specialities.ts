/** What only one framework offers. */
import type { Scene } from '../player.ts'
import { get, request } from '../requests.ts'
import { inTwoParts } from './answers.ts'
import { EXPRESS } from './frameworks.ts'

const FASTIFY = ['Fastify'] as const
const HONO = ['Hono'] as const

export const SPECIALITIES: readonly Scene[] = [
  { name: 'JSONP', play: get('/jsonp?callback=cats'), status: 200, says: 'cats', only: EXPRESS },
  {
    name: 'a route for every method',
    play: request('LOCK', '/api/v1/any-method'),
    status: 200,
    only: [...EXPRESS, 'Koa', 'Hono'],
  },
  { name: 'strict routing', play: get('/hello/'), status: 404, only: EXPRESS },
  { name: 'a serializer by schema', play: get('/serialized'), status: 200, says: '"count":7', only: FASTIFY },
  { name: 'a serializer of the route', play: get('/own-serializer'), status: 200, says: '<value>', only: FASTIFY },
  { name: 'early hints of the framework', play: get('/timing'), status: 200, says: 'hinted', only: FASTIFY },
  { name: 'a trailer of the framework', play: get('/trailer', { TE: 'trailers' }), status: 200, only: FASTIFY },
  {
    name: 'streamed text',
    play: (client) => inTwoParts(client, '/stream-text', 'first', 'first read'),
    status: 200,
    says: 'second',
    only: HONO,
  },
  { name: 'a blob as answer', play: get('/blob'), status: 200, says: 'blob', only: ['Koa', 'Hono'] },
  { name: 'a reason of the app', play: get('/reason'), status: 299, only: HONO },
  {
    name: 'fields that another origin needs',
    play: get('/shared', { Origin: 'http://there.example' }),
    status: 200,
    only: HONO,
  },
  {
    name: 'a preflight',
    play: request('OPTIONS', '/shared', {
      fields: { Origin: 'http://there.example', 'Access-Control-Request-Method': 'PUT' },
    }),
    status: 204,
    only: HONO,
  },
  { name: 'no credentials', play: get('/private'), status: 401, only: HONO },
  {
    name: 'credentials',
    play: get('/private', { Authorization: `Basic ${btoa('cat:meow')}` }),
    status: 200,
    only: HONO,
  },
]

/** Bodies of requests as the parsers of each framework take them. */
import { gzipSync } from 'node:zlib'
import { MANY_BYTES } from '../apps/app.ts'
import type { Scene } from '../player.ts'
import { post, request } from '../requests.ts'
import { EXPRESS, ROUTED } from './frameworks.ts'

const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const BYTES = 'application/octet-stream'
const BOUNDARY = '----cats'

interface Part {
  readonly name: string
  readonly content: string | Buffer
  readonly filename?: string
  readonly type?: string
}

function multipart(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, content, filename, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n`,
    type === undefined ? '\r\n' : `Content-Type: ${type}\r\n\r\n`,
    content,
    '\r\n',
  ])
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece as string)))
}

const UPLOAD = multipart(
  { name: 'title', content: 'Größe' },
  { name: 'picture', content: MANY_BYTES.subarray(0, 50_000), filename: 'cat ü.png', type: 'image/png' },
  { name: 'notes', content: '', filename: 'empty.txt', type: 'text/plain' },
  { name: 'last', content: '1' },
)
const upload = (body: Parameters<typeof post>[2], fields = {}) =>
  post('/upload', `multipart/form-data; boundary=${BOUNDARY}`, body, fields)

/** In pieces that cut everything somewhere. */
const inChunks = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const FULL = ['node:http', ...ROUTED] as const

export const BODIES: readonly Scene[] = [
  {
    name: 'JSON',
    play: post('/json', JSON_TYPE, '{"name":"Tom","lives":[9,{"ü":null}]}'),
    status: 200,
    says: 'Tom',
    only: ROUTED,
  },
  {
    name: 'JSON in chunks',
    play: post('/json', JSON_TYPE, ['{"na', 'me":"T', 'om"}']),
    status: 200,
    says: 'Tom',
    only: ROUTED,
  },
  {
    name: 'JSON with a charset',
    play: post('/json', `${JSON_TYPE}; charset=utf-8`, '{"a":"é"}'),
    status: 200,
    says: 'é',
    only: ROUTED,
  },
  {
    name: 'JSON that is none',
    play: post('/json', JSON_TYPE, '{"name":'),
    status: 400,
    elsewhere: { Hono: 500 },
    only: ROUTED,
  },
  {
    name: 'JSON without content',
    play: post('/json', JSON_TYPE, ''),
    status: 200,
    elsewhere: { Fastify: 400, Hono: 500 },
    only: ROUTED,
  },
  {
    name: 'JSON over the limit',
    early: true,
    play: post('/json', JSON_TYPE, JSON.stringify('x'.repeat(150_000))),
    status: 413,
    only: ROUTED,
  },
  {
    name: 'JSON over the limit, in chunks',
    early: true,
    play: post('/json', JSON_TYPE, inChunks(Buffer.from(JSON.stringify('x'.repeat(150_000))), 9000)),
    status: 413,
    // Koa's parser stops reading, and the connection with it.
    only: ROUTED.filter((framework) => framework !== 'Koa'),
  },
  {
    name: 'JSON, compressed',
    play: post('/json', JSON_TYPE, gzipSync('{"name":"Tom"}'), { 'Content-Encoding': 'gzip' }),
    status: 200,
    elsewhere: { Hono: 500 },
    only: ROUTED,
  },
  {
    name: 'a form',
    play: post('/form', FORM, 'name=Tom&lives=9&tag=a&tag=b&deep[er]=1&%C3%BC=%E2%82%AC+x'),
    status: 200,
    says: 'Tom',
    only: ROUTED,
  },
  { name: 'a form for a simple parser', play: post('/form-simple', FORM, 'a[b]=1&a[b]=2'), status: 200, only: EXPRESS },
  { name: 'a form without fields', play: post('/form', FORM, ''), status: 200, only: ROUTED },
  {
    name: 'a text',
    play: post('/text', 'text/plain; charset=utf-8', 'Größe\n€'),
    status: 200,
    says: 'Größe',
    only: ROUTED,
  },
  {
    name: 'a text in Latin-1',
    play: post('/text', 'text/plain; charset=iso-8859-1', Buffer.from('Größe', 'latin1')),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'bytes',
    play: post('/raw-body', BYTES, MANY_BYTES.subarray(0, 5000)),
    status: 200,
    says: '5000 bytes',
    only: ROUTED,
  },
  {
    name: 'bytes in chunks',
    play: post('/raw-body', BYTES, inChunks(MANY_BYTES.subarray(0, 20_000), 777)),
    status: 200,
    says: '20000 bytes',
    only: ROUTED,
  },
  {
    name: 'a type that nobody parses',
    play: post('/any', 'application/x-cat', 'meow'),
    status: 200,
    elsewhere: { Fastify: 415 },
    only: [...EXPRESS, 'Fastify', 'Koa'],
  },
  {
    name: 'a body without type',
    play: request('POST', '/any', { body: 'meow' }),
    status: 200,
    elsewhere: { Fastify: 415 },
    only: [...EXPRESS, 'Fastify', 'Koa'],
  },
  {
    name: 'a body that a schema refuses',
    play: post('/validated', JSON_TYPE, '{"lives":10}'),
    status: 400,
    only: ['Fastify'],
  },
  {
    name: 'a body that a schema changes',
    play: post('/validated', JSON_TYPE, '{"name":"Tom","lives":"9","more":1}'),
    status: 200,
    says: '9',
    only: ['Fastify'],
  },
  { name: 'a blob', play: post('/blob', 'text/x-blob', 'blob'), status: 200, says: 'x-blob', only: ['Hono'] },
  { name: 'an upload', play: upload(UPLOAD), status: 200, says: 'sha256', only: FULL },
  { name: 'an upload in chunks', play: upload(inChunks(UPLOAD, 4099)), status: 200, says: 'sha256', only: FULL },
  {
    name: 'an upload over the limit',
    early: true,
    play: upload(multipart({ name: 'a', content: MANY_BYTES.subarray(0, 120_000), filename: 'a', type: BYTES })),
    status: 413,
    elsewhere: { 'Express 4': 500, 'Express 5': 500 },
    only: FULL,
  },
  {
    name: 'an upload without end',
    early: true,
    play: upload(UPLOAD.subarray(0, -30)),
    status: 500,
    elsewhere: { 'node:http': 413, Koa: 413 },
    only: FULL,
  },
  {
    name: 'a stream of 3 MiB',
    play: request('PUT', '/stream', { fields: { 'Content-Type': BYTES }, body: MANY_BYTES }),
    status: 200,
    says: '3145728 bytes',
    only: ROUTED,
  },
  {
    name: 'a stream of 3 MiB in chunks',
    play: request('PUT', '/stream', { fields: { 'Content-Type': BYTES }, body: inChunks(MANY_BYTES, 100_000) }),
    status: 200,
    says: '3145728 bytes',
    only: ROUTED,
  },
  {
    name: 'a stream of nothing',
    play: request('PUT', '/stream', { fields: { 'Content-Type': BYTES }, body: '' }),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'a stream of nothing in chunks',
    play: request('PUT', '/stream', { fields: { 'Content-Type': BYTES }, body: [] }),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'an echo',
    early: true,
    play: post('/echo', 'application/x-stream', MANY_BYTES.subarray(0, 90_000)),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'an echo in chunks',
    early: true,
    play: post('/echo', 'application/x-stream', inChunks(MANY_BYTES.subarray(0, 90_000), 10_000)),
    status: 200,
    only: ROUTED,
  },
]

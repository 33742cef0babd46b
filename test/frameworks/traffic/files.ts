/** Files: whole, in ranges, under conditions, and paths that must not lead anywhere. */
import type { Scene } from '../player.ts'
import { get, request } from '../requests.ts'
import { EXPRESS, ROUTED } from './frameworks.ts'

const RANGED = ['Express 4', 'Express 5', 'Fastify'] as const

/** `status` where ranges and conditions are served, 200 elsewhere unless told. */
const file = (
  name: string,
  fields: Record<string, string>,
  status: number,
  elsewhere: Scene['elsewhere'] = {},
): Scene => ({
  name: `a file: ${name}`,
  play: get('/static/notes.txt', fields),
  status,
  elsewhere: { Koa: 200, Hono: status === 206 || status === 416 ? status : 200, ...elsewhere },
  only: ROUTED,
})

export const FILES: readonly Scene[] = [
  file('whole', {}, 200),
  file('a range', { Range: 'bytes=5-9' }, 206),
  file('the last bytes', { Range: 'bytes=-5' }, 206),
  file('from a position', { Range: 'bytes=30-' }, 206),
  file('two ranges', { Range: 'bytes=0-1,4-5' }, 200, { Hono: 206 }),
  file('a range past the end', { Range: 'bytes=100-200' }, 416),
  file('a range in another unit', { Range: 'lines=1-2' }, 200, { Hono: 206 }),
  file('a range if it is the same', { Range: 'bytes=0-3', 'If-Range': 'Thu, 29 Feb 2024 12:00:00 GMT' }, 206),
  file('a range if it is another', { Range: 'bytes=0-3', 'If-Range': '"other"' }, 200, { Hono: 206 }),
  file('not modified since', { 'If-Modified-Since': 'Thu, 29 Feb 2024 12:00:00 GMT' }, 304),
  file('modified since', { 'If-Modified-Since': 'Thu, 29 Feb 2023 12:00:00 GMT' }, 200),
  file('any tag', { 'If-None-Match': '*' }, 304),
  file('a tag that must match', { 'If-Match': '"other"' }, 412),
  file('unmodified since', { 'If-Unmodified-Since': 'Wed, 01 Mar 2023 12:00:00 GMT' }, 412),
  {
    name: 'a file by its tag',
    play: async (client) => {
      const { lines } = await client.ask(get('/static/notes.txt'))
      const tag = lines.find((line) => /^etag:/i.test(line))?.slice(6) ?? 'none'
      await client.ask(get('/static/notes.txt', { 'If-None-Match': tag }))
    },
    status: 304,
    only: RANGED,
  },
  { name: 'HEAD of a file', play: request('HEAD', '/static/notes.txt'), status: 200, only: ROUTED },
  {
    name: 'HEAD of a range',
    play: request('HEAD', '/static/notes.txt', { fields: { Range: 'bytes=0-3' } }),
    status: 206,
    elsewhere: { Koa: 200, Hono: 200 },
    only: ROUTED,
  },
  {
    name: 'POST to a file',
    play: request('POST', '/static/notes.txt', { body: '' }),
    status: 404,
    elsewhere: { Koa: 200, Hono: 404 },
    only: ROUTED,
  },
  { name: 'sendFile', play: get('/file'), status: 200, says: '0123', only: ROUTED },
  {
    name: 'sendFile with a range',
    play: get('/file', { Range: 'bytes=10-12' }),
    status: 206,
    elsewhere: { Koa: 200 },
    only: ROUTED,
  },
  { name: 'sendFile with options', play: get('/file-options', { Range: 'bytes=10-12' }), status: 200, only: EXPRESS },
  { name: 'sendFile of nothing', play: get('/file-missing'), status: 404, only: ROUTED },
  { name: 'a file by hand', play: get('/piped-file'), status: 200, only: ROUTED },
  { name: 'a download with a name', play: get('/download'), status: 200, says: 'encoding', only: ROUTED },
  {
    name: 'a file whose name needs encoding',
    play: get('/static/%C3%BCn%C3%AF%20%C3%A7%C3%B6d%C3%A9.txt'),
    status: 200,
    says: 'encoding',
    only: ROUTED,
  },
  {
    name: 'a long file, compressed',
    play: get('/static/long.txt', { 'Accept-Encoding': 'gzip' }),
    status: 200,
    only: ROUTED,
  },
  { name: 'a file that is not there', play: get('/static/nowhere'), status: 404, only: ROUTED },
  {
    name: 'a folder without slash',
    play: get('/static/folder'),
    status: 301,
    elsewhere: { Koa: 200, Hono: 200 },
    only: ROUTED,
  },
  { name: 'a folder', play: get('/static/folder/'), status: 200, says: 'index', only: ROUTED },
  {
    name: 'a hidden file',
    play: get('/static/.hidden'),
    status: 404,
    elsewhere: { Fastify: 200, Hono: 200 },
    only: ROUTED,
  },
  { name: 'a hidden file, denied', play: get('/strict/.hidden'), status: 403, only: EXPRESS },
  {
    name: 'a way out of the folder',
    play: get('/static/..%2f..%2fpackage.json'),
    status: 404,
    elsewhere: { Koa: 403 },
    only: ROUTED,
  },
  {
    name: 'a NUL in a path',
    play: get('/static/notes.txt%00.html'),
    status: 404,
    elsewhere: { Fastify: 400, Koa: 400 },
    only: ROUTED,
  },
]

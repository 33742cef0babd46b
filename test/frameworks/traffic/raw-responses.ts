/** Responses by hand, see `apps/raw-responses.ts`. */
import type { Scene } from '../player.ts'
import { get, request } from '../requests.ts'

const ask = (path: string, status: number, name = `by hand: ${path}`): Scene => ({
  name,
  play: get(`/raw/${path}`),
  status,
})
const head = (path: string, status: number): Scene => ({
  name: `by hand: HEAD of ${path}`,
  play: request('HEAD', `/raw/${path}`),
  status,
})

export const RAW_RESPONSES: readonly Scene[] = [
  ask('head-list', 203),
  ask('head-object', 201),
  // Not through on-headers, which Express's middleware uses.
  { ...ask('head-nested-list', 200), only: ['node:http', 'Fastify', 'Koa', 'Hono'] },
  ask('reason', 299),
  ask('no-reason', 599),
  ask('empty-reason', 200),
  ask('no-content', 204),
  ask('no-content-with-text', 204),
  ask('reset-content', 205),
  ask('not-modified', 304),
  ask('not-modified-length', 304),
  ask('length', 200),
  ask('empty', 200),
  ask('one-end', 200),
  ask('many-writes', 200),
  ask('encodings', 200),
  ask('corked', 200),
  ask('repeated-fields', 200),
  ask('odd-values', 200),
  ask('many-fields', 200),
  ask('known-fields', 201),
  ask('no-date', 200),
  ask('connection-close', 200),
  ask('connection-options', 200),
  ask('own-chunking', 200),
  ask('states', 202),
  ask('mistakes', 200),
  ask('write-after-end', 200),
  ask('callbacks', 200),
  ask('early-hints', 200),
  ask('processing', 200),
  ask('trailers', 200),
  ...['length', 'one-end', 'many-writes', 'empty', 'no-content', 'not-modified-length', 'own-chunking'].map((path) =>
    head(path, path === 'no-content' ? 204 : path === 'not-modified-length' ? 304 : 200),
  ),
]

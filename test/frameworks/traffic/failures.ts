/** Errors of an app, before and after its head has gone out. */
import type { Client, Scene } from '../player.ts'
import { get, request } from '../requests.ts'
import { EXPRESS, ROUTED } from './frameworks.ts'

const ask = (name: string, path: string, status: number, more: Partial<Scene> = {}): Scene => ({
  name,
  play: get(path),
  status,
  only: ROUTED,
  ...more,
})

/** Waits for half of the answer, so that everything that was sent has come, then for its end. */
export async function halfRead(client: Client, path: string): Promise<void> {
  const asked = get(path)
  const visit = await client.send(asked)
  while (!client.connection.unread.includes('half of')) await new Promise(setImmediate)
  await visit.meet('half read')
  await client.answer(asked)
}

export const FAILURES: readonly Scene[] = [
  ask('an error that is thrown', '/throw', 500),
  ask('an error that is thrown, for browsers', '/throw', 500, { play: get('/throw', { Accept: 'text/html' }) }),
  ask('a promise that is rejected', '/reject', 500),
  ask('an error with status and fields', '/next-error', 418),
  ask("an error for the app's own handler", '/own-error', 500, { says: 'mine' }),
  ask('an assertion', '/assert', 401, { only: ['Koa'], says: 'who are you' }),
  ask('nothing found', '/nowhere', 404),
  ask('nothing found, HEAD', '/nowhere', 404, { play: request('HEAD', '/nowhere') }),
  ask('nothing found, POST', '/nowhere', 404, {
    play: request('POST', '/nowhere', { body: 'x'.repeat(5000) }),
    elsewhere: { Koa: 501 },
  }),
  ask('not found on demand', '/call-not-found', 404, { only: ['Fastify'] }),
  {
    name: 'an answer that breaks in the middle',
    play: (client) => halfRead(client, '/broken'),
    status: 200,
    only: ROUTED,
  },
  {
    name: 'an error when the head has gone out',
    play: (client) => halfRead(client, '/late-error'),
    status: 200,
    only: [...EXPRESS, 'Fastify'],
  },
]

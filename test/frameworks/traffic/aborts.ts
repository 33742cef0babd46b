/** One end leaves in the middle: what the other end, and the app, see of it. */
import type { Client, Scene } from '../player.ts'
import { get, post } from '../requests.ts'
import { halfRead } from './failures.ts'
import { seen } from './raw-streams.ts'

const leaving = (how: 'reset' | 'close', path: string, when: (client: Client) => Promise<void>): Scene['play'] => {
  return async (client) => {
    await client.send(get(path))
    await when(client)
    client.connection[how]()
  }
}

const uploading = (how: 'reset' | 'close'): Scene['play'] => {
  return async (client) => {
    const asked = post('/raw/upload', 'text/plain', 'x'.repeat(1000))
    const visit = await client.send(asked, { headOnly: true })
    await client.connection.send('x'.repeat(500))
    await visit.meet('upload begun')
    client.connection[how]()
  }
}

export const ABORTS: readonly Scene[] = (['reset', 'close'] as const)
  .flatMap((how): Scene[] => {
    const waiting = async (client: Client) => {
      const visit = client.upcoming()
      await client.send(get('/raw/wait'))
      await visit.meet('waiting')
      client.connection[how]()
    }
    const word = how === 'reset' ? 'resets the connection' : 'closes the connection'
    return [
      { name: `a client that ${word} while it waits`, play: waiting, status: 0 },
      {
        name: `a client that ${word} while it reads`,
        play: leaving(how, '/raw/endless', (client) => seen(client, 'xxxx')),
        status: 0,
      },
      { name: `a client that ${word} while it uploads`, play: uploading(how), status: 0 },
      {
        name: `a client that ${word} while a web stream flows`,
        play: leaving(how, '/endless-stream', (client) => seen(client, '\0\0\0\0')),
        status: 0,
        only: ['Hono'],
      },
    ]
  })
  .concat([
    {
      name: 'an app that destroys its response',
      play: (client) => halfRead(client, '/raw/destroy-response'),
      status: 200,
    },
    {
      name: 'an app that destroys its response with an error',
      play: (client) => halfRead(client, '/raw/destroy-with-error'),
      status: 200,
    },
    { name: 'an app that destroys its socket', play: (client) => halfRead(client, '/raw/destroy-socket'), status: 200 },
    { name: 'an app that destroys its request at once', play: get('/raw/destroy-at-once'), status: 0 },
  ])

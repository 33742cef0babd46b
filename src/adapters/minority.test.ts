/** Requests at a node that is in a minority and refuses. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import express from 'express'
import { atEnd } from '../../test/kit/owner.ts'
import { createSessionManager } from '../session/index.ts'
import { quorate } from '../session/testing/quorate-channel.ts'
import session from './express.ts'
import { sessions } from './node-http.ts'
import { clientOf, close, listen } from './testing/http-client.ts'

function refusing() {
  const channel = quorate()
  return { channel, manager: createSessionManager({ name: 'app', channel, whenMinority: 'refuse' }) }
}

describe('a request with a session gets 503, its cookie stays, and afterwards it has it again', () => {
  const servers = {
    'node:http': (manager: ReturnType<typeof refusing>['manager']) =>
      createServer(
        sessions<{ n: number }>(
          (req, res) => {
            req.session.n = (req.session.n ?? 0) + 1
            res.end(`${req.session.n}`)
          },
          { manager },
        ),
      ),
    Express: (manager: ReturnType<typeof refusing>['manager']) => {
      const app = express()
      app.use(session({ manager }))
      app.get('/', (req, res) => {
        const held = req.session as unknown as { n?: number }
        held.n = (held.n ?? 0) + 1
        res.send(`${held.n}`)
      })
      app.use(((error, _req, res, _next) => res.status(error.status).end()) as express.ErrorRequestHandler)
      return createServer(app)
    },
  }
  for (const [name, serve] of Object.entries(servers)) {
    test(name, async (t) => {
      const { channel, manager } = refusing()
      const server = serve(manager)
      atEnd(t, () => close(server))
      await listen(server)
      const client = clientOf(server)
      const { cookie } = await client('/')
      channel.hasQuorum = false
      const refused = await client('/', { cookie })
      assert.deepEqual([refused.status, refused.cookies], [503, []])
      channel.hasQuorum = true
      assert.equal((await client('/', { cookie })).body, '2')
    })
  }
})

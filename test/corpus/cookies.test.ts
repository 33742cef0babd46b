/** The corpus of cookies and paths against what reads session ids: whatever comes, an id that we did not issue is never ours. */
import assert from 'node:assert/strict'
import { type IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createSessionManager, type HttpSessionOptions, httpSessions } from '../../src/adapters/node-http.ts'
import { suite } from '../kit/suite.ts'
import { missing, readVectors } from '../kit/vectors.ts'

interface CookieVector {
  readonly name: string
  readonly cookie: string
  readonly path?: string
  readonly why: string
}

const FILE = 'cookies.jsonl'

const arrangements: [what: string, options: HttpSessionOptions][] = [
  ['as it is', {}],
  ['with ids in paths', { urlRewriting: true }],
  ['with signed ids', { secret: 'cat', urlRewriting: true }],
  ['with a name of other stores', { name: 'sid' }],
]

for (const [what, options] of arrangements) {
  suite(`cookies of strangers, ${what}`, { skip: missing(FILE) }, () => {
    for (const { name, cookie, path = '/', why } of readVectors<CookieVector>(FILE)) {
      test(`${name}: ${why}`, () => {
        const manager = createSessionManager({ name: 'app', route: 'w1' })
        const { attach } = httpSessions({ manager, ...options })
        const request = { headers: { cookie }, url: path, method: 'GET' } as unknown as IncomingMessage
        assert.equal(attach(request, new ServerResponse(request)), undefined)
        assert.deepEqual(Object.keys(request.session), [])
        assert.equal(manager.snapshot().sessions, 0)

        Object.assign(request.session, { user: 'ann' })
        assert.match(request.sessionID, /^[0-9A-F]{32}\.w1$/)
        const key = request.sessionID.slice(0, 32)
        assert.ok(!`${cookie} ${path}`.includes(key), 'the id is not one that was presented')
        assert.equal(manager.find(key)?.get('user'), 'ann')
      })
    }
  })
}

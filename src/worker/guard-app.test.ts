import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { SessionError } from '../session/index.ts'
import { guardApp } from './guard-app.ts'
import type { RequestHandler } from './load-app.ts'

async function ask(t: TestContext, app: RequestHandler): Promise<{ response: Promise<Response>; failures: string[] }> {
  const failures: string[] = []
  const server = createServer(guardApp(app, (error, method, url) => failures.push(`${method} ${url} ${error}`)))
  t.after(() => server.close().closeAllConnections())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { response: fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y`), failures }
}

describe('an app that fails', () => {
  const HOW: [string, RequestHandler][] = [
    [
      'by throwing',
      (_request, response) => {
        response.setHeader('x-secret', '1')
        throw new Error('oh')
      },
    ],
    [
      'by rejecting',
      async (_request, response) => {
        response.setHeader('x-secret', '1')
        throw new Error('oh')
      },
    ],
  ]
  for (const [rule, app] of HOW)
    it(`${rule} is answered for, without telling why`, async (t) => {
      const { response, failures } = await ask(t, app)
      const answer = await response
      assert.equal(answer.status, 500)
      assert.equal(await answer.text(), 'Internal Server Error\n')
      assert.equal(answer.headers.get('x-secret'), null)
      assert.deepEqual(failures, ['GET /x?y Error: oh'])
    })

  it('because its sessions cannot be had for now says so to whoever asked', async (t) => {
    const { response, failures } = await ask(t, async () => {
      throw new SessionError('SESSION_STORE', 'the store at secret is down')
    })
    const answer = await response
    assert.deepEqual([answer.status, await answer.text()], [503, 'Service Unavailable\n'])
    assert.equal(failures.length, 1)
  })

  it('in the middle of its answer has it cut, so that nobody takes it for whole', async (t) => {
    const { response, failures } = await ask(t, async (_request, out) => {
      out.write('half')
      await new Promise((done) => setImmediate(done))
      throw new Error('oh')
    })
    await assert.rejects(response.then((answer) => answer.text()))
    assert.deepEqual(failures, ['GET /x?y Error: oh'])
  })

  it('after its answer has answered all the same', async (t) => {
    const { response, failures } = await ask(t, (_request, out) => {
      out.end('fine')
      throw new Error('oh')
    })
    assert.equal(await (await response).text(), 'fine')
    assert.deepEqual(failures, ['GET /x?y Error: oh'])
  })

  it('not at all is left alone', async (t) => {
    const { response, failures } = await ask(t, async (_request, out) => void out.end('fine'))
    assert.equal(await (await response).text(), 'fine')
    assert.deepEqual(failures, [])
  })
})

/** The Express example: alone in a process, and on a cluster where a worker dies between two requests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startNode } from '../kit/process.ts'
import { startCluster } from './clowder.ts'
import { get } from './visitor.ts'

const APP = fileURLToPath(new URL('../../../examples/express/app.mjs', import.meta.url))

/** Requests of one browser to the app. */
function browser(port: number) {
  let cookie = ''
  return async (method: string, path: string) => {
    const answer = await get(port, path, { method, headers: { cookie } })
    for (const field of answer.headers['set-cookie'] ?? []) cookie = field.slice(0, field.indexOf(';'))
    return answer
  }
}

test('the Express example keeps a cart over the death of its worker', async (t) => {
  const { port, worker1, worker2 } = await startCluster(t, ['--app', APP])
  const ask = browser(port)
  const first = await ask('GET', '/')
  const [, id, route] = /^1 ([0-9A-F]{32})\.(worker\d)\n$/.exec(first.text)!
  await ask('POST', '/cart/milk')
  assert.equal((await ask('POST', '/cart/fish')).text, '["milk","fish"]')
  process.kill(route === 'worker1' ? worker1.pid : worker2.pid, 'SIGKILL')
  // A GET first: it is sent once more when it meets the dead worker, which nobody does with a POST.
  assert.match((await ask('GET', '/')).text, /^2 /)
  assert.equal((await ask('POST', '/cart/sand')).text, '["milk","fish","sand"]')

  const login = JSON.parse((await ask('POST', '/login')).text)
  assert.equal(login.user, 'felix')
  assert.ok(!login.id.startsWith(id), 'the id changes at login')
  assert.match((await ask('GET', '/')).text, new RegExp(`^3 ${login.id}\n$`))
  assert.equal((await ask('POST', '/logout')).status, 204)
  assert.match((await ask('GET', '/')).text, /^1 /)
})

test('the Express example runs without a cluster', async (t) => {
  const app = await startNode([APP, '0'], { owner: t })
  const [, port] = await app.waitForLine(/^http:\/\/127\.0\.0\.1:(\d+)\/$/)
  const ask = browser(Number(port))
  assert.match((await ask('GET', '/')).text, /^1 [0-9A-F]{32}\n$/)
  assert.match((await ask('GET', '/')).text, /^2 /)
})

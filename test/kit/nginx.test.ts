import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNginx } from './nginx.ts'
import { needsPeer } from './peers.ts'
import { isListening } from './ports.ts'

test('nginx starts, answers, and is gone after stop', needsPeer('nginx'), async (t) => {
  const nginx = await startNginx({
    owner: t,
    http: (listen) => `server { listen ${listen}; location / { return 200 hello; } }`,
  })
  const response = await fetch(`http://127.0.0.1:${nginx.port}/`)
  assert.equal(await response.text(), 'hello')
  await nginx.stop()
  assert.equal(await isListening(nginx.port), false)
})

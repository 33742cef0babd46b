import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHaproxy } from './haproxy.ts'
import { needsPeer } from './peers.ts'
import { isListening } from './ports.ts'

test('haproxy starts, answers, and is gone after stop', needsPeer('haproxy'), async (t) => {
  const haproxy = await startHaproxy({
    owner: t,
    config: (bind) =>
      `frontend front\n  bind ${bind}\n  http-request return status 200 content-type text/plain string hello`,
  })
  const response = await fetch(`http://127.0.0.1:${haproxy.port}/`)
  assert.equal(await response.text(), 'hello')
  await haproxy.stop()
  assert.equal(await isListening(haproxy.port), false)
})

test('haproxy that cannot read its configuration says why', needsPeer('haproxy'), async (t) => {
  await assert.rejects(
    startHaproxy({ owner: t, config: () => 'frontend front\n  no-such-keyword' }),
    /haproxy ended \(1\) before it listened[\s\S]*unknown keyword 'no-such-keyword'/,
  )
})

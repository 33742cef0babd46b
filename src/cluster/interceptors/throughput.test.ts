import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testMember } from '../testing/fixture.ts'
import { LoneLayer } from '../testing/lone-layer.ts'
import { throughput } from './throughput.ts'

test('counts what passes both ways, and tells with every so many messages', async () => {
  const lone = new LoneLayer(throughput({ interval: 3 }))
  await lone.send('1234', { to: [testMember(1), testMember(2)] })
  lone.receive(Buffer.from('12'))
  assert.deepEqual(lone.context.events, [])
  lone.context.clock.advance(500)
  lone.receive(Buffer.from('12'))
  const totals = { sent: 1, sentBytes: 8, failed: 0, received: 2, receivedBytes: 4 }
  assert.deepEqual(lone.context.events, [
    { type: 'throughput', report: { ...totals, messagesPerSecond: 6, bytesPerSecond: 24 } },
  ])
  assert.deepEqual(lone.layer.snapshot?.(), totals)
  for (let i = 0; i < 3; i++) lone.receive(Buffer.from('12'))
  assert.equal(lone.context.events.length, 2)
})

test('counts what could not be sent', async () => {
  const layer = throughput()
  const lone = new LoneLayer(layer)
  const message = { to: [lone.peer], options: 0, timestamp: 0, uniqueId: new Uint8Array(16), body: Buffer.from('x') }
  await assert.rejects(layer.send!(message, () => Promise.reject(new Error('no'))))
  assert.equal(layer.snapshot?.().failed, 1)
})

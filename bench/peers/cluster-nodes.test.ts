import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Site } from '../site.ts'
import { ClusterNodes } from './cluster-nodes.ts'

const RATE = 400
const SECONDS = 0.5
const SESSIONS = 30

test('two nodes hear of every write of each other, and say how long that took', async (t) => {
  const site = await Site.open()
  t.after(() => site.close())
  const options = { nodes: 2, manager: 'delta', mode: 'synchronised', sessions: SESSIONS, delays: true } as const
  const cost = await (await ClusterNodes.start(site, options)).load(RATE, SECONDS)
  assert.ok(cost.writes > (RATE * SECONDS) / 2 && cost.writes < RATE * SECONDS * 2, `${cost.writes} writes`)
  assert.equal(cost.delaysMs.length, cost.writes)
  assert.ok(
    cost.delaysMs.every((delay) => delay > 0 && delay < 10_000),
    'one clock',
  )
})

test('three nodes with backups send each write to one other node', async (t) => {
  const site = await Site.open()
  t.after(() => site.close())
  const options = { nodes: 3, manager: 'backup', mode: 'asynchronous', sessions: SESSIONS, delays: false } as const
  const cost = await (await ClusterNodes.start(site, options)).load(RATE, SECONDS)
  assert.ok(cost.cpuUs > 0)
  assert.ok(cost.messages > 0 && cost.messages <= 1.1, `${cost.messages} messages per write`)
  assert.ok(cost.bytes > cost.bodyBytes && cost.bodyBytes > 0, `${cost.bodyBytes} of ${cost.bytes} bytes are bodies`)
})

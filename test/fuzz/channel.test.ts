/** The port of a channel under fire for a few seconds, always with the same seed; `npm run fuzz` for as long as one likes. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createChannel } from '../../src/cluster/index.ts'
import { lastInFirstOut } from '../kit/owner.ts'
import { until } from '../kit/until.ts'
import { missing, readVectors } from '../kit/vectors.ts'
import { fuzzChannelFrames } from './channel-frames.ts'

test('fuzzing: replayed, changed and forged frames', async (t) => {
  const report = await fuzzChannelFrames(lastInFirstOut(t), { seed: 1, count: 4_000, seconds: 20 })
  t.diagnostic(JSON.stringify(report))
  for (const outcome of ['unreadable', 'replayed', 'closed']) assert.ok(report.outcomes[outcome]! > 0, outcome)
})

test('hostile payloads in clear', { skip: missing('replication.jsonl') }, async (t) => {
  const payloads = readVectors<{ payload: string }>('replication.jsonl').map(({ payload }) => Buffer.from(payload))
  assert.ok(payloads.length > 0)
  await fuzzChannelFrames(lastInFirstOut(t), { seed: 2, count: 1_000, seconds: 10 }, payloads)
})

test('1,000 idle connections keep no member out and push none out', async (t) => {
  const owner = lastInFirstOut(t)
  const encryption = { keys: ['00112233445566778899aabbccddeeff'] }
  const [a, b] = [0, 1].map(() => createChannel({ receiver: { port: 0 }, encryption }))
  for (const channel of [a!, b!]) owner.after(() => channel.stop())
  await a!.start()
  const idle: Socket[] = []
  owner.after(() => {
    for (const socket of idle) socket.destroy()
  })
  const open = () => {
    for (let i = 0; i < 500; i++) {
      const socket = connect({ host: '127.0.0.1', port: a!.local.port }).on('error', () => {})
      idle.push(socket)
    }
  }
  open()
  await until('500 are connected', () => idle.every(({ connecting }) => !connecting))
  await b!.start()
  await a!.addMember({ host: '127.0.0.1', port: b!.local.port })
  await b!.addMember({ host: '127.0.0.1', port: a!.local.port })
  await until('the member is in', () => a!.members().length === 1 && b!.members().length === 1)
  open()
  await until('1,000 were connected', () => idle.every(({ connecting }) => !connecting))
  await until('some had to go', () => a!.snapshot().counters.connectionsRefused > 400)
  let heard = 0
  a!.addListener({ message: () => ++heard > 0 })
  await b!.send(b!.members(), Buffer.from('still here'), 6)
  assert.deepEqual([heard, a!.members().length, b!.members().length], [1, 1, 1])
})

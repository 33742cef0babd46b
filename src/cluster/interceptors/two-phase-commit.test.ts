import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countingId } from '../testing/fixture.ts'
import { decodedFixture, LoneLayer, TEXT } from '../testing/lone-layer.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'

test('the bytes are those of Tomcat, the commit under an id of its own', async () => {
  const lone = new LoneLayer(twoPhaseCommit())
  await lone.send(TEXT, { uniqueId: countingId(0x10) })
  assert.deepEqual(
    lone.below.map(({ body }) => body),
    ['twophase-1', 'twophase-2'].map((name) => Buffer.from(decodedFixture(name).body)),
  )
  assert.deepEqual(lone.below[0]?.uniqueId, countingId(0x10))
  assert.notDeepEqual(lone.below[1]?.uniqueId, countingId(0x10))
})

test('a message is delivered with its commit, once', () => {
  const lone = new LoneLayer(twoPhaseCommit())
  lone.receiveFixture('twophase-1')
  assert.deepEqual(lone.above, [])
  lone.receiveFixture('twophase-2')
  lone.receiveFixture('twophase-2')
  assert.deepEqual(lone.above, [TEXT])
  assert.equal(lone.layer.snapshot?.().unknownCommits, 1)
})

test('a commit is sent only when everybody has the message', async () => {
  const layer = twoPhaseCommit()
  const lone = new LoneLayer(layer)
  const failing = layer.send!(
    { to: [lone.peer], options: 2, timestamp: 0, uniqueId: countingId(0), body: Buffer.from('x') },
    async (message) => {
      lone.below.push({ ...message, body: Buffer.from(message.body) })
      throw new Error('one did not get it')
    },
  )
  await assert.rejects(failing)
  assert.equal(lone.below.length, 1)
})

test('a commit has the options of its message, whatever layers below make of that', async () => {
  const options: number[] = []
  const message = { to: [], options: 2, timestamp: 0, uniqueId: countingId(0), body: Buffer.from('x') }
  await new LoneLayer(twoPhaseCommit()).layer.send!(message, async (below) => {
    options.push(below.options)
    below.options |= 256
  })
  assert.deepEqual(options, [2, 2])
})

test('a message whose commit does not come is dropped with the heartbeat after its time, and told', () => {
  const lone = new LoneLayer(twoPhaseCommit({ expireMs: 1000 }))
  lone.receiveFixture('twophase-1')
  lone.beat(1001)
  lone.receiveFixture('twophase-2')
  assert.deepEqual([lone.above, lone.context.refusals], [[], ['CLUSTER_EXPIRED']])
  assert.deepEqual(lone.layer.snapshot?.(), { waiting: 0, waitingBytes: 0, expired: 1, unknownCommits: 1 })
})

for (const [what, options] of [
  ['bytes', { maxWaitingBytes: 3 }],
  ['messages', { maxWaiting: 3 }],
] as const) {
  test(`beyond a limit of ${what} messages are refused, and those that wait stay`, () => {
    const lone = new LoneLayer(twoPhaseCommit(options))
    for (let id = 0; id < 3; id++) lone.receive(Buffer.from('x'), { uniqueId: countingId(id) })
    assert.throws(() => lone.receive(Buffer.from('x'), { uniqueId: countingId(9) }), {
      code: 'CLUSTER_UNCOMMITTED_FULL',
    })
    assert.equal(lone.layer.snapshot?.().waiting, 3)
  })
}

/** What a manager does on a node that the channel's quorum says is in a minority. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { atEnd } from '../../test/kit/owner.ts'
import { until } from '../../test/kit/until.ts'
import { createChannel } from '../cluster/index.ts'
import { createSessionManager } from './manager.ts'
import type { ManagerKind, SessionManagerOptions } from './options.ts'
import { quorate } from './testing/quorate-channel.ts'
import { read, write } from './testing/requests.ts'
import { UserIndex } from './user-index.ts'

const MINORITY = { code: 'SESSION_MINORITY', status: 503 }

function node(manager: ManagerKind, options: Partial<SessionManagerOptions> = { whenMinority: 'refuse' }) {
  const channel = quorate()
  return { channel, manager: createSessionManager({ name: 'test', manager, channel, ...options }) }
}

for (const kind of ['delta', 'backup'] as const) {
  describe(`a minority that refuses (${kind})`, () => {
    test('neither finds nor makes sessions, and has them all when it is none any more', async () => {
      const { channel, manager } = node(kind)
      const key = write({ manager }, undefined, { userId: 'ann' })
      channel.hasQuorum = false
      assert.equal(manager.find(key), undefined)
      await assert.rejects(async () => manager.load(key), MINORITY)
      await assert.rejects(async () => manager.look(key), MINORITY)
      assert.throws(() => write({ manager }, undefined, { n: 1 }), MINORITY)
      assert.equal(manager.snapshot().refusing, true)
      channel.hasQuorum = true
      assert.equal(manager.snapshot().refusing, false)
      assert.deepEqual(read({ manager }, key), { userId: 'ann' })
    })

    test('lets a request that had begun before end', () => {
      const { channel, manager } = node(kind)
      const key = write({ manager }, undefined, { n: 1 })
      const visit = manager.visit(manager.find(key))
      channel.hasQuorum = false
      visit.set('n', 2)
      void visit.commit()
      channel.hasQuorum = true
      assert.deepEqual(read({ manager }, key), { n: 2 })
    })

    test('does not say which sessions a user has, nor end some of them', async () => {
      const { channel, manager } = node(kind)
      const index = new UserIndex(manager)
      const key = write({ manager }, undefined, { userId: 'ann' })
      channel.hasQuorum = false
      await assert.rejects(index.of('ann'), MINORITY)
      await assert.rejects(index.destroyOf('ann'), MINORITY)
      channel.hasQuorum = true
      assert.deepEqual(read({ manager }, key), { userId: 'ann' })
    })
  })
}

test('a minority goes on by default', () => {
  const { channel, manager } = node('delta', {})
  channel.hasQuorum = false
  assert.deepEqual(read({ manager }, write({ manager }, undefined, { n: 1 })), { n: 1 })
  assert.equal(manager.snapshot().refusing, false)
})

test('refuse needs a channel that counts', () => {
  const rows: Partial<SessionManagerOptions>[] = [{}, { whenMinority: 'whatever' as 'serve' }]
  for (const row of rows) {
    const options = { name: 'test', whenMinority: 'refuse', ...row } as const
    assert.throws(() => createSessionManager(options), { code: 'SESSION_OPTIONS' })
  }
})

test('over the real channel: the one of two that is left refuses', async (t) => {
  const [a, b] = [0, 1].map(() => createChannel({ receiver: { port: 0 }, quorum: 2 })) as [Channel, Channel]
  for (const channel of [a, b]) {
    atEnd(t, () => channel.stop())
    await channel.start()
  }
  const manager = createSessionManager({ name: 'test', channel: a, whenMinority: 'refuse', stateTimeoutMs: 0 })
  atEnd(t, () => manager.stop())
  await manager.start()
  assert.throws(() => write({ manager }, undefined, { n: 1 }), MINORITY)
  await Promise.all([
    a.addMember({ host: '127.0.0.1', port: b.local.port }),
    b.addMember({ host: '127.0.0.1', port: a.local.port }),
  ])
  await until('both are there', () => a.members().length === 1)
  const key = write({ manager }, undefined, { n: 1 })
  await b.stop()
  await until('one is left', () => a.members().length === 0)
  await assert.rejects(async () => manager.load(key), MINORITY)
})

type Channel = ReturnType<typeof createChannel>

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientPool } from 'redis'
import { atEnd } from '../../../test/kit/owner.ts'
import { needsPeer } from '../../../test/kit/peers.ts'
import { redisCli, startRedis } from '../../../test/kit/redis.ts'
import { suite } from '../../../test/kit/suite.ts'
import { cluster, redisClientAt, shared, standalone } from '../testing/redis-clients.ts'
import { redisStore } from './redis-store.ts'
import { storeCases } from './store.cases.ts'

for (const [name, connect] of [
  ['standalone', standalone],
  ['cluster', cluster],
] as const) {
  suite(`Redis ${name}`, needsPeer('redis'), () => {
    const client = shared(connect)
    storeCases(() => Promise.resolve(redisStore(client())))
  })
}

suite('Redis', needsPeer('redis'), () => {
  const change = { create: true, ageMs: 0, idleMs: 60_000, lifetimeMs: 0, maxFields: 10, fields: new Map() }

  test('that has forgotten the scripts is sent them again', async (t) => {
    const { port } = await startRedis({ owner: t })
    const store = redisStore(await redisClientAt(t, port)).open('test')
    await store.write('A', change)
    await redisCli(port, 'script', 'flush')
    assert.deepEqual(await store.write('A', change), { type: 'done' })
    assert.match(await redisCli(port, 'info', 'commandstats'), /cmdstat_evalsha:calls=2/)
    await store.write('A', change)
    assert.match(await redisCli(port, 'info', 'commandstats'), /cmdstat_eval:calls=2/, 'and not more often')
  })

  test('is reached through a pool of clients, too', async (t) => {
    const { port } = await startRedis({ owner: t })
    const pool = createClientPool({ url: `redis://127.0.0.1:${port}` }, { maximum: 2 })
    pool.on('error', () => {})
    await pool.connect()
    atEnd(t, () => pool.destroy())
    const store = redisStore(pool).open('test')
    await Promise.all(Array.from({ length: 10 }, () => store.write('A', change)))
    const stored = await store.read('A')
    assert.equal(stored.type === 'living' && stored.writes, 10)
  })

  test('has keys that can be told apart, and that all end', async (t) => {
    const { port } = await startRedis({ owner: t })
    const store = redisStore(await redisClientAt(t, port), { prefix: 'my:' }).open('a shop')
    await store.write('A', change)
    await store.claim('ann', 'A', 60_000)
    assert.deepEqual((await redisCli(port, 'keys', '*')).split('\n').sort(), ['my:a%20shop:s:A', 'my:a%20shop:u:ann'])
    for (const key of ['my:a%20shop:s:A', 'my:a%20shop:u:ann']) {
      const left = Number(await redisCli(port, 'pttl', key))
      assert.ok(left > 30_000 && left <= 60_000, `${left}`)
    }
  })

  test('a key of somebody else is an error, not a session', async (t) => {
    const { port } = await startRedis({ owner: t })
    const store = redisStore(await redisClientAt(t, port)).open('test')
    await redisCli(port, 'set', 'clowder:test:s:A', 'x')
    await assert.rejects(store.read('A'), /WRONGTYPE/)
  })
})

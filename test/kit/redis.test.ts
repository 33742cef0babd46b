import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsPeer } from './peers.ts'
import { isListening } from './ports.ts'
import { redisCli, startRedis, startRedisCluster } from './redis.ts'

test('a Redis starts empty, answers, and is gone after stop', needsPeer('redis'), async (t) => {
  const redis = await startRedis({ owner: t })
  assert.equal(await redisCli(redis.port, 'dbsize'), '0')
  await redis.stop()
  assert.equal(await isListening(redis.port), false)
})

test('a cluster of three takes keys of all slots', needsPeer('redis'), async (t) => {
  const { ports } = await startRedisCluster(t)
  for (const key of ['a', 'b', 'c', 'd']) assert.equal(await redisCli(ports[0]!, '-c', 'set', key, 'x'), 'OK')
  const sizes = await Promise.all(ports.map((port) => redisCli(port, 'dbsize')))
  assert.equal(
    sizes.reduce((sum, size) => sum + Number(size), 0),
    4,
  )
})

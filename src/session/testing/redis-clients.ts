/** Clients of private Redis servers, as programs make them. */
import { after, before } from 'node:test'
import { createClient, createCluster, createSentinel } from 'redis'
import { atEnd, type Owner } from '../../../test/kit/owner.ts'
import { MASTER_NAME, startRedis, startRedisCluster } from '../../../test/kit/redis.ts'
import type { AnyRedisClient } from '../persistent/redis-client.ts'

/** A client of the server at this port, closed with its owner. */
export async function redisClientAt(owner: Owner, port: number) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 20 } })
  client.on('error', () => {})
  await client.connect()
  atEnd(owner, () => client.destroy())
  return client
}

export async function standalone(owner: Owner): Promise<AnyRedisClient> {
  const { port } = await startRedis({ owner })
  return redisClientAt(owner, port)
}

export async function cluster(owner: Owner): Promise<AnyRedisClient> {
  const { ports } = await startRedisCluster(owner)
  const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
  client.on('error', () => {})
  await client.connect()
  atEnd(owner, () => client.destroy())
  return client
}

/** A client that follows the master which this Sentinel names. */
export async function sentinelClientAt(owner: Owner, port: number): Promise<AnyRedisClient> {
  const client = createSentinel({
    name: MASTER_NAME,
    sentinelRootNodes: [{ host: '127.0.0.1', port }],
    scanInterval: 200,
  })
  client.on('error', () => {})
  await client.connect()
  atEnd(owner, () => client.destroy())
  return client
}

/** One for all tests of a suite. */
export function shared<T>(connect: (owner: Owner) => Promise<T>): () => T {
  const closes: (() => void | Promise<void>)[] = []
  let client: T
  before(async () => {
    client = await connect({ after: (close) => void closes.push(close) })
  })
  after(async () => {
    for (const close of closes) await close()
  })
  return () => client
}

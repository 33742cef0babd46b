/**
 * Private Redis servers on loopback that keep nothing on disk: one, three that share a cluster's slots, or a master with a
 * replica and a Sentinel that puts it in the master's place.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { temporaryFolder } from './folder.ts'
import type { Owner } from './owner.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { peer } from './peers.ts'
import { freePort } from './ports.ts'
import { until } from './until.ts'

const SLOTS = 16_384
const MASTERS = 3

export interface RedisOptions {
  readonly owner?: Owner
  /** Default: any that is free. To start again where one was. */
  readonly port?: number
  /** Further lines of redis.conf. */
  readonly config?: readonly string[]
  readonly args?: readonly string[]
}

export async function startRedis({ owner, port, config = [], args = [] }: RedisOptions = {}): Promise<PeerServer> {
  const command = peer('redis')
  const at = port ?? (await freePort())
  const folder = temporaryFolder('redis', owner)
  const lines = [`port ${at}`, 'bind 127.0.0.1', 'daemonize no', `dir ${folder.path}`]
  const memory = args.includes('--sentinel') ? [] : ['save ""', 'appendonly no']
  const file = folder.write('redis.conf', [...lines, ...memory, ...config, ''].join('\n'))
  return startPeerServer({ owner, name: 'redis', command, args: [file, ...args], folder, port: at })
}

export interface RedisCluster {
  readonly ports: readonly number[]
  readonly nodes: readonly PeerServer[]
}

/** Three masters without replicas, each with a third of the slots. */
export async function startRedisCluster(owner: Owner): Promise<RedisCluster> {
  const buses = await Promise.all(Array.from({ length: MASTERS }, () => freePort()))
  const nodes = await Promise.all(
    buses.map((bus) => startRedis({ owner, config: ['cluster-enabled yes', `cluster-port ${bus}`] })),
  )
  const ports = nodes.map(({ port }) => port)
  const share = Math.ceil(SLOTS / MASTERS)
  for (const [i, port] of ports.entries()) {
    const [first, last] = [i * share, Math.min(SLOTS, (i + 1) * share) - 1]
    await redisCli(port, 'cluster', 'addslotsrange', `${first}`, `${last}`)
    // Told apart from the beginning, they need not settle it among themselves.
    await redisCli(port, 'cluster', 'set-config-epoch', `${i + 1}`)
    await redisCli(ports[0]!, 'cluster', 'meet', '127.0.0.1', `${port}`, `${buses[i]}`)
  }
  for (const port of ports) {
    await until(`the node at port ${port} knows a whole cluster`, async () => {
      const info = await redisCli(port, 'cluster', 'info')
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`)
    })
  }
  return { ports, nodes }
}

export interface RedisUnderSentinel {
  readonly master: PeerServer
  readonly replica: PeerServer
  readonly sentinel: PeerServer
}

/** What it knows the master as. */
export const MASTER_NAME = 'main'

export async function startRedisUnderSentinel(owner: Owner): Promise<RedisUnderSentinel> {
  const master = await startRedis({ owner })
  const replica = await startRedis({
    owner,
    config: [`replicaof 127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay 0'],
  })
  const config = [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 300`,
    `sentinel failover-timeout ${MASTER_NAME} 2000`,
  ]
  const sentinel = await startRedis({ owner, config, args: ['--sentinel'] })
  await until(
    'the sentinel knows a replica that is in step',
    async () => {
      const known = await redisCli(sentinel.port, 'sentinel', 'replicas', MASTER_NAME)
      return (
        known.includes(`${replica.port}`) && (await redisCli(replica.port, 'info')).includes('master_link_status:up')
      )
    },
    { deadlineMs: 30_000 },
  )
  return { master, replica, sentinel }
}

/** What `redis-cli` prints; it comes with the server. */
export async function redisCli(port: number, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-h', '127.0.0.1', '-p', `${port}`, ...args])
  return stdout.trim()
}

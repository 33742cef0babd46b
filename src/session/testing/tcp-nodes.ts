/** Managers on the channel that programs use: real sockets on loopback, real time, all in this process. */
import { atEnd, type Owner } from '../../../test/kit/owner.ts'
import { until } from '../../../test/kit/until.ts'
import { createChannel, type GroupChannel } from '../../cluster/index.ts'
import type { SessionEvent } from '../events.ts'
import { createSessionManager, type SessionManager } from '../manager.ts'
import type { SessionManagerOptions } from '../options.ts'

export interface TcpNode {
  readonly channel: GroupChannel
  readonly manager: SessionManager
  readonly events: SessionEvent[]
}

/** A node that knows `others` and is known to them. Its manager is not started. */
export async function tcpNode(
  owner: Owner,
  others: readonly TcpNode[],
  options: Partial<SessionManagerOptions> = {},
): Promise<TcpNode> {
  const channel = createChannel({ receiver: { port: 0 } })
  const manager = createSessionManager({ name: 'test', route: `node-${others.length}`, channel, ...options })
  const events: SessionEvent[] = []
  manager.on((event) => events.push(event))
  atEnd(owner, async () => {
    await manager.stop()
    await channel.stop()
  })
  await channel.start()
  for (const other of others) {
    await Promise.all([channel.addMember(address(other.channel)), other.channel.addMember(address(channel))])
  }
  await until('all know each other', () =>
    [channel, ...others.map((other) => other.channel)].every((one) => one.members().length === others.length),
  )
  return { channel, manager, events }
}

/** Nodes that know each other and are ready. */
export async function tcpNodes(
  owner: Owner,
  count: number,
  options: Partial<SessionManagerOptions> = {},
): Promise<TcpNode[]> {
  const nodes: TcpNode[] = []
  for (let i = 0; i < count; i++) {
    const node = await tcpNode(owner, nodes, options)
    await node.manager.start()
    nodes.push(node)
  }
  return nodes
}

function address({ local }: GroupChannel): { host: string; port: number } {
  return { host: '127.0.0.1', port: local.port }
}

/**
 * Sends something to all members at short intervals, so that a dead connection is noticed by its failure (Tomcat
 * `TcpPingInterceptor`; tomcat-cluster.md 3.5). Between clowder members the failure detector does this by itself
 * (`failureDetector.pingMs`); this is for Tomcat members and for those who want it more often.
 */
import type { TimerHandle } from '../../clock/clock.ts'
import { SEND } from '../channel.ts'
import { PING_BODY } from '../control-messages.ts'
import { sameMember } from '../identity.ts'
import type { Member } from '../member.ts'
import { MessageIds } from '../message-id.ts'
import type { Interceptor, Neighbours } from './interceptor.ts'
import { checkLeast } from './layer-options.ts'

export interface PingOptions {
  /** Pause between pings. Ms, default with every heartbeat of the channel. Tomcat: `interval`, with `useThread`. */
  readonly intervalMs?: number
}

/**
 * @throws ClusterError CLUSTER_OPTIONS
 * @example
 * createChannel({ interceptors: [ping({ intervalMs: 1000 })] })
 */
export function ping(options: PingOptions = {}): Interceptor {
  checkLeast('ping', options, { intervalMs: 1 })
  const { intervalMs } = options
  let neighbours: Neighbours | undefined
  let ids: MessageIds | undefined
  let timer: TimerHandle
  let members: readonly Member[] = []
  let pings = 0
  const beat = () => {
    if (members.length === 0 || neighbours === undefined || ids === undefined) return
    pings++
    const { channel, below } = neighbours
    const timestamp = channel.clock.now()
    // A failure has been told to the failure detector below.
    below
      .send({ to: members, options: SEND.BYTE_MESSAGE, timestamp, uniqueId: ids.next(), body: PING_BODY })
      .catch(() => {})
  }
  return {
    name: 'ping',
    attach: (given) => {
      neighbours = given
      ids = new MessageIds(given.channel.randomBytes)
    },
    start: () => {
      if (intervalMs !== undefined) timer = neighbours?.channel.clock.every(intervalMs, beat)
    },
    stop: () => neighbours?.channel.clock.clear(timer),
    heartbeat: () => {
      if (intervalMs === undefined) beat()
    },
    snapshot: () => ({ pings }),
    memberAdded: (member, next) => {
      members = [...members.filter((other) => !sameMember(other, member)), member]
      next(member)
    },
    memberDisappeared: (member, reason, next) => {
      members = members.filter((other) => !sameMember(other, member))
      next(member, reason)
    },
  }
}

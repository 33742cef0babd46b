/**
 * Members of another domain are not members, and their messages are refused (Tomcat `DomainFilterInterceptor`;
 * tomcat-cluster.md 3.6). A domain is what a member says of itself: without a key it keeps order, not enemies out.
 */
import { ClusterError } from '../errors.ts'
import { memberName, sameBytes } from '../identity.ts'
import type { Member } from '../member.ts'
import type { ChannelContext, Interceptor } from './interceptor.ts'

export interface DomainFilterOptions {
  /** Text (Latin-1) or bytes; default the domain of this node. Tomcat: `domain`, empty by default. */
  readonly domain?: string | Uint8Array
}

/**
 * @example
 * createChannel({ domain: 'staging', interceptors: [domainFilter()] })
 */
export function domainFilter({ domain }: DomainFilterOptions = {}): Interceptor {
  let channel: ChannelContext | undefined
  let refused = 0
  const wanted = typeof domain === 'string' ? Buffer.from(domain, 'latin1') : domain
  const isOurs = (member: Member) => sameBytes(member.domain, wanted ?? channel!.local().domain)
  return {
    name: 'domain-filter',
    attach: (neighbours) => {
      channel = neighbours.channel
    },
    snapshot: () => ({ refused }),
    receive: (message, next) => {
      if (isOurs(message.sender)) return next(message)
      refused++
      const text = `${memberName(message.sender)} is in another domain`
      const cause = new ClusterError('CLUSTER_OTHER_DOMAIN', text)
      channel!.refused('domain-filter', message.sender, cause)
      throw cause
    },
    memberAdded: (member, next) => {
      if (isOurs(member)) next(member)
    },
    memberDisappeared: (member, reason, next) => {
      if (isOurs(member)) next(member, reason)
    },
  }
}

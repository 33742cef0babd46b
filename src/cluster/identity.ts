/** When two members are the same, how they are told apart in maps and logs, and in which order they stand. */
import { formatAddress } from './address.ts'
import type { Endpoint, Member } from './member.ts'

/**
 * An alive time from here on (30 years) is not one: Tomcat advertises about the current epoch time where a member's start
 * was never set (tomcat-cluster.md 3.1). Such a member counts as just started.
 */
const MAX_ALIVE_MS = 30 * 365 * 24 * 3600 * 1000

const endpointKeys = new WeakMap<Endpoint, string>()

/** `10.0.0.11:4000` or `[fd00:0:…:1]:4000`, computed once per object: senders look peers up by it for every message. */
export function endpointKey(endpoint: Endpoint): string {
  let key = endpointKeys.get(endpoint)
  if (key === undefined) {
    const address = formatAddress(endpoint.host)
    key = `${endpoint.host.length === 4 ? address : `[${address}]`}:${endpoint.port}`
    endpointKeys.set(endpoint, key)
  }
  return key
}

/** Equal exactly when the members are the same (MemberImpl.equals: host, port and unique id). */
export function memberKey(member: Member): string {
  return `${endpointKey(member)}/${hexOf(member.uniqueId)}`
}

/** Of one message among those of all members. */
export function messageKey(sender: Member, uniqueId: Uint8Array): string {
  return `${memberKey(sender)}/${hexOf(uniqueId)}`
}

export function sameMember(a: Member, b: Member): boolean {
  return a === b || (a.port === b.port && sameBytes(a.uniqueId, b.uniqueId) && sameBytes(a.host, b.host))
}

/** As Tomcat writes it in its log: `tcp://{10, 0, 0, 11}:4000`. */
export function memberName(endpoint: Endpoint): string {
  return `tcp://{${endpoint.host.join(', ')}}:${endpoint.port}`
}

/** Absolute order (Tomcat `AbsoluteOrder`): host, then port, then unique id; shorter arrays first, bytes unsigned. */
export function compareAbsolute(a: Member, b: Member): number {
  return compareArrays(a.host, b.host) || a.port - b.port || compareArrays(a.uniqueId, b.uniqueId)
}

/** The alive time a member says it has, or 0 where it cannot be one. */
export function plausibleAliveMs(member: Member): number {
  return member.aliveMs >= 0 && member.aliveMs < MAX_ALIVE_MS ? member.aliveMs : 0
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0)
}

function compareArrays(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || Buffer.compare(a, b)
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

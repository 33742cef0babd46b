/**
 * The list of members that clowder members tell each other, so that a newcomer who knows one of them learns of all.
 * Only addresses travel: who is there says so itself. What a list names is tried, not believed.
 *
 *   "clowder members\n" | count: i32 | ( host length: u8 | host | port: i32 )*
 */
import { Cursor, Writer } from '../../bytes/index.ts'
import { isPort } from '../address.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint } from '../member.ts'
import { PolledSource } from './polled-source.ts'
import type { MembershipSource } from './source.ts'

/** Members that one list may name. */
export const MAX_GOSSIP_MEMBERS = 1024

const HEAD = Buffer.from('clowder members\n', 'latin1')
const MAX_GOSSIP_BYTES = HEAD.length + 4 + MAX_GOSSIP_MEMBERS * 21

export interface SeedsMembershipOptions {
  readonly type: 'seeds'
  /** Some of the members; one that runs is enough. */
  readonly seeds: readonly { readonly host: string; readonly port: number }[]
  /** How often names are looked up again. Ms, default 5000. */
  readonly intervalMs?: number
  /** For looking all names up. Ms, default 2000. */
  readonly timeoutMs?: number
}

/** @param resolve the address behind a name */
export function seedsSource(
  { seeds, intervalMs = 5000, timeoutMs = 2000 }: SeedsMembershipOptions,
  resolve: (host: string) => Promise<Uint8Array>,
): MembershipSource {
  return new PolledSource({
    name: `seeds ${seeds.map(({ host, port }) => `${host}:${port}`).join()}`,
    intervalMs,
    timeoutMs,
    look: async () => {
      const found = await Promise.allSettled(seeds.map(async ({ host, port }) => ({ host: await resolve(host), port })))
      const endpoints = found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      const failure = found.find((result) => result.status === 'rejected')
      if (endpoints.length === 0 && failure !== undefined) throw failure.reason
      return endpoints
    },
  })
}

export function encodeGossip(members: readonly Endpoint[]): Buffer {
  const named = members.slice(0, MAX_GOSSIP_MEMBERS)
  const writer = new Writer({ initialBytes: HEAD.length + 4 + named.length * 9, maxBytes: MAX_GOSSIP_BYTES })
  writer.bytes(HEAD)
  writer.i32(named.length)
  for (const { host, port } of named) {
    writer.u8(host.length)
    writer.bytes(host)
    writer.i32(port)
  }
  return writer.take()
}

/** Undefined when the bytes are no list. The endpoints share no memory with them. */
export function decodeGossip(bytes: Uint8Array): Endpoint[] | undefined {
  if (bytes.length < HEAD.length + 4 || bytes.length > MAX_GOSSIP_BYTES) return undefined
  if (Buffer.compare(bytes.subarray(0, HEAD.length), HEAD) !== 0) return undefined
  const cursor = new Cursor(bytes.subarray(HEAD.length))
  const count = cursor.i32()
  const members = new Map<string, Endpoint>()
  for (let i = 0; i < count; i++) {
    if (cursor.remaining < 1) return undefined
    const length = cursor.u8()
    if ((length !== 4 && length !== 16) || cursor.remaining < length + 4) return undefined
    const endpoint = { host: Uint8Array.from(cursor.bytes(length)), port: cursor.i32() }
    if (!isPort(endpoint.port)) return undefined
    members.set(endpointKey(endpoint), endpoint)
  }
  return cursor.remaining === 0 ? [...members.values()] : undefined
}

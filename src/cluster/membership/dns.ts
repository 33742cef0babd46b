/**
 * Members from a name: every address of it (A, AAAA: what a headless service of Kubernetes answers) on one port, or every
 * target of its SRV records with the port that stands there (Tomcat: `DNSMembershipProvider`, tomcat-cluster.md 1.6).
 */
import { Resolver } from 'node:dns/promises'
import { parseAddress } from '../address.ts'
import type { Endpoint } from '../member.ts'
import { PolledSource } from './polled-source.ts'
import type { MembershipGroup, MembershipSource } from './source.ts'

export interface DnsMembershipOptions {
  readonly type: 'dns'
  /** `workers.example.internal`; with `srv` `_channel._tcp.workers.example.internal`. */
  readonly name: string
  /** Asks for SRV records, which carry ports. Default false. */
  readonly srv?: boolean
  /** Of all members, where the records carry none; default this node's. */
  readonly port?: number
  /** Pause between look-ups. Ms, default 5000. Lower: newcomers are found sooner. Higher: fewer questions. */
  readonly intervalMs?: number
  /** For one look-up with all it needs. Ms, default 2000. */
  readonly timeoutMs?: number
  /** Default the system's name servers. */
  readonly resolver?: DnsResolver
}

/** The part of node:dns that is needed. */
export interface DnsResolver {
  resolve4(name: string): Promise<string[]>
  resolve6(name: string): Promise<string[]>
  resolveSrv(name: string): Promise<{ name: string; port: number }[]>
  cancel?(): void
}

export function dnsSource(options: DnsMembershipOptions): MembershipSource {
  const { name, srv = false, intervalMs = 5000, timeoutMs = 2000 } = options
  const resolver = options.resolver ?? new Resolver({ timeout: timeoutMs / 2, tries: 2 })
  return new PolledSource({
    name: `dns ${name}`,
    intervalMs,
    timeoutMs,
    look: async (group, signal) => {
      signal.addEventListener('abort', () => resolver.cancel?.(), { once: true })
      if (srv) return await services(resolver, name, group)
      return (await addresses(resolver, name, group)).map((host) => ({
        host,
        port: options.port ?? group.local().port,
      }))
    },
  })
}

async function services(resolver: DnsResolver, name: string, group: MembershipGroup): Promise<Endpoint[]> {
  const records = await resolver.resolveSrv(name)
  const found = await Promise.all(
    records.map(async ({ name: target, port }) => {
      const hosts = await addresses(resolver, target, group)
      return hosts.map((host) => ({ host, port }))
    }),
  )
  return found.flat()
}

/** Of the family that this node listens on: a member of the other one could not be told of it. */
async function addresses(resolver: DnsResolver, name: string, group: MembershipGroup): Promise<Uint8Array[]> {
  const six = group.local().host.length === 16
  const texts = await (six ? resolver.resolve6(name) : resolver.resolve4(name))
  return texts.map(parseAddress).filter((host) => host !== undefined)
}

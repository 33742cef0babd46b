/** How names of backends become addresses: in the order of the system, or IPv6 first (mod_jk `prefer_ipv6`). */
import dns from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Part of the options of a connection: of several addresses the first is tried first, and then the others. */
export function nameOptions(preferIpv6: boolean): { readonly lookup?: LookupFunction } {
  return preferIpv6 ? { lookup: ipv6First } : {}
}

const ipv6First: LookupFunction = (host, options, found) => {
  dns.lookup(host, { ...options, order: 'ipv6first' }, found)
}

/** The address that a connection would be made to first. Rejects where there is none. */
export async function firstAddress(host: string, preferIpv6: boolean): Promise<string> {
  const { address } = await dns.promises.lookup(host, { order: preferIpv6 ? 'ipv6first' : 'verbatim' })
  return address
}

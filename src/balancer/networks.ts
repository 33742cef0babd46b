/**
 * Lists of addresses and networks as `Allow from`, `Deny from` and `Require ip` write them (httpd mod_access_compat and
 * mod_authz_host): `all`, `local`, an address, a network (`10.1.0.0/16`, `10.1.0.0/255.255.0.0`, `2001:db8::/32`) or
 * the beginning of an IPv4 address (`10.1`). Host names are not known here: looking them up would need the network and
 * would let whoever runs the reverse zone in. `local` is loopback; that the server's own other addresses count as well
 * (`Require local`) is left out.
 *
 * An IPv4 address mapped into IPv6 (`::ffff:10.1.2.3`, what a dual-stack socket reports) is the IPv4 address.
 */
import { BlockList, isIP } from 'node:net'

/** Whether an address is in a list of networks. An address that cannot be read is in none but `all`. */
export type AddressCheck = (address: string) => boolean

interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

const LOOPBACK: readonly Network[] = [
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '::1', prefix: 128, family: 'ipv6' },
]

const MAPPED = /^::ffff:(?=\d+\.)/i

/** The entries of a list that are not understood. */
export function badNetworks(list: readonly string[]): string[] {
  return list.filter((entry) => networksOf(entry) === undefined)
}

/** Compiles a list. Entries that are not understood match nothing; {@link badNetworks} finds them beforehand. */
export function compileNetworks(list: readonly string[]): AddressCheck {
  const networks = list.flatMap((entry) => networksOf(entry) ?? [])
  if (list.some(isAll)) return () => true
  if (networks.length === 0) return () => false
  const blocks = new BlockList()
  for (const { address, prefix, family } of networks) blocks.addSubnet(address, prefix, family)
  return (text) => {
    const address = plainAddress(text)
    const version = isIP(address)
    return version !== 0 && blocks.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

export function isAddress(text: string): boolean {
  return isIP(plainAddress(text)) !== 0
}

/** Without the zone of a link-local address, and IPv4 where it is mapped. */
export function plainAddress(text: string): string {
  const zone = text.indexOf('%')
  const address = zone === -1 ? text : text.slice(0, zone)
  return address.replace(MAPPED, '')
}

function isAll(entry: string): boolean {
  return entry.toLowerCase() === 'all'
}

function networksOf(entry: string): readonly Network[] | undefined {
  if (isAll(entry)) return []
  if (entry.toLowerCase() === 'local') return LOOPBACK
  const slash = entry.indexOf('/')
  const address = plainAddress(slash === -1 ? entry : entry.slice(0, slash))
  const size = slash === -1 ? undefined : entry.slice(slash + 1)
  const network = isIP(address) === 6 ? network6(address, size) : network4(address, size)
  return network && [network]
}

function network6(address: string, size = '128'): Network | undefined {
  const prefix = /^\d{1,3}$/.test(size) ? Number(size) : -1
  return prefix >= 0 && prefix <= 128 ? { address, prefix, family: 'ipv6' } : undefined
}

/** `10.1` and `10.1.` mean 10.1.0.0/16; `10.1/16` and `10.1.0.0/255.255.0.0` say it themselves. */
function network4(text: string, size: string | undefined): Network | undefined {
  const given = text.endsWith('.') ? text.slice(0, -1) : text
  const parts = given.split('.').length
  if (parts > 4) return undefined
  const address = given + '.0'.repeat(4 - parts)
  if (isIP(address) !== 4) return undefined
  const prefix = size === undefined ? parts * 8 : /^\d{1,2}$/.test(size) ? Number(size) : prefixOfMask(size)
  return prefix >= 0 && prefix <= 32 ? { address, prefix, family: 'ipv4' } : undefined
}

/** 255.255.0.0 is 16; a mask with holes is -1. */
function prefixOfMask(mask: string): number {
  if (isIP(mask) !== 4) return -1
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : -1
}

/** Lists of addresses and networks: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
import { BlockList, isIP } from 'node:net'

/**
 * Whether an address is in the list; one that cannot be read is in none. An IPv4 address mapped into IPv6 (`::ffff:10.1.2.3`,
 * what a dual-stack socket reports) is the IPv4 address: `BlockList` sees to that.
 *
 * Throws a RangeError that names the entry which is neither address nor network.
 */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const slash = entry.indexOf('/')
    const address = slash === -1 ? entry : entry.slice(0, slash)
    const version = isIP(address)
    const bits = version === 6 ? 128 : 32
    const size = entry.slice(slash + 1)
    const prefix = slash === -1 ? bits : /^\d{1,3}$/.test(size) ? Number(size) : Number.NaN
    if (version === 0 || !(prefix <= bits)) throw new RangeError(`${JSON.stringify(entry)} is no address or network`)
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
}

/** Which peers may connect, by address. */
import { BlockList, isIP } from 'node:net'

/** Undefined for an empty list, which allows all. Throws an error that names what is no address or network. */
export function peerList(entries: readonly string[]): ((address: string) => boolean) | undefined {
  if (entries.length === 0) return undefined
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (family === 0 || rest.length > 0 || !(prefix <= most)) throw new RangeError(`${entry} is no address or network`)
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    // A socket that listens on :: sees IPv4 peers so.
    const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
    return list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Whose `X-Forwarded-Proto` is believed: a question that `secure: 'auto'` depends on. */
import { BlockList, isIP } from 'node:net'

/**
 * - `loopback`: proxies on this machine.
 * - `true`: everybody; `false`: nobody.
 * - addresses and networks (`10.0.0.0/8`, `fd00::/8`, `loopback`).
 * - a function of the peer's address.
 */
export type TrustProxy = boolean | 'loopback' | readonly string[] | ((address: string) => boolean)

const LOOPBACK = ['127.0.0.0/8', '::1']

/** Throws a RangeError that names the entry which is neither address nor network. */
export function trustedBy(trust: TrustProxy): (address: string | undefined) => boolean {
  if (typeof trust === 'function') return (address) => address !== undefined && trust(address)
  if (typeof trust === 'boolean') return () => trust
  const list = new BlockList()
  for (const entry of trust === 'loopback' ? LOOPBACK : trust) {
    for (const network of entry === 'loopback' ? LOOPBACK : [entry]) addNetwork(list, network)
  }
  return (address) => {
    const version = address === undefined ? 0 : isIP(address)
    // An IPv4 peer of a dual-stack socket (`::ffff:127.0.0.1`) is checked against the IPv4 entries by BlockList itself.
    return version !== 0 && list.check(address!, version === 6 ? 'ipv6' : 'ipv4')
  }
}

function addNetwork(list: BlockList, network: string): void {
  const slash = network.indexOf('/')
  const address = slash < 0 ? network : network.slice(0, slash)
  const version = isIP(address)
  const bits = version === 6 ? 128 : 32
  const prefix = slash < 0 ? bits : Number(network.slice(slash + 1))
  if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > bits || network.endsWith('/')) {
    throw new RangeError(`trustProxy: ${JSON.stringify(network)} is no address and no network`)
  }
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
}

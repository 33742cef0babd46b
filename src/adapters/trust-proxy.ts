/** Whose `X-Forwarded-Proto` is believed: a question that `secure: 'auto'` depends on. */
import { addressList, LOOPBACK } from '../addresses/index.ts'

/**
 * - `loopback`: proxies on this machine.
 * - `true`: everybody; `false`: nobody.
 * - addresses and networks (`10.0.0.0/8`, `fd00::/8`, `loopback`).
 * - a function of the peer's address.
 */
export type TrustProxy = boolean | 'loopback' | readonly string[] | ((address: string) => boolean)

/** Throws a RangeError that names the entry which is neither address nor network. */
export function trustedBy(trust: TrustProxy): (address: string | undefined) => boolean {
  if (typeof trust === 'boolean') return () => trust
  const isTrusted = typeof trust === 'function' ? trust : listed(trust === 'loopback' ? [trust] : trust)
  return (address) => address !== undefined && isTrusted(address)
}

function listed(entries: readonly string[]): (address: string) => boolean {
  try {
    return addressList(entries.flatMap((entry) => (entry === 'loopback' ? LOOPBACK : [entry])))
  } catch (error) {
    throw new RangeError(`trustProxy: ${(error as Error).message}`, { cause: error })
  }
}

/** What only this machine can reach. */
import { addressList } from './address-list.ts'

/** RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3. */
export const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1']

const isLoopbackAddress = addressList(LOOPBACK)

/** Of an address, or of a name without brackets and port: of names this is known of `localhost` alone. */
export function isLoopback(host: string): boolean {
  return isLoopbackAddress(host) || host.toLowerCase() === 'localhost'
}

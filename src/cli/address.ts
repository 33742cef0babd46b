/** `host:port` on the command line and in ready lines. */

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where a port alone listens: this machine only. Anything else must be written out. */
export const LOOPBACK = '127.0.0.1'

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `PORT`; undefined when it is none of these. Port 0 means any free port. */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(':')
  const port = parsePort(text.slice(colon + 1))
  if (port === undefined) return undefined
  if (colon === -1) return { host: LOOPBACK, port }
  const host = text.slice(0, colon)
  if (host.startsWith('[') && host.endsWith(']')) return host.length > 2 ? { host: host.slice(1, -1), port } : undefined
  return host === '' || /[:[\]/@\s]/.test(host) ? undefined : { host, port }
}

/** 0 to 65535, in plain digits. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

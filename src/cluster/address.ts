/** IP addresses as text and as the bytes a member packet carries, and what is a port. Names are resolved elsewhere. */
import { isIP } from 'node:net'

/** The bytes of an address literal; undefined for anything else, host names included. */
export function parseAddress(text: string): Uint8Array | undefined {
  const family = isIP(text)
  if (family === 4) return Uint8Array.from(text.split('.'), Number)
  return family === 6 && !text.includes('%') ? parseIPv6(text) : undefined
}

export function formatAddress(host: Uint8Array): string {
  if (host.length === 4) return host.join('.')
  const groups: string[] = []
  for (let i = 0; i + 1 < host.length; i += 2) groups.push(((host[i]! << 8) | host[i + 1]!).toString(16))
  return groups.join(':')
}

/** 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and ::1 (RFC 4291 section 2.5.3). */
export function isLoopback(host: Uint8Array): boolean {
  if (host.length === 4) return host[0] === 127
  return host.length === 16 && host[15] === 1 && host.subarray(0, 15).every((byte) => byte === 0)
}

/** 0.0.0.0 and ::, good for binding and useless as a place to connect to. */
export function isWildcard(host: Uint8Array): boolean {
  return host.every((byte) => byte === 0)
}

/** Whether somebody can listen there. Node throws at once when it is told to connect to anything else. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}

function parseIPv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const [head = '', tail] = text.split('::')
  const first = groupBytes(head)
  const last = tail === undefined ? [] : groupBytes(tail)
  bytes.set(first)
  bytes.set(last, 16 - last.length)
  return bytes
}

/** `1:203:10.0.0.1` -> 00 01 02 03 0a 00 00 01. The text was found well-formed before. */
function groupBytes(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

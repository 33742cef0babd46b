/** Syntax of host names, addresses, networks and ports. Nothing is looked up. */
import { isIP, isIPv4 } from 'node:net'

/** Whole decimal number of a port, `min` to 65535; undefined for anything else. */
export function parsePort(text: string, min = 0): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port >= min && port <= 65_535 ? port : undefined
}

/** A host name (RFC 1123 labels, `_` tolerated) or an IP address, without brackets. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false
  return text
    .replace(/\.$/, '')
    .split('.')
    .every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label))
}

/** `HOST:PORT`, `[IPv6]:PORT`, `*:PORT`, `HOST`, … Both parts may be missing; undefined when the text is neither. */
export function splitHostPort(text: string): { host?: string; port?: string } | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text)
  if (bracketed !== null) {
    const [, host = '', port] = bracketed
    return { host, ...(port === undefined ? {} : { port }) }
  }
  const first = text.indexOf(':')
  if (first === -1) return { host: text }
  if (first !== text.lastIndexOf(':')) return isIP(text) === 6 ? { host: text } : undefined
  const host = text.slice(0, first)
  return { ...(host === '' ? {} : { host }), port: text.slice(first + 1) }
}

/**
 * An address pattern of httpd (`Allow from`, `Require ip`): an address, its first bytes (`10.1`), a network with a prefix
 * length or a netmask. Gives the pattern with the netmask as a prefix length; undefined when it is none of these.
 */
export function parseNetwork(text: string): string | undefined {
  const slash = text.indexOf('/')
  if (slash === -1) {
    if (isIP(text) !== 0) return text
    const bytes = text.replace(/\.$/, '').split('.')
    return bytes.length <= 3 && bytes.every(isByte) ? bytes.join('.') : undefined
  }
  const address = text.slice(0, slash)
  const mask = text.slice(slash + 1)
  const family = isIP(address)
  if (family === 0) {
    // httpd takes 10.1/16 for 10.1.0.0/16.
    const bytes = address.replace(/\.$/, '').split('.')
    if (bytes.length > 3 || !bytes.every(isByte)) return undefined
    return parseNetwork(`${[...bytes, 0, 0, 0].slice(0, 4).join('.')}/${mask}`)
  }
  if (/^\d{1,3}$/.test(mask))
    return Number(mask) <= (family === 4 ? 32 : 128) ? `${address}/${Number(mask)}` : undefined
  const length = family === 4 ? prefixLength(mask) : undefined
  return length === undefined ? undefined : `${address}/${length}`
}

function isByte(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= 255
}

/** 255.255.0.0 → 16; undefined when the ones do not come first. */
function prefixLength(mask: string): number | undefined {
  if (!isIPv4(mask)) return undefined
  const bits = mask.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const text = bits.toString(2).padStart(32, '0')
  return /^1*0*$/.test(text) ? text.replace(/0+$/, '').length : undefined
}

/** Listen, ServerName, ServerAlias and the addresses of VirtualHost: their syntax, and what clowder makes of them. */
import { isIP } from 'node:net'
import type { ListenOptions } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'
import type { DirectiveNode } from './httpd-tree.ts'
import { isHost, parsePort, splitHostPort } from './names-and-addresses.ts'
import type { Position } from './position.ts'

/** `Listen [address:]port [protocol]`; undefined after a complaint. */
export function readListen(node: DirectiveNode, complaints: Complaints): ListenOptions | undefined {
  const [address, protocol, ...more] = node.words
  if (address === undefined || more.length > 0) {
    complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes [address:]port and an optional protocol')
    return undefined
  }
  const split = /^\d+$/.test(address.text) ? { port: address.text } : splitHostPort(address.text)
  const host = split?.host ?? '*'
  const port = split?.port === undefined ? undefined : parsePort(split.port)
  if (port === undefined || (host !== '*' && !isHost(host.replace(/%[A-Za-z0-9_.-]+$/, '')))) {
    const hint = 'write 80, 127.0.0.1:80 or [::1]:80'
    complaints.add('CONFIG_ADDRESS_SYNTAX', address.at, node.name, `${shown(address.text)} is no [address:]port`, hint)
    return undefined
  }
  // httpd's default protocol of port 443 is https.
  if ((protocol?.text.toLowerCase() ?? (port === 443 ? 'https' : 'http')) === 'https') {
    const message = `${shown(address.text)} is a TLS address, which clowder does not open yet`
    complaints.add('CONFIG_LISTEN_TLS', address.at, node.name, message)
    return undefined
  }
  return { host: host === '*' ? anyAddress : host, port }
}

/** `Listen 80` means all addresses. IPv4's name for that works on machines without IPv6 too. */
export const anyAddress = '0.0.0.0'

/** `ServerName [scheme://]name[:port]` → the name in lower case. */
export function readServerName(word: Word, directive: string, complaints: Complaints): string | undefined {
  const name = splitHostPort(word.text.replace(/^https?:\/\//i, ''))?.host ?? ''
  if (isHost(name)) return name.toLowerCase()
  complaints.add('CONFIG_HOST_NAME', word.at, directive, `${shown(word.text)} is no host name; it is left out`)
  return undefined
}

/** One name of ServerAlias; `*.example.com` stands for all subdomains. */
export function readServerAlias(word: Word, directive: string, complaints: Complaints): string | undefined {
  const name = word.text.toLowerCase()
  if (isHost(name.startsWith('*.') ? name.slice(2) : name)) return name
  const wild = /[*?]/.test(name)
  const hint = wild ? 'clowder understands *.example.com; the first host also answers for unknown names' : undefined
  complaints.add('CONFIG_HOST_NAME', word.at, directive, `${shown(word.text)} is no host name; it is left out`, hint)
  return undefined
}

/**
 * The addresses of a VirtualHost as the balancer compares them: `ADDRESS:PORT`, `*` for any. A host name counts as any
 * address: to look it up would let the name service decide who answers.
 */
export function readHostAddresses(
  { addresses, at }: { readonly addresses: readonly Word[]; readonly at: Position },
  complaints: Complaints,
): readonly string[] {
  if (addresses.length === 0) {
    complaints.add('CONFIG_ARGUMENTS', at, '<VirtualHost>', 'takes an address')
    return ['*:*']
  }
  return [...new Set(addresses.map((word) => hostAddress(word, complaints)))]
}

function hostAddress(word: Word, complaints: Complaints): string {
  const text = word.text.toLowerCase().replace(/^_default_(?=:|$)/, '*')
  const [, six, four = '', port = '*'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\*|\d{1,5}))?$/.exec(text) ?? []
  if (six !== undefined && isIP(six) === 6) return `[${new URL(`http://[${six}]`).hostname.slice(1, -1)}]:${port}`
  if (four === '*' || isIP(four) === 4) return `${four}:${port}`
  if (four === 'localhost') return `127.0.0.1:${port}`
  if (isHost(four)) {
    const message = `${shown(word.text)} is a name, which is not looked up: it counts as *:${port}`
    complaints.add('CONFIG_HOST_ADDRESS', word.at, '<VirtualHost>', message, 'write the address')
    return `*:${port}`
  }
  if (!complaints.has('CONFIG_TEXT_TEMPLATE'))
    complaints.add('CONFIG_ADDRESS_SYNTAX', word.at, '<VirtualHost>', `${shown(word.text)} is no address[:port]`)
  return '*:*'
}

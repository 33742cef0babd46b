/** The kinds of membership a channel may be told to use, and the source that each one is. */
import { parseAddress } from '../address.ts'
import { type DnsMembershipOptions, dnsSource } from './dns.ts'
import { type SeedsMembershipOptions, seedsSource } from './gossip.ts'
import { type KubernetesMembershipOptions, kubernetesSource } from './kubernetes.ts'
import { type MulticastMembershipOptions, MulticastSource } from './multicast.ts'
import type { MembershipSource } from './source.ts'

export type MembershipOptions =
  | MulticastMembershipOptions
  | DnsMembershipOptions
  | KubernetesMembershipOptions
  | SeedsMembershipOptions
  | MembershipSource

/** @param resolve the address behind a name */
export function membershipSource(
  options: MembershipOptions,
  resolve: (host: string) => Promise<Uint8Array>,
): MembershipSource {
  if (!('type' in options)) return options
  switch (options.type) {
    case 'multicast':
      return new MulticastSource(options)
    case 'dns':
      return dnsSource(options)
    case 'kubernetes':
      return kubernetesSource(options)
    case 'seeds':
      return seedsSource(options, resolve)
  }
}

/** All complaints about one source; `where` stands before each. */
export function checkMembership(options: MembershipOptions, where: string, complaints: string[]): void {
  if (!('type' in options)) return
  const numbers: [name: string, value: number | undefined, least: number, most: number][] = []
  const pause = (name: string, value: number | undefined) => numbers.push([name, value, 10, DAY_MS])
  switch (options.type) {
    case 'multicast': {
      const { address, bind, port, ttl, frequencyMs, dropTimeMs, recoveryCounter, recoverySleepMs } = options
      if (address !== undefined && !isGroup(address))
        complaints.push(`${where}.address ${address} is no multicast group`)
      if (bind !== undefined && parseAddress(bind) === undefined) {
        complaints.push(`${where}.bind is ${bind}, it must be the address of an interface`)
      }
      numbers.push(['port', port, 1, MAX_PORT], ['ttl', ttl, 0, 255], ['recoveryCounter', recoveryCounter, 1, 1e6])
      pause('frequencyMs', frequencyMs)
      pause('dropTimeMs', dropTimeMs)
      pause('recoverySleepMs', recoverySleepMs)
      break
    }
    case 'dns':
      if (options.name === '') complaints.push(`${where}.name is empty`)
      numbers.push(['port', options.port, 1, MAX_PORT])
      pause('intervalMs', options.intervalMs)
      pause('timeoutMs', options.timeoutMs)
      break
    case 'kubernetes':
      if (typeof options.port === 'number') numbers.push(['port', options.port, 1, MAX_PORT])
      else if (options.port !== undefined && options.service === undefined) {
        complaints.push(`${where}.port is a name, which needs a service; give a number`)
      }
      if (options.apiUrl !== undefined && !URL.canParse(options.apiUrl)) {
        complaints.push(`${where}.apiUrl is ${options.apiUrl}, it must be like https://10.0.0.1:443`)
      }
      pause('intervalMs', options.intervalMs)
      pause('timeoutMs', options.timeoutMs)
      break
    case 'seeds':
      if (options.seeds.length === 0) complaints.push(`${where}.seeds is empty`)
      options.seeds.forEach(({ host, port }, i) => {
        if (host === '') complaints.push(`${where}.seeds[${i}].host is empty`)
        numbers.push([`seeds[${i}].port`, port, 1, MAX_PORT])
      })
      pause('intervalMs', options.intervalMs)
      pause('timeoutMs', options.timeoutMs)
  }
  for (const [name, value, least, most] of numbers) {
    if (value === undefined || (value >= least && value <= most)) continue
    complaints.push(`${where}.${name} is ${value}, it must be ${least} to ${most}`)
  }
}

const MAX_PORT = 65_535
const DAY_MS = 24 * 3600 * 1000

/** 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291 section 2.7). */
function isGroup(text: string): boolean {
  const address = parseAddress(text)
  if (address === undefined) return false
  return address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff
}

/** What a status page says of the server it was asked on, and of the moment (mod_jk.md 7.5). */
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import type { Fact } from './facts.ts'
import { localTime } from './format.ts'
import { mask } from './query.ts'

export interface ServerFacts {
  readonly name: string
  readonly port: number
  readonly webServer: string
  /** In the shape of mod_jk's, which scripts parse. */
  readonly jkVersion: string
}

/** Name and port as the client wrote them; the port its scheme stands for where it wrote none. */
export function serverFacts(
  host: string,
  encrypted: boolean,
  { webServer, jkVersion }: Pick<ServerFacts, 'webServer' | 'jkVersion'>,
): ServerFacts {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host)
  const port = match?.[2] === undefined ? (encrypted ? 443 : 80) : Number(match[2])
  return { name: mask(match?.[1] ?? host), port, webServer, jkVersion }
}

export function serverHead({ name, port }: ServerFacts): readonly Fact[] {
  return [
    ['name', name],
    ['port', port],
  ]
}

export function timeHead(snapshot: BalancerSnapshot): readonly Fact[] {
  const { compact, zone, unix } = localTime(snapshot.takenAtMs, snapshot)
  return [
    ['datetime', compact],
    ['tz', zone],
    ['unix', unix],
  ]
}

export function softwareHead({ webServer, jkVersion }: ServerFacts): readonly Fact[] {
  return [
    ['web_server', webServer],
    ['jk_version', jkVersion],
  ]
}

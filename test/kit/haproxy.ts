/** A private HAProxy on a loopback port. */
import { temporaryFolder } from './folder.ts'
import type { Owner } from './owner.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { peer } from './peers.ts'
import { freePort } from './ports.ts'

export interface HaproxyOptions {
  readonly owner?: Owner
  /** Frontends and backends, given the address to bind. */
  readonly config: (bind: string) => string
  /** Further lines of the `global` section; default one thread. */
  readonly global?: string
}

/**
 * @example await startHaproxy({ owner: t, config: (bind) => `listen front\n bind ${bind}\n server a 127.0.0.1:${port}` })
 */
export async function startHaproxy({ owner, config, global = 'nbthread 1' }: HaproxyOptions): Promise<PeerServer> {
  const command = peer('haproxy')
  const port = await freePort()
  const folder = temporaryFolder('haproxy', owner)
  const file = folder.write(
    'haproxy.cfg',
    `global
  ${global}
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${config(`127.0.0.1:${port}`)}
`,
  )
  return startPeerServer({ owner, name: 'haproxy', command, args: ['-db', '-f', file], folder, port })
}

/** A private Redis on loopback that keeps nothing on disk. */
import { freePort, type Site } from '../site.ts'
import { findProgram } from './find-program.ts'
import { type Peer, peerOf } from './peer.ts'

export function missingRedis(): string | undefined {
  return findProgram('redis-server') === undefined ? 'redis-server is not installed' : undefined
}

export async function startRedis(site: Site): Promise<Peer> {
  const port = await freePort()
  const child = await site.start({
    name: 'redis',
    command: findProgram('redis-server') ?? 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    cwd: await site.folder('redis'),
    ready: { port },
  })
  return peerOf(port, child)
}

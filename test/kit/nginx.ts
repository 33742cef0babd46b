/** A private nginx on a loopback port. */
import { temporaryFolder } from './folder.ts'
import type { Owner } from './owner.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { peer } from './peers.ts'
import { freePort } from './ports.ts'

export interface NginxOptions {
  readonly owner?: Owner
  /** The content of the `http` block, given the address to listen on. */
  readonly http: (listen: string) => string
  /** Default 1. */
  readonly workerProcesses?: number
}

/**
 * @example await startNginx({ owner: t, http: (listen) => `server { listen ${listen}; location / { return 200 ok; } }` })
 */
export async function startNginx({ owner, http, workerProcesses = 1 }: NginxOptions): Promise<PeerServer> {
  const command = peer('nginx')
  const port = await freePort()
  const folder = temporaryFolder('nginx', owner)
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const file = folder.write(
    'nginx.conf',
    `daemon off;
worker_processes ${workerProcesses};
pid nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  ${bodies.map((name) => `${name}_temp_path temp-${name};`).join('\n  ')}
  ${http(`127.0.0.1:${port}`)}
}
`,
  )
  const args = ['-p', folder.path, '-c', file, '-e', 'stderr']
  return startPeerServer({ owner, name: 'nginx', command, args, folder, port })
}

/** HAProxy as a sticky balancer: one thread, nothing logged. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type Site } from '../site.ts'
import { findProgram } from './find-program.ts'
import { type Backend, type Peer, peerOf } from './peer.ts'

export interface HaproxyOptions {
  readonly backends: readonly Backend[]
  /**
   * Client connections at once. Far more than are used: past a quarter of the file descriptors that follow from it
   * (tune.pool-low-fd-ratio), HAProxy closes connections to backends instead of keeping them, at twice the CPU.
   */
  readonly maxConnections: number
}

export async function startHaproxy(site: Site, options: HaproxyOptions): Promise<Peer> {
  const folder = await site.folder('haproxy')
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, haproxyConf(port, options))
  const child = await site.start({
    name: 'haproxy',
    command: findProgram('haproxy') ?? 'haproxy',
    // -db: stay in the foreground, one process.
    args: ['-db', '-f', file],
    cwd: folder,
    ready: { port },
  })
  return peerOf(port, child)
}

/** Stickiness by the suffix of the session id, as `route` does it for mod_proxy; else round robin. */
export function haproxyConf(port: number, { backends, maxConnections }: HaproxyOptions): string {
  return `${[
    'global',
    '  nbthread 1',
    `  maxconn ${maxConnections}`,
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 300s',
    '  timeout server 300s',
    '  timeout http-keep-alive 300s',
    `  maxconn ${maxConnections}`,
    'frontend front',
    `  bind 127.0.0.1:${port} backlog 16384`,
    '  default_backend pool',
    'backend pool',
    '  balance roundrobin',
    '  option forwardfor',
    '  http-request set-header X-Forwarded-Proto http',
    '  http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    // The choice for proxies before trusted backends: any idle connection serves any client.
    '  http-reuse always',
    ...backends.map(({ route }) => `  use-server ${route} if { req.cook(JSESSIONID) -m end .${route} }`),
    ...backends.map((backend) => `  server ${backend.route} 127.0.0.1:${backend.port}`),
  ].join('\n')}\n`
}

/** nginx as a sticky balancer: one worker process, nothing logged. */
import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort, type Site } from '../site.ts'
import { findProgram } from './find-program.ts'
import { type Backend, type Peer, peerOf } from './peer.ts'

export interface NginxOptions {
  readonly backends: readonly Backend[]
  /** Client connections at once. */
  readonly maxConnections: number
}

export async function startNginx(site: Site, options: NginxOptions): Promise<Peer> {
  const folder = await site.folder('nginx')
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  await writeFile(file, nginxConf(port, folder, options))
  const child = await site.start({
    name: 'nginx',
    command: findProgram('nginx') ?? 'nginx',
    // -e: where messages go before the configuration is read.
    args: ['-p', folder, '-c', file, '-e', join(folder, 'error.log')],
    ready: { port },
  })
  return peerOf(port, child)
}

/** Stickiness by a map from the suffix of the session id to a group of one; else round robin. */
export function nginxConf(port: number, folder: string, { backends, maxConnections }: NginxOptions): string {
  const server = ({ port }: Backend) => `server 127.0.0.1:${port} max_fails=0;`
  const group = (name: string, servers: readonly Backend[]) =>
    `  upstream ${name} { ${servers.map(server).join(' ')} keepalive 256; keepalive_requests 1000000000; }`
  return `${[
    // Started by root, a worker would drop its rights and could not write to our folder.
    ...(process.getuid?.() === 0 ? [`user ${userInfo().username};`] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    `error_log ${join(folder, 'error.log')} error;`,
    `events { worker_connections ${maxConnections + 1024}; }`,
    'http {',
    '  access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `  ${what}_temp_path ${join(folder, what)};`),
    '  keepalive_timeout 300s;',
    '  keepalive_requests 1000000000;',
    '  map $cookie_JSESSIONID $group {',
    '    default pool;',
    ...backends.map(({ route }) => `    ~\\.${route}$ ${route};`),
    '  }',
    group('pool', backends),
    ...backends.map((backend) => group(backend.route, [backend])),
    '  server {',
    `    listen 127.0.0.1:${port} backlog=16384;`,
    '    location / {',
    '      proxy_pass http://$group;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Connection "";',
    '      proxy_set_header Host $http_host;',
    '      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '      proxy_set_header X-Forwarded-Proto http;',
    '      proxy_set_header X-Forwarded-Host $http_host;',
    // Large answers stay in memory and wait for the client, as with the other contestants; no file is written.
    '      proxy_max_temp_file_size 0;',
    '    }',
    '  }',
    '}',
  ].join('\n')}\n`
}

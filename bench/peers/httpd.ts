/** Apache httpd as a sticky balancer, with mod_proxy_http or with mod_jk: event MPM, no access log. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type Site } from '../site.ts'
import { findProgram } from './find-program.ts'
import { type Backend, type Peer, peerOf } from './peer.ts'

/** Where Debian and Fedora put them. */
const MODULE_FOLDERS = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules']

/** 64 connections in the load, and room for those that linger. */
const THREADS_PER_CHILD = 64
const CHILDREN = 2

export interface HttpdOptions {
  /** `http`: mod_proxy_http with mod_proxy_balancer; `jk`: mod_jk over AJP/1.3. */
  readonly connector: 'http' | 'jk'
  readonly backends: readonly Backend[]
  /** Client connections at once; idle ones are kept by the event MPM without a thread. */
  readonly maxConnections: number
  /** mod_jk writes a line for each request. */
  readonly logsRequests?: boolean
}

export function missingHttpd(connector: HttpdOptions['connector']): string | undefined {
  if (httpdProgram() === undefined) return 'apache2 (httpd) is not installed'
  const needed = connector === 'jk' ? 'mod_jk.so' : 'mod_proxy_balancer.so'
  return modulePath(needed) === undefined ? `httpd has no ${needed}` : undefined
}

export async function startHttpd(site: Site, options: HttpdOptions): Promise<Peer> {
  const folder = await site.folder(`httpd-${options.connector}`)
  const port = await freePort()
  const file = join(folder, 'httpd.conf')
  await writeFile(file, httpdConf(port, folder, options))
  if (options.connector === 'jk') await writeFile(join(folder, 'workers.properties'), jkWorkers(options.backends))
  const child = await site.start({
    name: `httpd with ${options.connector}`,
    command: httpdProgram() ?? 'apache2',
    args: ['-D', 'FOREGROUND', '-f', file],
    cwd: folder,
    ready: { port },
  })
  return peerOf(port, child)
}

export function httpdConf(port: number, folder: string, options: HttpdOptions): string {
  const threads = THREADS_PER_CHILD * CHILDREN
  const modules = ['mpm_event', 'authz_core', ...(options.connector === 'jk' ? ['jk'] : PROXY_MODULES)]
  return `${[
    `ServerRoot ${folder}`,
    'ServerName localhost',
    `PidFile ${join(folder, 'httpd.pid')}`,
    `DefaultRuntimeDir ${folder}`,
    `ErrorLog ${join(folder, 'error.log')}`,
    'LogLevel error',
    `Listen 127.0.0.1:${port}`,
    'ListenBacklog 16384',
    ...modules.map((name) => `LoadModule ${name}_module ${modulePath(`mod_${name}.so`) ?? `mod_${name}.so`}`),
    // httpd refuses to serve as root.
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    `ServerLimit ${CHILDREN}`,
    `StartServers ${CHILDREN}`,
    `ThreadsPerChild ${THREADS_PER_CHILD}`,
    `MaxRequestWorkers ${threads}`,
    // No child is born or dies while it is measured.
    `MinSpareThreads 1`,
    `MaxSpareThreads ${threads}`,
    'MaxConnectionsPerChild 0',
    `AsyncRequestWorkerFactor ${Math.ceil(options.maxConnections / threads) + 1}`,
    'KeepAlive On',
    'KeepAliveTimeout 300',
    'MaxKeepAliveRequests 0',
    ...(options.connector === 'jk' ? jkLines(folder, options) : proxyLines(options.backends)),
  ].join('\n')}\n`
}

const PROXY_MODULES = ['proxy', 'proxy_http', 'proxy_balancer', 'slotmem_shm', 'lbmethod_byrequests', 'headers']

function proxyLines(backends: readonly Backend[]): string[] {
  return [
    'ProxyPreserveHost On',
    // For and Host are mod_proxy's own habit.
    'RequestHeader set X-Forwarded-Proto http',
    '<Proxy balancer://pool>',
    ...backends.map(({ route, port }) => `  BalancerMember http://127.0.0.1:${port} route=${route}`),
    '  ProxySet stickysession=JSESSIONID',
    '</Proxy>',
    'ProxyPass / balancer://pool/',
  ]
}

function jkLines(folder: string, { logsRequests }: HttpdOptions): string[] {
  const quiet = [`JkLogFile ${join(folder, 'mod_jk.log')}`, 'JkLogLevel error']
  return [
    `JkWorkersFile ${join(folder, 'workers.properties')}`,
    `JkShmFile ${join(folder, 'jk-runtime-status')}`,
    ...(logsRequests ? requestLogLines(folder) : quiet),
    'JkMount /* pool',
  ]
}

/** What many configurations of mod_jk have, from its own documentation: one line for each request. */
export function requestLogLines(folder: string): string[] {
  return [`JkLogFile ${join(folder, 'mod_jk.log')}`, 'JkLogLevel info', 'JkRequestLogFormat "%w %V %T"']
}

/** Also what the article of a Tomcat cluster has: one lb over ajp13 workers named like their jvmRoute. */
export function jkWorkers(backends: readonly Backend[]): string {
  return `${[
    'worker.list=pool',
    'worker.pool.type=lb',
    `worker.pool.balance_workers=${backends.map(({ route }) => route).join(',')}`,
    ...backends.flatMap(({ route, port }) => [
      `worker.${route}.type=ajp13`,
      `worker.${route}.host=127.0.0.1`,
      `worker.${route}.port=${port}`,
    ]),
  ].join('\n')}\n`
}

function httpdProgram(): string | undefined {
  return findProgram('apache2') ?? findProgram('httpd')
}

function modulePath(file: string): string | undefined {
  return MODULE_FOLDERS.map((folder) => join(folder, file)).find((path) => existsSync(path))
}

/**
 * The contestants of everything that measures one front before common backends, and a front that needs Tomcats and
 * finds none there starts two of its own. Order = order of rows.
 */

import { BenchError } from './errors.ts'
import { startClowderBalancer } from './peers/clowder.ts'
import { findProgram } from './peers/find-program.ts'
import { startHaproxy } from './peers/haproxy.ts'
import { missingHttpd, startHttpd } from './peers/httpd.ts'
import { startNginx } from './peers/nginx.ts'
import { startNodeProxy, startRelay } from './peers/node-programs.ts'
import type { Backend, Peer } from './peers/peer.ts'
import { missingTomcat, startTomcat } from './peers/tomcat.ts'
import type { Optional } from './scenario.ts'
import type { Site } from './site.ts'

/** Client connections each front is ready for; two descriptors per connection stay below the usual hard limit of 20 000. */
export const MAX_CONNECTIONS = 9_000

export interface FrontContext {
  readonly site: Site
  /** The common backends; a front that needs other ones starts them itself. */
  readonly backends: readonly Backend[]
  /** The AJP ports of the same backends, where they have some. */
  readonly ajpBackends?: readonly Backend[]
  /** How long idle connections must be kept, where that is not long enough by configuration (300 s for the others). */
  readonly keepAliveMs?: number
}

export interface Front extends Optional {
  readonly label: string
  /**
   * What it does for the backend, and is checked for: `sticky` = routes and X-Forwarded-For, -Proto, -Host; `ajp` = routes
   * and the client's address inside AJP; `none` = nothing, a line to compare with.
   */
  readonly duty: 'sticky' | 'ajp' | 'none'
  readonly warmups: number
  /** Only the front's own processes are in `pids`. */
  start(context: FrontContext): Promise<Peer>
}

export const FRONTS: readonly Front[] = [
  {
    key: 'clowder',
    label: 'clowder',
    duty: 'sticky',
    warmups: 2,
    missing: () => undefined,
    start: ({ site, ...options }) => startClowderBalancer(site, options),
  },
  {
    key: 'clowder-ajp',
    label: 'clowder over AJP',
    duty: 'ajp',
    warmups: 2,
    missing: () => undefined,
    start: (context) => startClowderAjp(context, false),
  },
  {
    key: 'clowder-ajp-log',
    label: 'clowder over AJP, request log',
    duty: 'ajp',
    warmups: 2,
    missing: () => undefined,
    start: (context) => startClowderAjp(context, true),
  },
  {
    key: 'haproxy',
    label: 'HAProxy, 1 thread',
    duty: 'sticky',
    warmups: 1,
    missing: () => notInstalled('haproxy'),
    start: ({ site, backends }) => startHaproxy(site, { backends, maxConnections: MAX_CONNECTIONS }),
  },
  {
    key: 'nginx',
    label: 'nginx, 1 worker',
    duty: 'sticky',
    warmups: 1,
    missing: () => notInstalled('nginx'),
    start: ({ site, backends }) => startNginx(site, { backends, maxConnections: MAX_CONNECTIONS }),
  },
  {
    key: 'httpd-proxy',
    label: 'httpd mod_proxy_http',
    duty: 'sticky',
    warmups: 1,
    missing: () => missingHttpd('http'),
    start: ({ site, backends }) => startHttpd(site, { connector: 'http', backends, maxConnections: MAX_CONNECTIONS }),
  },
  {
    key: 'httpd-jk',
    label: 'httpd mod_jk',
    duty: 'ajp',
    warmups: 3,
    missing: () => missingHttpd('jk') ?? missingTomcat(),
    start: (context) => startJkBeforeTomcats(context, false),
  },
  {
    key: 'httpd-jk-log',
    label: 'httpd mod_jk, request log',
    duty: 'ajp',
    warmups: 3,
    missing: () => missingHttpd('jk') ?? missingTomcat(),
    start: (context) => startJkBeforeTomcats(context, true),
  },
  {
    key: 'node-http',
    label: 'node:http proxy',
    duty: 'sticky',
    warmups: 2,
    missing: () => undefined,
    start: ({ site, backends }) => startNodeProxy(site, backends),
  },
  {
    key: 'node-relay',
    label: 'node:net relay (no proxy)',
    duty: 'none',
    warmups: 2,
    missing: () => undefined,
    start: ({ site, backends }) => startRelay(site, backends),
  },
]

/** The fronts of a scenario, by key. */
export function fronts(...keys: string[]): Front[] {
  return FRONTS.filter(({ key }) => keys.includes(key))
}

async function startClowderAjp(context: FrontContext, logsRequests: boolean): Promise<Peer> {
  const { site, ajpBackends, keepAliveMs } = context
  if (ajpBackends === undefined) throw new BenchError('BENCH_START', 'the backends of this scenario speak no AJP')
  const options = keepAliveMs === undefined ? {} : { keepAliveMs }
  return startClowderBalancer(site, { backends: ajpBackends, type: 'ajp13', logsRequests, ...options })
}

async function startJkBeforeTomcats(context: FrontContext, logsRequests: boolean): Promise<Peer> {
  const { site, backends, ajpBackends } = context
  const options = { connector: 'jk', maxConnections: MAX_CONNECTIONS, logsRequests } as const
  if (ajpBackends !== undefined) return startHttpd(site, { ...options, backends: ajpBackends })
  const tomcats = await Promise.all(backends.map(({ route }) => startTomcat(site, { route })))
  const ajp = tomcats.map(({ route, ajpPort }) => ({ route, port: ajpPort }))
  const httpd = await startHttpd(site, { ...options, backends: ajp })
  return {
    ...httpd,
    async stop() {
      await httpd.stop()
      await Promise.all(tomcats.map((tomcat) => tomcat.stop()))
    },
  }
}

function notInstalled(program: string): string | undefined {
  return findProgram(program) === undefined ? `${program} is not installed` : undefined
}

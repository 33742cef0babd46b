/** What a balancer costs per request in front of Tomcat: AJP against AJP, and against HTTP to the same Tomcats. */
import { fronts } from '../fronts.ts'
import { startTomcat } from '../peers/tomcat.ts'
import type { Scenario } from '../scenario.ts'
import type { Site } from '../site.ts'
import { type Backends, runProxyScenario } from './proxy.ts'

const SMALL = { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' } as const

export const proxyAjp: Scenario = {
  name: 'proxy-ajp',
  about: 'CPU of the front per small response of two Tomcats: over AJP, and over HTTP to compare with',
  run: (bench) =>
    runProxyScenario(bench, {
      fronts: fronts('clowder', 'clowder-ajp', 'haproxy', 'httpd-jk'),
      expected: SMALL,
      heads: ['minimal', 'browser', 'varied'],
      connections: 64,
      reference: 'haproxy',
      startBackends: startTomcats,
      notes: [
        'all fronts before the same two Tomcats (a JSP), whose CPU is not counted; HAProxy and the first row talk HTTP to them',
      ],
    }),
}

export const proxyAjpLog: Scenario = {
  name: 'proxy-ajp-log',
  about: 'the same over AJP with a line for each request in the log of mod_jk, from the same directives',
  run: (bench) =>
    runProxyScenario(bench, {
      fronts: fronts('clowder-ajp-log', 'httpd-jk-log'),
      expected: SMALL,
      heads: ['minimal', 'browser', 'varied'],
      connections: 64,
      reference: 'httpd-jk-log',
      startBackends: startTomcats,
      notes: ['JkRequestLogFormat "%w %V %T"; both before the same two Tomcats, whose CPU is not counted'],
    }),
}

async function startTomcats(site: Site, routes: readonly string[]): Promise<Backends> {
  const tomcats = await Promise.all(routes.map((route) => startTomcat(site, { route })))
  return {
    backends: tomcats.map(({ route, port }) => ({ route, port })),
    ajpBackends: tomcats.map(({ route, ajpPort }) => ({ route, port: ajpPort })),
  }
}

/** What a balancer costs per request in front of Tomcat: AJP against AJP, and against HTTP to the same Tomcats. */
import { fronts } from '../fronts.ts'
import { startTomcat } from '../peers/tomcat.ts'
import type { Scenario } from '../scenario.ts'
import type { Site } from '../site.ts'
import { type Backends, runProxyScenario } from './proxy.ts'

export const proxyAjp: Scenario = {
  name: 'proxy-ajp',
  about: 'CPU of the front per small response of two Tomcats: over AJP, and over HTTP to compare with',
  run: (bench) =>
    runProxyScenario(bench, {
      fronts: fronts('clowder-ajp', 'haproxy', 'httpd-jk'),
      expected: { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' },
      heads: ['minimal', 'browser', 'varied'],
      connections: 64,
      reference: 'haproxy',
      startBackends: startTomcats,
      notes: ['all fronts before the same two Tomcats (a JSP), whose CPU is not counted; HAProxy talks HTTP to them'],
    }),
}

async function startTomcats(site: Site, routes: readonly string[]): Promise<Backends> {
  const tomcats = await Promise.all(routes.map((route) => startTomcat(site, { route })))
  return {
    backends: tomcats.map(({ route, port }) => ({ route, port })),
    ajpBackends: tomcats.map(({ route, ajpPort }) => ({ route, port: ajpPort })),
  }
}

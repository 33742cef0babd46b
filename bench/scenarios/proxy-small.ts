/** What a balancer costs per request when the answer is tiny: the head is all there is to do. */
import { fronts } from '../fronts.ts'
import type { Scenario } from '../scenario.ts'
import { runProxyScenario } from './proxy.ts'

export const proxySmall: Scenario = {
  name: 'proxy-small',
  about:
    'CPU of the front per proxied small response, sticky, with X-Forwarded-*; minimal, browser-like and varied heads',
  run: (bench) =>
    runProxyScenario(bench, {
      fronts: fronts('clowder', 'haproxy', 'nginx', 'httpd-proxy', 'httpd-jk', 'node-http', 'node-relay'),
      expected: { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' },
      heads: ['minimal', 'browser', 'varied'],
      connections: 64,
      reference: 'haproxy',
      notes: [
        'backends: two node:net responders; behind mod_jk two Tomcats (a JSP), whose CPU is not counted here',
        'the relay neither parses nor routes nor adds anything: it is the floor of Node, not a contestant',
      ],
    }),
}

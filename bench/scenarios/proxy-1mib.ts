/** What a balancer costs when the body is large: bytes moved, back-pressure, no buffering on disk. */
import { fronts } from '../fronts.ts'
import type { Scenario } from '../scenario.ts'
import { runProxyScenario } from './proxy.ts'

const MIB = 1024 * 1024
const PATTERN = 'clowder '

export const proxy1Mib: Scenario = {
  name: 'proxy-1mib',
  about: 'CPU of the front per proxied response of 1 MiB',
  run: (bench) =>
    runProxyScenario(bench, {
      fronts: fronts('clowder', 'haproxy', 'nginx', 'node-http', 'node-relay'),
      expected: { path: '/1mib', status: 200, contentType: 'text/plain', body: PATTERN.repeat(MIB / PATTERN.length) },
      heads: ['minimal'],
      connections: 16,
      reference: 'haproxy',
      notes: ['1 µs per response of 1 MiB is 1 ns per KiB; the copying inside the kernel is part of it'],
    }),
}

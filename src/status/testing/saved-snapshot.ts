/** The snapshot of the balancer whose answers were saved in `fixtures/`. */
import { readFileSync } from 'node:fs'
import type { BalancerSnapshot } from '../../balancer/snapshot.ts'

export function savedSnapshot(): BalancerSnapshot {
  const url = new URL('../../balancer/fixtures/mod-jk-snapshot.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as BalancerSnapshot
}

/** Methods, locks and sources in the words of jk-status (mod_jk.md 7.6). */
import type { LbLock, LbMethod, MountRule } from '../balancer/options.ts'

export const methodWords = {
  request: 'Request',
  traffic: 'Traffic',
  busyness: 'Busyness',
  session: 'Sessions',
  next: 'Next',
} as const satisfies Record<LbMethod, string>

export const lockWords = {
  optimistic: 'Optimistic',
  pessimistic: 'Pessimistic',
} as const satisfies Record<LbLock, string>

export const sourceWords = {
  'mount-file': 'uriworkermap',
  mount: 'JkMount',
  worker: 'worker definition',
} as const satisfies Record<MountRule['source'], string>

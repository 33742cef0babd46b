/** How well a member is, in one word (mod_jk.md 7.9, with the default `good` and `bad`). */
import type { MemberSnapshot } from '../balancer/snapshot.ts'

export type Rating = 'good' | 'degraded' | 'bad'

/** Bad: stopped or in error. Good: active and not in error. */
export function rate({ activation, state }: Pick<MemberSnapshot, 'activation' | 'state'>): Rating {
  if (activation === 'stopped' || state === 'error') return 'bad'
  return activation === 'active' ? 'good' : 'degraded'
}

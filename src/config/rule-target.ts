/** `WORKER;extension=value;…` outside of any file: the variable JK_WORKER_NAME of a request (mod_jk.md 2.4). */
import type { BalancerHooks } from '../balancer/balancer.ts'
import { Complaints } from './complaint.ts'
import { readExtensions } from './rule-extensions.ts'

/** Texts that are remembered: a configuration names a few. */
const MAX_REMEMBERED = 1_024

export function ruleTargets(): NonNullable<BalancerHooks['readTarget']> {
  const known = new Map<string, ReturnType<NonNullable<BalancerHooks['readTarget']>>>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const split = text.indexOf(';')
    const place = { at: { file: '', line: 1, column: 1 }, directive: 'JK_WORKER_NAME' }
    const extensions = split === -1 ? undefined : readExtensions(text.slice(split + 1), place, new Complaints())
    const target = {
      worker: (split === -1 ? text : text.slice(0, split)).trim(),
      ...(extensions === undefined ? {} : { extensions }),
    }
    if (known.size < MAX_REMEMBERED) known.set(text, target)
    return target
  }
}

/** Where workers and mounts meet: `worker.NAME.mount`, and rules that name workers which may not be mounted. */
import type { WorkerMount } from './build-workers.ts'
import { type Complaints, shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import { addMount, MountSet, type PlacedMount, patternProblem } from './mount-rules.ts'

/** `worker.NAME.mount` as rules; `|` has no meaning there (mod_jk.md 1.4). */
export function workerMounts(mounts: readonly WorkerMount[], complaints: Complaints): MountSet {
  const set = new MountSet()
  for (const { worker, pattern: written, at, directive } of mounts) {
    const [, prefix = '', pattern = ''] = /^(-?!?)(.*)$/s.exec(written) ?? []
    const problem = pattern.includes('|')
      ? { message: `${shown(written)}: | is not understood here`, hint: 'write both patterns' }
      : patternProblem(pattern)
    if (problem !== undefined) {
      complaints.add('CONFIG_MOUNT_SKIPPED', at, directive, `${problem.message}; the rule is skipped`, problem.hint)
      continue
    }
    const [exclude, disabled] = [prefix.includes('!'), prefix.includes('-')]
    addMount(set, { pattern, target: worker, exclude, disabled, source: 'worker', at, directive }, complaints)
  }
  return set
}

/** Rules for workers that may not be mounted: mod_jk starts with them and answers 500. */
export function checkMounts(
  mounts: readonly PlacedMount[],
  { workers, workerList }: { readonly workers: ReadonlyMap<string, unknown>; readonly workerList: Iterable<string> },
  complaints: Complaints,
): void {
  const listed = new Set(workerList)
  for (const { rule, at, directive } of mounts) {
    const { worker } = rule
    if (listed.has(worker) || (rule.exclude && worker === '*')) continue
    const message = `${shown(rule.pattern)} names the worker ${shown(worker)}, which is not in worker.list`
    const hint = () => {
      if (workers.has(worker)) return `add ${visible(worker)} to worker.list`
      return didYouMean(worker, listed) ?? `worker.list has ${[...listed].slice(0, 10).map(visible).join(', ')}`
    }
    const consequence = rule.exclude ? 'it excludes nothing' : 'its requests get 500'
    complaints.add('CONFIG_MOUNT_WORKER_UNKNOWN', at, directive, `${message}; ${consequence}`, hint)
  }
}

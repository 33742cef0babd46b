/**
 * Does edits on live workers, all of them or none. Options are replaced, numbers and health stay; requests under way go on
 * with what they have read already.
 */
import { backendAttributes } from './edit-attributes.ts'
import { changesBetween, checkEdits, lbAfter, memberAfter, targetOf } from './edit-check.ts'
import type { BackendSettings, Change, Edit, EditResult } from './edit-types.ts'
import type { Lb } from './lb.ts'
import type { WorkerNumbers } from './numbers.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'
import { resetCounts } from './worker-life.ts'

export interface LiveWorkers {
  readonly lbs: ReadonlyMap<string, Lb>
  readonly endpoints: ReadonlyMap<string, LiveEndpoint>
}

export interface LiveEndpoint {
  readonly options: ResolvedEndpointWorker
  readonly numbers: WorkerNumbers
  reconfigure(options: ResolvedEndpointWorker): void
}

export function applyEdits(edits: readonly Edit[], workers: LiveWorkers, nowMs: number): EditResult {
  const problems = checkEdits(edits, workers)
  if (problems.length > 0) return { done: false, problems }
  return { done: true, changes: edits.flatMap((edit) => apply(edit, workers, nowMs)) }
}

function apply(edit: Edit, workers: LiveWorkers, nowMs: number): Change[] {
  const { lbs, endpoints } = workers
  switch (edit.type) {
    case 'update-lb': {
      const lb = lbs.get(edit.lb)!
      const before = lb.options
      lb.reconfigure(lbAfter(edit, before))
      return changesBetween(edit, before, lb.options)
    }
    case 'update-member': {
      const lb = lbs.get(edit.lb)!
      const before = lb.members.find(({ name }) => name === edit.member)!.options
      const after = memberAfter(edit, before)
      lb.reconfigureMember(edit.member, after)
      shareBackend(edit.member, after, workers)
      return changesBetween(edit, before, after)
    }
    case 'update-worker': {
      const before = endpoints.get(edit.worker)!.options
      const after = memberAfter(edit, before)
      shareBackend(edit.worker, after, workers)
      return changesBetween(edit, before, after)
    }
    case 'reset-lb':
      lbs.get(edit.lb)!.reset(nowMs)
      return [done('reset', edit)]
    case 'reset-member':
      lbs.get(edit.lb)!.resetMember(edit.member, nowMs)
      return [done('reset', edit)]
    case 'reset-worker':
      resetCounts(endpoints.get(edit.worker)!.numbers, nowMs)
      return [done('reset', edit)]
    case 'recover-member':
      lbs.get(edit.lb)!.recover(edit.member)
      return [done('recover', edit)]
  }
}

/** A worker has one address and one set of timeouts, in however many balancers it is a member; the rest is theirs. */
function shareBackend(name: string, source: ResolvedEndpointWorker, { lbs, endpoints }: LiveWorkers): void {
  const endpoint = endpoints.get(name)!
  if (!differ(endpoint.options, source)) return
  const settings = backendSettings(source)
  endpoint.reconfigure(Object.freeze({ ...endpoint.options, ...settings }))
  for (const lb of lbs.values()) {
    const member = lb.members.find((each) => each.name === name)
    if (member !== undefined) lb.reconfigureMember(name, Object.freeze({ ...member.options, ...settings }))
  }
}

const backendKeys = Object.keys(backendAttributes) as (keyof BackendSettings)[]

function differ(one: BackendSettings, other: BackendSettings): boolean {
  return backendKeys.some((key) => one[key] !== other[key])
}

function backendSettings(options: BackendSettings): BackendSettings {
  return Object.fromEntries(backendKeys.map((key) => [key, options[key]])) as unknown as BackendSettings
}

function done(what: 'reset' | 'recover', edit: Edit): Change {
  return { what, ...targetOf(edit), attribute: '', before: '', after: '' }
}

/**
 * Which rule of one virtual host a cleaned path falls under (mod_jk.md 3.2 and 3.3). Hosts, targets and the memory of
 * earlier answers are the affair of `router.ts`.
 */
import { asBytes } from './as-bytes.ts'
import type { MountRule } from './options.ts'
import { NO_MATCH, PatternIndex } from './pattern-index.ts'
import { overridesOf, type RequestOverrides } from './rule-extensions.ts'

/** A longer path is never mapped (3.1; mod_jk's buffer, CVE-2007-0774). */
export const MAX_MAPPED_BYTES = 4_095

export interface MountMap {
  /** The rule that maps a cleaned path; undefined when none does or an exclusion takes the match back. */
  match(path: string): MountRule | undefined
  /** What one of its rules changes for the requests that it maps. */
  overridesOf(rule: MountRule): RequestOverrides | undefined
}

/** Which source comes first among patterns that are equal in slashes and length. */
const SOURCE_ORDER = { 'mount-file': 0, mount: 1, worker: 2 } as const satisfies Record<MountRule['source'], number>

/** An exclusion for this worker holds for every worker. */
const ANY_WORKER = '*'

export function compileMounts(rules: readonly MountRule[]): MountMap {
  const enabled = inOrder(rules).filter((rule) => rule.disabled !== true)
  const mounts = enabled.filter(({ exclude }) => exclude !== true)
  const index = indexOf(mounts)
  const exclusions = compileExclusions(enabled.filter(({ exclude }) => exclude === true))
  const overrides = new Map(mounts.map((rule) => [rule, overridesOf(rule.extensions)]))
  return {
    match(path) {
      if (path.length > MAX_MAPPED_BYTES) return undefined
      const rule = mounts[index.find(path)]
      return rule === undefined || exclusions(rule.worker, path) ? undefined : rule
    },
    overridesOf: (rule) => (rule.extensions === undefined ? undefined : overrides.get(rule)),
  }
}

/** The rules that count, in the order in which they are tried and jk-status lists them. */
export function inOrder(rules: readonly MountRule[]): readonly MountRule[] {
  return sortRules(withoutOverwritten(rules))
}

/** The last of equal patterns of one source counts, in the place of the first; `X`, `!X` and `-X` are three patterns. */
function withoutOverwritten(rules: readonly MountRule[]): readonly MountRule[] {
  const byKey = new Map<string, MountRule>()
  for (const rule of rules) {
    const prefix = `${rule.disabled === true ? '-' : ''}${rule.exclude === true ? '!' : ''}`
    byKey.set(`${rule.source} ${prefix}${rule.pattern}`, rule)
  }
  return [...byKey.values()]
}

/** More slashes first, then longer patterns, then the source, then the order in which they were written. */
function sortRules(rules: readonly MountRule[]): readonly MountRule[] {
  return rules
    .map((rule) => ({ rule, depth: slashes(rule.pattern) }))
    .sort(
      ({ rule: a, depth: depthOfA }, { rule: b, depth: depthOfB }) =>
        depthOfB - depthOfA || b.pattern.length - a.pattern.length || SOURCE_ORDER[a.source] - SOURCE_ORDER[b.source],
    )
    .map(({ rule }) => rule)
}

function slashes(pattern: string): number {
  return pattern.split('/').length - 1
}

/** Patterns are compared as bytes, like the paths they meet. */
function indexOf(rules: readonly MountRule[]): PatternIndex {
  return new PatternIndex(rules.map(({ pattern }) => asBytes(pattern)))
}

/** Whether an exclusion for this worker, or for all, matches. */
function compileExclusions(rules: readonly MountRule[]): (worker: string, path: string) => boolean {
  if (rules.length === 0) return () => false
  const byWorker = new Map<string, MountRule[]>()
  for (const rule of rules) {
    const same = byWorker.get(rule.worker)
    if (same === undefined) byWorker.set(rule.worker, [rule])
    else same.push(rule)
  }
  const indexes = new Map([...byWorker].map(([worker, same]) => [worker, indexOf(same)]))
  const isIn = (worker: string, path: string) => (indexes.get(worker)?.find(path) ?? NO_MATCH) !== NO_MATCH
  return (worker, path) => isIn(worker, path) || isIn(ANY_WORKER, path)
}

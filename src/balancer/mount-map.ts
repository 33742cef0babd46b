/**
 * Which rule of one virtual host a cleaned path falls under (mod_jk.md 3.2 and 3.3). Hosts, targets and the memory of
 * earlier answers are the affair of `router.ts`.
 */
import type { MountRule } from './options.ts'
import { compileWildcard, type Matcher } from './wildcard.ts'

/** A longer path is never mapped (3.1; mod_jk's buffer, CVE-2007-0774). */
export const MAX_MAPPED_BYTES = 4_095

export interface MountMap {
  /** Every rule in the order in which they are tried, as jk-status lists them. */
  readonly rules: readonly MountRule[]
  /** The rule that maps a cleaned path; undefined when none does or an exclusion takes the match back. */
  match(path: string): MountRule | undefined
}

interface CompiledRule {
  readonly rule: MountRule
  readonly matches: Matcher
}

/** Which source comes first among patterns that are equal in slashes and length. */
const SOURCE_ORDER = { 'mount-file': 0, mount: 1, worker: 2 } as const satisfies Record<MountRule['source'], number>

/** An exclusion for this worker holds for every worker. */
const ANY_WORKER = '*'

export function compileMounts(rules: readonly MountRule[]): MountMap {
  const sorted = sortRules(withoutOverwritten(rules))
  const enabled = sorted.filter((rule) => rule.disabled !== true).map(compileRule)
  const mounts = enabled.filter(({ rule }) => rule.exclude !== true)
  const exclusions = enabled.filter(({ rule }) => rule.exclude === true)
  return {
    rules: sorted,
    match(path) {
      if (path.length > MAX_MAPPED_BYTES) return undefined
      const rule = firstMatch(mounts, path)
      return rule === undefined || isExcluded(exclusions, rule.worker, path) ? undefined : rule
    },
  }
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
  return rules.toSorted(
    (a, b) =>
      slashes(b.pattern) - slashes(a.pattern) ||
      b.pattern.length - a.pattern.length ||
      SOURCE_ORDER[a.source] - SOURCE_ORDER[b.source],
  )
}

function slashes(pattern: string): number {
  return pattern.split('/').length - 1
}

/** Patterns are compared as bytes, like the paths they meet. */
function compileRule(rule: MountRule): CompiledRule {
  return { rule, matches: compileWildcard(Buffer.from(rule.pattern, 'utf8').toString('latin1')) }
}

function firstMatch(mounts: readonly CompiledRule[], path: string): MountRule | undefined {
  for (const { rule, matches } of mounts) {
    if (matches(path)) return rule
  }
  return undefined
}

function isExcluded(exclusions: readonly CompiledRule[], worker: string, path: string): boolean {
  for (const { rule, matches } of exclusions) {
    if ((rule.worker === worker || rule.worker === ANY_WORKER) && matches(path)) return true
  }
  return false
}

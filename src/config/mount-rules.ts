/**
 * Mount rules, as they come from JkMount, JkUnMount, a mount file and `worker.NAME.mount`: pattern syntax, `|`, prefixes, rule
 * extensions, and which of two equal ones counts (mod_jk.md 3.2 to 3.4). Matching is the balancer's.
 */
import type { MountRule } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { Position } from './position.ts'
import { readExtensions } from './rule-extensions.ts'

/** A rule with its place, so that a wrong worker can be complained about once all workers are known. */
export interface PlacedMount {
  readonly rule: MountRule
  readonly at: Position
  readonly directive: string
}

/** The rules of one source within one server; an equal pattern replaces the earlier one. */
export class MountSet {
  readonly #mounts = new Map<string, PlacedMount>()

  /** `key` is the pattern with its prefixes: `X` and `!X` stand side by side. */
  add(key: string, mount: PlacedMount, complaints: Complaints): void {
    const before = this.#mounts.get(key)
    if (before !== undefined) {
      const place = before.at.file === mount.at.file ? `line ${before.at.line}` : `${before.at.file}:${before.at.line}`
      const message = `${shown(mount.rule.pattern)} is also mounted in ${place}; this one counts`
      complaints.add('CONFIG_MOUNT_TWICE', mount.at, mount.directive, message)
      this.#mounts.delete(key)
    }
    this.#mounts.set(key, mount)
  }

  /** These rules, then those of `base` whose pattern is not among them (mod_jk.md 3.6). */
  over(base: MountSet): PlacedMount[] {
    const inherited = [...base.#mounts].filter(([key]) => !this.#mounts.has(key)).map(([, mount]) => mount)
    return [...this.#mounts.values(), ...inherited]
  }

  list(): PlacedMount[] {
    return [...this.#mounts.values()]
  }

  get isEmpty(): boolean {
    return this.#mounts.size === 0
  }
}

/** What a rule says, before `|` is expanded. */
export interface MountText {
  readonly pattern: string
  /** `WORKER;extension=value;…` */
  readonly target: string
  readonly exclude: boolean
  readonly disabled: boolean
  readonly source: MountRule['source']
  readonly at: Position
  readonly directive: string
}

/** The one or two rules of a text, added to `mounts`. The pattern must start with `/`. */
export function addMount(mounts: MountSet, text: MountText, complaints: Complaints): void {
  const { at, directive, exclude, disabled, source } = text
  const read = readTarget(text, complaints)
  if (read === undefined) return
  const prefix = `${disabled ? '-' : ''}${exclude ? '!' : ''}`
  for (const pattern of expandPattern(text.pattern)) {
    const rule: MountRule = {
      pattern,
      ...read,
      ...(exclude ? { exclude } : {}),
      ...(disabled ? { disabled } : {}),
      source,
    }
    complaints.place(rule, at)
    mounts.add(prefix + pattern, { rule, at, directive }, complaints)
  }
}

/** `X|Y` stands for `X` and `XY`. */
export function expandPattern(pattern: string): readonly string[] {
  const bar = pattern.indexOf('|')
  return bar === -1 ? [pattern] : [pattern.slice(0, bar), pattern.slice(0, bar) + pattern.slice(bar + 1)]
}

/** Why a pattern cannot be used, with what to write; undefined when it can. */
export function patternProblem(pattern: string): { readonly message: string; readonly hint: string } | undefined {
  if (pattern.startsWith('/')) return undefined
  const hint = /^[*?]/.test(pattern) ? `write /${pattern}` : 'patterns are paths and start with /'
  return { message: `${shown(pattern)} does not start with /`, hint }
}

/** The worker and the extensions of `WORKER;extension=value;…`. */
function readTarget(text: MountText, complaints: Complaints): Pick<MountRule, 'worker' | 'extensions'> | undefined {
  const { target, exclude, at, directive } = text
  const split = target.indexOf(';')
  const worker = (split === -1 ? target : target.slice(0, split)).trim()
  if (worker !== '' && (worker !== '*' || exclude)) {
    if (split === -1) return { worker }
    const extensions = readExtensions(target.slice(split + 1), { at, directive }, complaints)
    return extensions === undefined ? { worker } : { worker, extensions }
  }
  const message = worker === '' ? 'the rule names no worker' : '* stands for all workers in exclusions only'
  complaints.add('CONFIG_MOUNT_SKIPPED', at, directive, message)
  return undefined
}

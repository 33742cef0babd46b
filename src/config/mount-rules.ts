/**
 * Mount rules, as they come from JkMount, JkUnMount, a mount file and `worker.NAME.mount`: pattern syntax, `|`, prefixes, rule
 * extensions, and which of two equal ones counts (mod_jk.md 3.2 to 3.4). Matching is the balancer's.
 */
import type { MountRule } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Position } from './position.ts'

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
  const worker = readTarget(text, complaints)
  if (worker === undefined) return
  const prefix = `${disabled ? '-' : ''}${exclude ? '!' : ''}`
  for (const pattern of expandPattern(text.pattern)) {
    const rule: MountRule = {
      pattern,
      worker,
      ...(exclude ? { exclude } : {}),
      ...(disabled ? { disabled } : {}),
      source,
    }
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

const extensions = [
  'reply_timeout',
  'sticky_ignore',
  'stateless',
  'active',
  'disabled',
  'stopped',
  'fail_on_status',
  'use_server_errors',
  'session_cookie',
  'session_path',
  'set_session_cookie',
  'session_cookie_path',
]

/** The worker's name of `WORKER;extension=value;…`. */
function readTarget({ target, exclude, at, directive }: MountText, complaints: Complaints): string | undefined {
  const [worker = '', ...rest] = target.split(';').map((part) => part.trim())
  for (const extension of rest.filter((part) => part !== '')) {
    const name = extension.split('=', 1)[0]!.trim()
    const known = extensions.includes(name)
    const message = `the rule extension ${shown(name)} is ${known ? 'accepted, has no effect yet' : 'not known'}`
    const hint = () => (known ? undefined : didYouMean(name, extensions))
    complaints.add('CONFIG_MOUNT_EXTENSION', at, directive, message, hint)
  }
  if (worker !== '' && (worker !== '*' || exclude)) return worker
  const message = worker === '' ? 'the rule names no worker' : '* stands for all workers in exclusions only'
  complaints.add('CONFIG_MOUNT_SKIPPED', at, directive, message)
  return undefined
}

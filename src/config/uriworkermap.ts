/**
 * uriworkermap.properties: `PATTERN=WORKER` with the lexical rules of workers.properties (mod_jk.md 3.7). An entry that
 * cannot be used is skipped with a warning, as mod_jk does, and the others work.
 */
import { type Complaints, shown } from './complaint.ts'
import { addMount, MountSet, patternProblem } from './mount-rules.ts'
import { type PropertyLine, propertyLines } from './property-lines.ts'
import type { SourceText } from './source-text.ts'
import type { VariableSource } from './workers-properties.ts'

export function readMountFile(source: SourceText, env: VariableSource['env'], complaints: Complaints): MountSet {
  const mounts = new MountSet()
  const values = new Map<string, string>()
  const used = new Set<string>()
  const others: PropertyLine[] = []
  const lookup = (name: string): string | undefined => {
    used.add(name)
    return values.get(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined)
  }
  for (const line of propertyLines(source, lookup, complaints)) {
    values.set(line.name, line.value)
    const [, prefix = '', pattern = ''] = /^(-?!?)(.*)$/s.exec(line.name) ?? []
    if (!pattern.startsWith('/')) {
      others.push(line)
      continue
    }
    const text = {
      pattern,
      target: line.value,
      exclude: prefix.includes('!'),
      disabled: prefix.includes('-'),
      source: 'mount-file' as const,
      at: line.at,
      directive: line.name,
    }
    addMount(mounts, text, complaints)
  }
  // A name that is no pattern is a variable, if something below it used it.
  for (const { name, at } of others) {
    if (used.has(name)) continue
    const stripped = name.replace(/^[-!]+/, '')
    const problem = patternProblem(stripped)
    const message =
      problem === undefined ? `${shown(name)}: the prefixes are -, ! and -!, in this order` : problem.message
    complaints.add('CONFIG_MOUNT_SKIPPED', at, name, `${message}; the entry is skipped`, problem?.hint)
  }
  return mounts
}

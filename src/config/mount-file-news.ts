/** Mount files while a balancer runs: read again when they have changed (mod_jk.md 3.7). */
import { stat } from 'node:fs/promises'
import type { BalancerHooks } from '../balancer/balancer.ts'
import { Complaints, formatComplaint } from './complaint.ts'
import { startOf } from './position.ts'
import { nodeFiles, SourceReader } from './source-text.ts'
import { readMountFile } from './uriworkermap.ts'
import type { VariableSource } from './workers-properties.ts'

/** What {@link BalancerHooks.readMounts} wants. A file counts as changed when its time, its size or its place has. */
export function mountFileNews(env: VariableSource['env'] = process.env): NonNullable<BalancerHooks['readMounts']> {
  const seen = new Map<string, string>()
  return async (file) => {
    let mark: string
    try {
      const { mtimeMs, size, ino } = await stat(file)
      mark = `${mtimeMs} ${size} ${ino}`
    } catch (error) {
      mark = `missing: ${(error as NodeJS.ErrnoException).code}`
    }
    if (seen.get(file) === mark) return undefined
    seen.set(file, mark)
    const complaints = new Complaints()
    const reader = new SourceReader(nodeFiles, complaints)
    const source = await reader.read(file, startOf(file), 'JkMountFile')
    const mounts = source === undefined ? [] : readMountFile(source, env, complaints).list()
    const list = complaints.list()
    if (complaints.hasErrors) {
      const errors = list.filter(({ severity }) => severity === 'error')
      return { unusable: errors.map(formatComplaint).join('; ') }
    }
    return { rules: mounts.map(({ rule }) => rule), notes: list.map(formatComplaint) }
  }
}

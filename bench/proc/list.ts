/** Lists the processes in the trees of a few roots, from /proc, at (nearly) one instant. */
import { readdirSync, readFileSync } from 'node:fs'
import { type ProcessStat, parseStat } from './stat.ts'
import { type RootProcess, rolesOf } from './tree.ts'

export interface ListedProcess extends ProcessStat {
  readonly role: string
}

export function listProcesses(roots: readonly RootProcess[]): ListedProcess[] {
  const stats = new Map<number, ProcessStat>()
  for (const entry of listOrEmpty('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = parseStat(readOrEmpty(`/proc/${entry}/stat`))
    if (stat !== undefined) stats.set(stat.pid, stat)
  }
  const roles = rolesOf(roots, new Map([...stats].map(([pid, stat]) => [pid, stat.parent])))
  const listed: ListedProcess[] = []
  for (const [pid, role] of roles) {
    const stat = stats.get(pid)
    if (stat !== undefined) listed.push({ ...stat, role })
  }
  return listed
}

/** Processes and threads end between listing and reading; that is no failure. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

export function listOrEmpty(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

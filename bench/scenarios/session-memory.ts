/**
 * What a session of three short attributes costs in memory, where requests made it and where it is a copy. Each in a
 * fresh process. `--sessions N` says how many there are.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { SessionMemory } from '../programs/session-memory.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { programPath } from '../site.ts'
import { figure } from '../table.ts'

const SESSIONS = 1_000_000
const ROLES = ['owner', 'copy'] as const
const WITHIN_MS = 300_000

export const sessionMemory: Scenario = {
  name: 'session-memory',
  about: 'memory per session of three short attributes, made here and copied from others',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const count = String(bench.arguments.sessions ?? SESSIONS)
  const found: Record<string, SessionMemory> = {}
  for (const role of ROLES) {
    const args = [...process.execArgv, programPath('session-memory'), role, count]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: WITHIN_MS })
    found[role] = JSON.parse(stdout) as SessionMemory
    bench.say(`${role}: ${Math.round(found[role].heapBytesPerSession)} bytes of heap per session`)
  }
  return {
    tables: [
      {
        title: 'memory per session of three short attributes',
        columns: [
          { title: 'session' },
          { title: 'sessions', align: 'right' },
          { title: 'heap bytes', align: 'right' },
          { title: 'RSS bytes', align: 'right' },
        ],
        rows: Object.entries(found).map(([role, memory]) => [
          role,
          String(memory.sessions),
          figure(memory.heapBytesPerSession),
          figure(memory.rssBytesPerSession),
        ]),
        notes: ['heap after a full collection; RSS of a small number includes room that the heap keeps for growing'],
      },
    ],
    data: found,
  }
}

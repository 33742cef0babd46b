/**
 * What `clowder check` costs for text that was made to hurt, each text as long as a file may be, or as long as it still costs
 * more. Each in a fresh process.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { maxFileBytes } from '../../src/config/limits.ts'
import { hostileTexts } from '../../src/config/testing/hostile-texts.ts'
import type { HostileCost } from '../programs/hostile-config.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { programPath } from '../site.ts'
import { figure } from '../table.ts'

const WITHIN_MS = 60_000
/** Some texts have a frame that is not counted in their size. */
const SIZE = maxFileBytes - 128 * 1024

export const hostileConfig: Scenario = {
  name: 'hostile-config',
  about: 'seconds and memory for configuration files that were made to hurt',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const found: Record<string, HostileCost> = {}
  for (const [index, { name, file }] of hostileTexts.entries()) {
    const numbers = [index, SIZE, bench.arguments.rounds].map(String)
    const args = [...process.execArgv, programPath('hostile-config'), ...numbers]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: WITHIN_MS })
    const cost = JSON.parse(stdout) as HostileCost
    found[`${file}: ${name}`] = cost
    bench.say(`${file}: ${name}: ${cost.seconds.toFixed(2)} s, ${cost.rssMiB.toFixed(0)} MiB`)
  }
  const rows = Object.entries(found).toSorted(([, a], [, b]) => b.seconds - a.seconds)
  return {
    tables: [
      {
        title: `checking a file of up to ${SIZE / 1024} KiB, made to hurt`,
        columns: [
          { title: 'text' },
          { title: 'CPU s', align: 'right' },
          { title: 'RSS MiB', align: 'right' },
          { title: 'errors', align: 'right' },
          { title: 'warnings', align: 'right' },
        ],
        rows: rows.map(([name, { seconds, rssMiB, errors, warnings }]) => [
          name,
          figure(seconds),
          figure(rssMiB),
          String(errors),
          String(warnings),
        ]),
        notes: [
          'CPU of the best round; RSS is how far the first check raised the high-water mark of a fresh process',
          'files above the limit (4 MiB) are refused unread; complaints shown are at most 500 of each severity',
        ],
      },
    ],
    data: found,
  }
}

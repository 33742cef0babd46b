/** Runs every `*.bench` file beside the code in `src`. */
import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MicroBench, microTable, runMicro } from '../micro.ts'
import { type Bench, type Findings, present, type Scenario } from '../scenario.ts'
import type { Table } from '../table.ts'

/** One contestant runs this share of `--seconds` per round: functions need less time than systems. */
const SHARE_OF_SECONDS = 0.02

export const micro: Scenario = {
  name: 'micro',
  about: 'single functions: every *.bench.ts in src, in ns per operation (--only picks files, e.g. http1/parse-head)',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const files = await benchFiles()
  if (files.length === 0) return { tables: [], data: {} }
  const { kept } = present(
    files.map((file) => ({ ...file, missing: () => undefined })),
    bench,
  )
  const tables: Table[] = []
  const data: Record<string, unknown> = {}
  const { rounds, seconds } = bench.arguments
  for (const { key, path } of kept) {
    for (const one of await load(path)) {
      bench.say(`${key}: ${one.name}`)
      const millis = seconds * 1000 * SHARE_OF_SECONDS
      const result = runMicro(one, { rounds, millis, now: () => performance.now() })
      tables.push({ ...microTable(one, result), title: `${key}: ${one.name}` })
      data[`${key}: ${one.name}`] = Object.fromEntries(result)
    }
  }
  return { tables, data }
}

/** Named by their path in `src`, without the ending. */
async function benchFiles(): Promise<{ key: string; path: string }[]> {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const ending = `.bench${extname(import.meta.url)}`
  return (await readdir(source, { recursive: true }))
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => ({ key: file.slice(0, -ending.length), path: join(source, file) }))
}

async function load(path: string): Promise<readonly MicroBench[]> {
  const module = (await import(path)) as { benches?: readonly MicroBench[] }
  if (!Array.isArray(module.benches)) throw new Error(`${path} exports no benches`)
  return module.benches
}

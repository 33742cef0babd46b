/**
 * What an idle keep-alive connection costs the front in memory. Each round has fresh processes, since memory that was
 * once taken is rarely given back.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headFor } from '../equal-answers.ts'
import { BenchError } from '../errors.ts'
import { type Front, fronts, MAX_CONNECTIONS } from '../fronts.ts'
import { runLoad } from '../load/run-load.ts'
import { startSmallBackends } from '../peers/node-programs.ts'
import type { Backend } from '../peers/peer.ts'
import { readMemory } from '../proc/memory.ts'
import { parseOpenFilesLimit } from '../proc/stat.ts'
import { type Bench, type Findings, present, type Scenario } from '../scenario.ts'
import { median, pairedRatio, spread } from '../statistics.ts'
import { figure, percent, type Table } from '../table.ts'
import { waitFor } from '../wait.ts'
import { labelOf } from './proxy.ts'

const CONNECTIONS = 7_500
/** A relay may need one descriptor on each side. */
const DESCRIPTORS_PER_CONNECTION = 2
const OPEN_WITHIN_MS = 60_000
const KEEP_ALIVE_MS = 300_000

/** Memory counts as settled when two looks this far apart differ by less than this share. */
const LOOK_AGAIN_MS = 1_000
const SETTLED_SHARE = 0.005
const SETTLE_WITHIN_MS = 10_000

interface IdleSample {
  readonly emptyPssBytes: number
  readonly fullPssBytes: number
  readonly bytesPerConnection: number
}

export const idleMemory: Scenario = {
  name: 'idle-memory',
  about: 'memory (PSS) of the front per idle keep-alive connection, each after one request',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const connections = Math.min(bench.arguments.connections ?? CONNECTIONS, MAX_CONNECTIONS)
  await assertDescriptors(connections * DESCRIPTORS_PER_CONNECTION + 1_000)
  const all = fronts('clowder', 'haproxy', 'nginx', 'httpd-proxy', 'node-http', 'node-relay')
  const { kept, absent } = present(all, bench)
  const { backends } = await startSmallBackends(bench.site, ['worker1', 'worker2'])
  const samples = new Map<Front, IdleSample[]>(kept.map((front) => [front, []]))
  for (let round = 1; round <= bench.arguments.rounds; round++)
    for (const front of kept) {
      const sample = await measure(bench, front, backends, connections)
      samples.get(front)!.push(sample)
      const kib = (sample.bytesPerConnection / 1024).toFixed(2)
      bench.say(`round ${round}/${bench.arguments.rounds} ${front.label}: ${kib} KiB per connection`)
    }
  const reference = labelOf(all, bench.arguments.reference ?? 'haproxy')
  return {
    tables: [tableOf(samples, connections, reference, absent)],
    data: Object.fromEntries([...samples].map(([front, list]) => [front.label, list])),
  }
}

async function measure(
  bench: Bench,
  front: Front,
  backends: readonly Backend[],
  connections: number,
): Promise<IdleSample> {
  const folder = await bench.site.folder('idle')
  const peer = await front.start({ site: bench.site, backends, keepAliveMs: KEEP_ALIVE_MS })
  const processes = peer.pids().map((pid) => ({ role: 'front', pid }))
  const head = headFor('/small', 'browser', 'worker1')
  // Code is compiled, pools are filled and arenas exist before the first look: only the connections are new.
  const groups = [{ port: peer.port, heads: [head] }]
  await runLoad({ groups, connections: 64, seconds: bench.arguments.warmupSeconds }, folder, bench.generator)
  const emptyPssBytes = await settledPss(() => readMemory(processes).pssBytes)

  await writeFile(join(folder, 'head'), head)
  const holder = await bench.site.startProgram('hold', [String(peer.port), String(connections), join(folder, 'head')], {
    readyWithinMs: OPEN_WITHIN_MS,
  })
  const fullPssBytes = await settledPss(() => readMemory(processes).pssBytes)
  const lost = holder.ended()
  if (lost !== undefined) throw new BenchError('BENCH_LOAD', `${front.key}: ${holder.tail()}`)
  await holder.stop()
  await peer.stop()
  return { emptyPssBytes, fullPssBytes, bytesPerConnection: (fullPssBytes - emptyPssBytes) / connections }
}

async function settledPss(read: () => number): Promise<number> {
  let last = read()
  let lookAt = performance.now() + LOOK_AGAIN_MS
  const settled = () => {
    if (performance.now() < lookAt) return false
    const now = read()
    const still = Math.abs(now - last) < last * SETTLED_SHARE
    last = now
    lookAt = performance.now() + LOOK_AGAIN_MS
    return still
  }
  // A heap that keeps moving is taken as it is after a while.
  await waitFor(settled, SETTLE_WITHIN_MS).catch(() => {})
  return last
}

function tableOf(
  samples: ReadonlyMap<Front, readonly IdleSample[]>,
  connections: number,
  reference: string,
  absent: readonly string[],
): Table {
  const perConnection = (list: readonly IdleSample[] = []) => list.map((sample) => sample.bytesPerConnection)
  const against = [...samples].find(([front]) => front.label === reference)
  return {
    title: `memory of the front with ${connections} idle keep-alive connections`,
    columns: [
      { title: 'contestant' },
      { title: 'PSS KiB/connection', align: 'right' },
      { title: 'spread', align: 'right' },
      { title: `× ${reference}`, align: 'right' },
      { title: 'PSS MiB before', align: 'right' },
      { title: 'PSS MiB with them', align: 'right' },
    ],
    rows: [...samples].map(([front, list]) => [
      front.label,
      figure(median(perConnection(list).map((bytes) => bytes / 1024))),
      `±${percent(spread(perConnection(list)))}`,
      figure(pairedRatio(perConnection(list), perConnection(against?.[1]))),
      figure(median(list.map((sample) => sample.emptyPssBytes / 1024 / 1024))),
      figure(median(list.map((sample) => sample.fullPssBytes / 1024 / 1024))),
    ]),
    notes: ['each connection has carried one request; socket memory of the kernel is not in PSS', ...absent],
  }
}

/** Node has raised its own soft limit to the hard one at start, and children inherit that. */
async function assertDescriptors(needed: number): Promise<void> {
  const limit = parseOpenFilesLimit(await readFile('/proc/self/limits', 'utf8')) ?? 0
  if (limit < needed)
    throw new BenchError('BENCH_LIMIT', `open files are limited to ${limit}, ${needed} are needed: ulimit -Hn`)
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuReading, cpuBetween, type ProcessCpu, readCpu } from './cpu.ts'

const MS = 1_000_000

function reading(...processes: (Partial<ProcessCpu> & { pid: number })[]): CpuReading {
  const base = {
    role: 'front',
    state: 'S',
    parent: 1,
    cpuNs: 0,
    endedChildrenNs: 0,
    startTicks: 5,
    threadsNs: undefined,
  }
  return new Map(processes.map((process) => [process.pid, { ...base, ...process }]))
}

const rows: [rule: string, before: CpuReading, after: CpuReading, frontMs: number][] = [
  [
    'nanoseconds are used where the ticks agree',
    reading({ pid: 7, cpuNs: 100 * MS, threadsNs: 103 * MS }),
    reading({ pid: 7, cpuNs: 200 * MS, threadsNs: 207 * MS }),
    104,
  ],
  [
    'ticks are used where a thread has ended and taken its nanoseconds along',
    reading({ pid: 7, cpuNs: 100 * MS, threadsNs: 103 * MS }),
    reading({ pid: 7, cpuNs: 900 * MS, threadsNs: 207 * MS }),
    800,
  ],
  [
    'ticks are used where the kernel keeps no nanoseconds',
    reading({ pid: 7, cpuNs: 100 * MS }),
    reading({ pid: 7, cpuNs: 250 * MS }),
    150,
  ],
  [
    'a process that was born in between counts from zero',
    reading({ pid: 7 }),
    reading({ pid: 7 }, { pid: 8, parent: 7, cpuNs: 50 * MS, threadsNs: 51 * MS }),
    51,
  ],
  [
    'a pid that was given to another process counts from zero',
    reading({ pid: 7, cpuNs: 900 * MS }),
    reading({ pid: 7, cpuNs: 30 * MS, startTicks: 6 }),
    30,
  ],
  [
    'of a child that ended in between only the part in between counts',
    reading({ pid: 7 }, { pid: 8, parent: 7, cpuNs: 400 * MS }),
    reading({ pid: 7, endedChildrenNs: 450 * MS }),
    50,
  ],
  [
    'a child born and ended in between counts whole',
    reading({ pid: 7, endedChildrenNs: 10 * MS }),
    reading({ pid: 7, endedChildrenNs: 90 * MS }),
    80,
  ],
]
for (const [rule, before, after, frontMs] of rows)
  test(`cpuBetween: ${rule}`, () => assert.equal(cpuBetween(before, after).get('front')! / MS, frontMs))

test('cpuBetween: roles are told apart', () => {
  const before = reading({ pid: 7, role: 'balancer' }, { pid: 8, role: 'worker' }, { pid: 9, role: 'worker' })
  const after = reading(
    { pid: 7, role: 'balancer', cpuNs: 10 * MS },
    { pid: 8, role: 'worker', cpuNs: 20 * MS },
    { pid: 9, role: 'worker', cpuNs: 40 * MS },
  )
  assert.deepEqual(
    cpuBetween(before, after),
    new Map([
      ['balancer', 10 * MS],
      ['worker', 60 * MS],
    ]),
  )
})

test('readCpu: this process has used CPU, and uses more when it works', { skip: process.platform !== 'linux' }, () => {
  const roots = [{ role: 'self', pid: process.pid }]
  const before = readCpu(roots)
  const until = process.cpuUsage().user + 60_000
  while (process.cpuUsage().user < until) Math.sqrt(until)
  const used = cpuBetween(before, readCpu(roots)).get('self')
  assert.ok(used !== undefined && used > 20 * MS, `${used} ns`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sample } from './contest.ts'
import { summarise } from './summary.ts'

function sample(cpuUsPerRequest: number, cpuUsByRole: Record<string, number> = { front: cpuUsPerRequest }): Sample {
  return {
    requests: 1000,
    cpuUsPerRequest,
    cpuUsByRole,
    requestsPerSecond: 40_000,
    p50Ms: 0.5,
    p99Ms: 2,
    peakPssBytes: 10 * 1024 * 1024,
    highWaterBytes: 20 * 1024 * 1024,
  }
}

const result = new Map([
  ['ours', [sample(30), undefined, sample(50)]],
  ['theirs', [sample(20), sample(20), sample(25)]],
])
const options = { title: 't', whose: 'front', names: ['ours', 'theirs'], reference: 'theirs' }

test('medians, ratios of the rounds that have both sides, and the void rounds', () => {
  const { rows, columns } = summarise(result, options)
  assert.deepEqual(
    columns.slice(0, 4).map(({ title }) => title),
    ['contestant', 'CPU of front, µs/request', 'spread', '× theirs'],
  )
  assert.deepEqual(rows[0], ['ours', '40.0', '±25 %', '1.75', '40000', '0.500', '2.00', '10.0', '20.0', '1'])
  assert.deepEqual(rows[1]?.slice(0, 4), ['theirs', '20.0', '±13 %', '1.00'])
})

test('a reference that did not take part is replaced by the first', () =>
  assert.equal(summarise(result, { ...options, reference: 'nobody' }).columns[3]?.title, '× ours'))

test('by role: a column each, a dash for who has no such role', () => {
  const mixed = new Map([
    ['a', [sample(30, { balancer: 10, worker: 20 })]],
    ['b', [sample(9, { balancer: 9 })]],
  ])
  const { rows } = summarise(mixed, { ...options, names: ['a', 'b'], byRole: true })
  assert.deepEqual(
    rows.map((row) => row.slice(4, 6)),
    [
      ['10.0', '20.0'],
      ['9.00', '–'],
    ],
  )
})

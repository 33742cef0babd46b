import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport, type LoadResult, parseReport } from './load.ts'

const result: LoadResult = { requests: 1000, seconds: 2.5, bytes: 130_000, errors: 3, p50Ms: 0.512, p99Ms: 4.25 }

test('a report reads back as it was written', () => assert.deepEqual(parseReport(formatReport(result)), result))

test('the report is found among what wrk prints on its own', () => {
  const output = [
    'Running 2s test @ http://127.0.0.1:8080',
    '  2 threads and 64 connections',
    'Requests/sec:  40000.00',
    'bench requests=80000 duration_us=2000123 bytes=10400000 errors=0 p50_us=700 p99_us=2100',
    '',
  ].join('\n')
  assert.deepEqual(parseReport(output), {
    requests: 80_000,
    seconds: 2.000123,
    bytes: 10_400_000,
    errors: 0,
    p50Ms: 0.7,
    p99Ms: 2.1,
  })
})

const refused: [rule: string, output: string][] = [
  ['no report at all', 'unable to connect to 127.0.0.1:1 Connection refused\n'],
  ['a key missing', 'bench requests=1 duration_us=2 bytes=3 errors=0 p50_us=1'],
  ['a value that is no number', 'bench requests=nan duration_us=2 bytes=3 errors=0 p50_us=1 p99_us=2'],
]
for (const [rule, output] of refused)
  test(`refused: ${rule}`, () => assert.throws(() => parseReport(output), { code: 'BENCH_LOAD' }))

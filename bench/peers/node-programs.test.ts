import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readyPort } from './node-programs.ts'

const up = 'ready worker worker1 ajp=127.0.0.1:8081 http=127.0.0.1:8091 channel=127.0.0.1:4000 pid=1234'

const rows: [rule: string, line: string, key: string, port: number][] = [
  ['a bare port', 'ready relay port=40001 pid=7', 'port', 40_001],
  ['an address', up, 'http', 8091],
  ['another address of the same line', up, 'ajp', 8081],
  ['an IPv6 address', 'ready balancer b http=[::1]:8080 pid=1', 'http', 8080],
  ['at the end of the line', 'ready x port=9', 'port', 9],
]
for (const [rule, line, key, port] of rows) test(`readyPort: ${rule}`, () => assert.equal(readyPort(line, key), port))

for (const line of [undefined, '', 'ready relay', 'ready relay support=1', 'ready relay port=x'])
  test(`readyPort: refused: ${line}`, () => assert.throws(() => readyPort(line), { code: 'BENCH_START' }))

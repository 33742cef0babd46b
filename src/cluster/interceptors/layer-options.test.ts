import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fragmentation } from './fragmentation.ts'
import { gzip } from './gzip.ts'
import type { Interceptor } from './interceptor.ts'
import { ping } from './ping.ts'
import { throughput } from './throughput.ts'

describe('a layer refuses numbers it cannot work with', () => {
  const rows: [make: (value: number) => Interceptor, complaint: RegExp][] = [
    [(maxBytes) => fragmentation({ maxBytes }), /^fragmentation: maxBytes is (0|-1|NaN), at least 1$/],
    [(intervalMs) => ping({ intervalMs }), /^ping: intervalMs is (0|-1|NaN), at least 1$/],
    [(interval) => throughput({ interval }), /^throughput: interval is (0|-1|NaN), at least 1$/],
  ]
  for (const [make, message] of rows) {
    test(String(message), () => {
      for (const value of [0, -1, Number.NaN]) assert.throws(() => make(value), { code: 'CLUSTER_OPTIONS', message })
      assert.ok(make(1).name)
    })
  }
})

test('gzip refuses a mark that means something else, and none', () => {
  for (const optionFlag of [0, 1, 2, 4, 8, 256 | 8, -1, 0.5, Number.NaN, 2 ** 31, 2 ** 32]) {
    assert.throws(() => gzip({ optionFlag }), { code: 'CLUSTER_OPTIONS', message: /^gzip: optionFlag is / })
  }
  for (const optionFlag of [16, 128, 256, 512, 2 ** 30]) assert.ok(gzip({ optionFlag }).name)
})

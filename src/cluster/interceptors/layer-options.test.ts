import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fragmentation } from './fragmentation.ts'
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

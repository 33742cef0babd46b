import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMemory, watchMemory } from './memory.ts'

const linux = { skip: process.platform === 'linux' ? false : 'reads /proc' }
const self = [{ role: 'self', pid: process.pid }]

test('readMemory: what this process has resident is no less than what it keeps in buffers', linux, () => {
  const held = Buffer.alloc(64 * 1024 * 1024, 1)
  const { pssBytes, highWaterBytes } = readMemory(self)
  assert.ok(pssBytes > held.length, `pss ${pssBytes}`)
  assert.ok(highWaterBytes > held.length, `high water ${highWaterBytes}`)
})

test('readMemory: a process that is gone has none', linux, () =>
  assert.deepEqual(readMemory([{ role: 'gone', pid: 2 ** 30 }]), { pssBytes: 0, highWaterBytes: 0 }),
)

test('watchMemory: the last sample is taken at the stop, so even the shortest run has one', linux, () => {
  assert.ok(watchMemory(self, 3_600_000).stop().pssBytes > 0)
})

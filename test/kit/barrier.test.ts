import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from './barrier.ts'

describe('barriers', () => {
  test('nobody passes before all have arrived', async () => {
    const barriers = new Barriers()
    const passed: string[] = []
    const first = barriers.meet('ready', 3).then(() => passed.push('first'))
    const second = barriers.meet('ready', 3).then(() => passed.push('second'))
    await new Promise(setImmediate)
    assert.deepEqual(passed, [])
    await Promise.all([barriers.meet('ready', 3), first, second])
    assert.deepEqual(passed, ['first', 'second'])
  })

  test('who waits in vain learns where and for how many', async () => {
    await assert.rejects(new Barriers().meet('reply half sent', 2, 5), {
      message: 'not within 5 ms: barrier reply half sent: 1 of 2 arrived',
    })
  })

  test('one party too many is a mistake in the test', async () => {
    const barriers = new Barriers()
    await Promise.all([barriers.meet('a'), barriers.meet('a')])
    await assert.rejects(barriers.meet('a'), { message: 'barrier a: party 3 of 2' })
    await assert.rejects(barriers.meet('a', 4), { message: 'barrier a: 4 parties here, 2 there' })
  })
})

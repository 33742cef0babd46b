import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { SparseLines } from './sparse-lines.ts'

describe('sparse lines', () => {
  it('come at once, then once a minute, with the number of those that did not', () => {
    const clock = new FakeClock()
    const printed: string[] = []
    const lines = new SparseLines((line) => void printed.push(line), clock)
    for (const text of ['1', '2', '3']) lines.print('a', text)
    lines.print('b', 'another kind')
    assert.deepEqual(printed.splice(0), ['1', 'another kind'])
    clock.advance(60_000)
    for (const text of ['4', '5']) lines.print('a', text)
    assert.deepEqual(printed.splice(0), ['4 (and 2 more in the meantime)'])
    clock.advance(120_000)
    lines.print('b', 'again')
    assert.deepEqual(printed, ['again'])
  })

  it('are of bounded length, and without control characters', () => {
    const printed: string[] = []
    const lines = new SparseLines((line) => void printed.push(line), new FakeClock())
    lines.print('a', 'red \u001b[31m \u009b31m')
    lines.print('b', 'x'.repeat(10_000))
    assert.equal(printed[0], 'red ?[31m ?31m')
    assert.equal(printed[1]!.length, 301)
  })
})

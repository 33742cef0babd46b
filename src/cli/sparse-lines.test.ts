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

  it('are of bounded length', () => {
    const printed: string[] = []
    const lines = new SparseLines((line) => void printed.push(line), new FakeClock())
    lines.print('a', 'x'.repeat(10_000))
    assert.equal(printed[0]!.length, 301)
  })
})

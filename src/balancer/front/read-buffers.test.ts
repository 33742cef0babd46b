import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClientReadBuffers } from './read-buffers.ts'

/** Reads of these sizes in turn: whether each piece was the reader's to keep, and whether the next goes elsewhere. */
function reads(buffers: ClientReadBuffers, sizes: readonly number[]): [kept: boolean, moved: boolean][] {
  return sizes.map((bytes) => [buffers.take(bytes), buffers.next() !== undefined])
}

describe('buffers of a client connection', () => {
  const rows: readonly [rule: string, sizes: readonly number[], outcome: [boolean, boolean][]][] = [
    [
      'small pieces share one buffer',
      [300, 8_191, 31_000],
      [
        [false, false],
        [false, false],
        [false, false],
      ],
    ],
    [
      'after a large piece the next one is kept',
      [65_536, 40_000],
      [
        [false, true],
        [true, true],
      ],
    ],
    [
      'of a buffer of its own middling pieces are kept, too',
      [65_536, 8_192],
      [
        [false, true],
        [true, true],
      ],
    ],
    [
      'a small piece ends it',
      [65_536, 8_191, 65_536],
      [
        [false, true],
        [false, true],
        [false, true],
      ],
    ],
  ]
  for (const [rule, sizes, outcome] of rows)
    test(rule, () => {
      const buffers = new ClientReadBuffers()
      assert.notEqual(buffers.next(), undefined, 'the first time it is said which')
      assert.deepEqual(reads(buffers, sizes), outcome)
      buffers.release()
    })

  test('what is kept is never read into again', () => {
    const buffers = new ClientReadBuffers()
    buffers.next()
    buffers.take(65_536)
    const own = buffers.next()
    assert.equal(buffers.take(65_536), true)
    assert.notEqual(buffers.next(), own)
    buffers.release()
  })

  test('beyond a number of connections pieces are copied, and a place that is given back is used', () => {
    const all = Array.from({ length: 257 }, () => new ClientReadBuffers())
    for (const buffers of all) {
      buffers.next()
      buffers.take(65_536)
    }
    const [first, last] = [all[0]!, all[256]!]
    assert.equal(last.next(), undefined)
    first.release()
    first.release()
    last.take(65_536)
    assert.notEqual(last.next(), undefined)
    for (const buffers of all) buffers.release()
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type TransferCause, TransferLog } from './transfer-log.ts'

const START = { reason: 'start', since: 100 } as const
const LATER = { reason: 'placing', since: 9000 } as const
/** 10 bytes by node `a` or `b`. Wall clocks are 1,000,000 ahead. */
type Piece = [at: number, node: string, cause: TransferCause | undefined]

describe('the last transfer, with silence after 1000 ms', () => {
  const rows: [rule: string, pieces: Piece[], expected: unknown][] = [
    ['is none before the first piece', [], undefined],
    ['is none where sessions come without a cause', [[100, 'a', undefined]], undefined],
    ['counts from the cause, not from the first piece', [[150, 'a', START]], ['start', ['61'], 1, 50, 1_000_150]],
    [
      'has all pieces for one cause, and every giver once',
      [
        [150, 'a', START],
        [160, 'b', START],
        [1160, 'a', START],
      ],
      ['start', ['61', '62'], 3, 1060, 1_001_160],
    ],
    [
      'goes on where another cause comes while it lasts',
      [
        [8990, 'a', { reason: 'start', since: 8900 }],
        [9100, 'a', LATER],
      ],
      ['start', ['61'], 2, 200, 1_009_100],
    ],
    [
      'is another one after a silence, for another cause',
      [
        [150, 'a', START],
        [9500, 'b', LATER],
      ],
      ['placing', ['62'], 1, 500, 1_009_500],
    ],
    [
      'does not grow by stragglers after a silence',
      [
        [150, 'a', START],
        [1151, 'b', START],
      ],
      ['start', ['61'], 1, 50, 1_000_150],
    ],
  ]
  for (const [rule, pieces, expected] of rows) {
    test(rule, () => {
      const log = new TransferLog(1000)
      for (const [at, node, cause] of pieces) log.note(node, 10, cause, at, 1_000_000 + at)
      const { last } = log
      const found = last && [last.reason, last.from, last.blocks, last.ms, last.endedAtMs]
      assert.deepEqual(found, expected)
      if (last !== undefined) assert.equal(last.bytes, 10 * last.blocks)
    })
  }
})

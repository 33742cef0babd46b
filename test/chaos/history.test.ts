import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, type Fault, follow, type History, NEW_HISTORY, type Step, TRAIL_LENGTH } from './history.ts'

const said = (count: number, trail: readonly number[], more: Partial<Answer> = {}): Answer => {
  return { pid: 1, key: 'A', count, trail, ...more }
}
const write = (op: number, answer?: Answer): Step => ({ op, answer })
const read = (answer?: Answer): Step => ({ op: 0, answer })

function play(steps: readonly Step[]): Fault | 'fine' {
  let history: History = NEW_HISTORY
  for (const step of steps) {
    const next = follow(history, step)
    if (typeof next === 'string') return next
    history = next
  }
  return 'fine'
}

const FIRST = [write(1, said(1, [1])), write(2, said(2, [1, 2]))]
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)
/** A history longer than a trail. */
const LONG = upTo(TRAIL_LENGTH + 5).map((op) => write(op, said(op, upTo(op).slice(-TRAIL_LENGTH))))
const END = TRAIL_LENGTH + 5

const CASES: readonly [string, Fault | 'fine', readonly Step[]][] = [
  ['every write is answered', 'fine', [...FIRST, read(said(2, [1, 2])), write(3, said(3, [1, 2, 3]))]],
  ['another process goes on', 'fine', [...FIRST, write(3, said(3, [1, 2, 3], { pid: 2 }))]],
  ['a history is longer than a trail', 'fine', LONG],
  ['an open write was applied', 'fine', [...FIRST, write(3), write(4, said(4, [1, 2, 3, 4]))]],
  ['an open write was not applied', 'fine', [...FIRST, write(3), write(4, said(3, [1, 2, 4]))]],
  ['an open write shows only later', 'fine', [...FIRST, write(3), read(said(2, [1, 2])), read(said(3, [1, 2, 3]))]],
  [
    'an open write was seen by a process that died',
    'fine',
    [...FIRST, write(3), read(said(3, [1, 2, 3])), write(4, said(3, [1, 2, 4], { pid: 2 }))],
  ],
  ['the first answer was lost, the session is another', 'fine', [write(1), write(2, said(1, [2], { key: 'B' }))]],
  ['a read before the first write', 'fine', [read(said(0, [], { key: '' })), ...FIRST]],
  ['a failed read says nothing', 'fine', [...FIRST, read(), write(3, said(3, [1, 2, 3]))]],

  ['the session is gone', 'session-lost', [...FIRST, read(said(0, [], { key: '' }))]],
  ['the session is another', 'session-lost', [...FIRST, write(3, said(1, [3], { key: 'B' }))]],
  ['a read does not know the last write', 'write-lost', [...FIRST, read(said(1, [1]))]],
  ['a write rests on a state without the one before', 'write-lost', [...FIRST, write(3, said(2, [1, 3]))]],
  ['a write in the middle is gone', 'write-lost', [...FIRST, read(said(1, [2]))]],
  ['an answered write is not in its own answer', 'write-lost', [...FIRST, write(3, said(2, [1, 2]))]],
  [
    'a write in the middle of a long history is gone',
    'write-lost',
    [
      ...LONG,
      read(
        said(
          END,
          upTo(END)
            .slice(-TRAIL_LENGTH - 1)
            .filter((op) => op !== END - 3),
        ),
      ),
    ],
  ],
  ['an open write was applied twice', 'applied-twice', [...FIRST, write(3), write(4, said(5, [1, 2, 3, 3, 4]))]],
  ['an acknowledged write counts twice', 'applied-twice', [...FIRST, write(3, said(4, [1, 2, 3]))]],
  ['a read has counted', 'applied-twice', [...FIRST, read(said(3, [1, 2]))]],
  ['a long history counts one twice', 'applied-twice', [...LONG, read(said(END + 1, upTo(END).slice(-TRAIL_LENGTH)))]],
  ['the count is behind the trail', 'count-back', [...FIRST, write(3, said(2, [1, 2, 3]))]],
  [
    'a process takes back what it has said',
    'count-back',
    [...FIRST, write(3), read(said(3, [1, 2, 3])), read(said(2, [1, 2]))],
  ],
  ['an open write comes after a later one', 'out-of-order', [...FIRST, write(3), write(4, said(4, [1, 2, 4, 3]))]],
  ['a write that nobody made', 'never-asked', [...FIRST, read(said(3, [1, 2, 7]))]],
]

describe('the history of a session', () => {
  for (const [name, expected, steps] of CASES) test(`${name}: ${expected}`, () => assert.equal(play(steps), expected))
})

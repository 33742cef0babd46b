import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { countingId, testMember } from '../testing/fixture.ts'
import { OrderInbox, type Place, type Waiting } from './order-inbox.ts'

const message = (number: number, bytes = 1) => {
  return { sender: testMember(1), options: 0, timestamp: 0, uniqueId: countingId(number), body: Buffer.alloc(bytes) }
}
const numbers = (waiting: readonly Waiting[]) => waiting.map(({ message }) => message.uniqueId[0])

/** What waits, parked at 0, 1, 2 … ms. */
function inboxWith(...parked: number[]): OrderInbox {
  const inbox = new OrderInbox()
  parked.forEach((number, now) => {
    assert.equal(inbox.place(number, countingId(number)), 'early')
    inbox.park(number, message(number), now)
  })
  return inbox
}

describe('the place of the last of several messages', () => {
  type Came = number | readonly [number: number, id: number] | 'lost'
  const rows: [rule: string, came: Came[], place: Place][] = [
    ['is next, with number 1', [1], 'next'],
    ['is next, behind the last', [1, 2], 'next'],
    ['is early, with 2 at first', [2], 'early'],
    ['is late, where it came before', [1, 2, 2], 'late'],
    ['is late, where the first message is sent again', [1, 2, 1], 'late'],
    ['is anew, where another one has number 1', [1, 2, [1, 9]], 'anew'],
    ['is late, where another one has any other number', [1, 2, 3, [2, 9]], 'late'],
    ['is next, where the count goes on when the sender was lost', [1, 2, 'lost', 3], 'next'],
    ['is early, where the count goes on with a gap', [1, 2, 'lost', 4], 'early'],
    ['is anew, where the sender was lost and the number was there', [1, 2, 'lost', 2], 'anew'],
    ['is late, where the count went on already', [1, 2, 'lost', 3, 2], 'late'],
  ]
  for (const [rule, came, place] of rows) {
    test(rule, () => {
      const inbox = new OrderInbox()
      let last: Place | undefined
      for (const one of came) {
        if (one === 'lost') inbox.doubt()
        else if (typeof one === 'number') last = inbox.place(one, countingId(one))
        else last = inbox.place(one[0], countingId(one[1]))
      }
      assert.equal(last, place)
    })
  }
})

describe('given up', () => {
  const rows: [rule: string, parked: number[], than: number, taken: number[], gaps: number, left: number][] = [
    ['is nothing that is young enough', [3, 5], 0, [], 0, 2],
    ['is the gap before what is old', [3, 5], 1, [3], 1, 1],
    ['are two gaps, where what is old stands behind both', [5, 3], 1, [3, 5], 2, 0],
    ['is one gap, whatever follows without another', [3, 4, 5, 7], 1, [3, 4, 5], 1, 1],
    ['is one gap before several that are old', [3, 4, 5, 7], 3, [3, 4, 5], 1, 1],
    ['are all', [3, 9, 6], Number.POSITIVE_INFINITY, [3, 6, 9], 3, 0],
  ]
  for (const [rule, parked, than, taken, gaps, left] of rows) {
    test(rule, () => {
      const inbox = inboxWith(...parked)
      const up = inbox.giveUp(than)
      assert.deepEqual([numbers(up.taken), up.gaps], [taken, gaps])
      assert.deepEqual([inbox.size, inbox.bytes], [left, left])
    })
  }
})

test('one that waits is kept once, as a copy', () => {
  const inbox = inboxWith(2)
  const second = message(2, 5)
  inbox.park(2, second, 9)
  assert.deepEqual([inbox.size, inbox.bytes], [1, 1])
  const third = message(3, 2)
  inbox.park(3, third, 9)
  third.body.fill(7)
  third.uniqueId.fill(7)
  inbox.place(1, countingId(1))
  const ready = inbox.takeReady()
  assert.deepEqual(numbers(ready), [2, 3])
  assert.deepEqual(ready[1]?.message.body, Buffer.alloc(2))
})

test('of two counts in which 1 comes late, the second is none of the first', () => {
  const inbox = inboxWith(2)
  inbox.giveUp(Number.POSITIVE_INFINITY)
  assert.equal(inbox.place(1, countingId(1)), 'late')
  assert.equal(inbox.place(1, countingId(1)), 'late')
  assert.equal(inbox.place(1, countingId(9)), 'anew')
  inbox.restart()
  assert.equal(inbox.place(2, countingId(10)), 'early')
  inbox.park(2, message(2), 0)
  inbox.giveUp(Number.POSITIVE_INFINITY)
  assert.equal(inbox.place(1, countingId(9)), 'late')
})

test('a new count begins with 1', () => {
  const inbox = new OrderInbox()
  for (const number of [1, 2, 3]) inbox.place(number, countingId(number))
  inbox.restart()
  assert.deepEqual(
    [2, 1].map((number) => inbox.place(number, countingId(9))),
    ['early', 'next'],
  )
})

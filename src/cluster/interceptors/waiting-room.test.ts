import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Guest, WaitingRoom } from './waiting-room.ts'

const LIMITS = { maxGuests: 3, maxBytes: 10 }
const guest = (bytes: number, since = 0): Guest => ({ since, bytes })

/** Guests by name: each enters with its bytes, in the order given, at 0, 1, 2 … ms. */
function roomOf(guests: Readonly<Record<string, number>>): WaitingRoom<Guest> {
  const room = new WaitingRoom<Guest>(LIMITS)
  Object.entries(guests).forEach(([name, bytes], since) => {
    assert.equal(room.enter(name, guest(bytes, since)), true)
  })
  return room
}

describe('a guest', () => {
  const entering: [rule: string, there: Record<string, number>, bytes: number, enters: boolean][] = [
    ['enters an empty room', {}, 4, true],
    ['may fill it', { a: 4 }, 6, true],
    ['with a byte too many stays out', { a: 4 }, 7, false],
    ['alone with too many bytes stays out', {}, 11, false],
    ['may hold nothing', { a: 10 }, 0, true],
    ['beyond the number stays out, whatever it holds', { a: 1, b: 1, c: 1 }, 0, false],
  ]
  for (const [rule, there, bytes, enters] of entering) {
    test(rule, () => {
      const room = roomOf(there)
      const before = [room.size, room.bytes]
      assert.equal(room.enter('new', guest(bytes)), enters)
      const after = enters ? [before[0]! + 1, before[1]! + bytes] : before
      assert.deepEqual([room.size, room.bytes, room.get('new') !== undefined], [...after, enters])
    })
  }

  const growing: [rule: string, there: Record<string, number>, bytes: number, grows: boolean][] = [
    ['grows up to the limit of all', { a: 3, b: 4 }, 3, true],
    ['does not grow beyond it', { a: 3, b: 4 }, 4, false],
  ]
  for (const [rule, there, bytes, grows] of growing) {
    test(rule, () => {
      const room = roomOf(there)
      const a = room.get('a')!
      const before = [room.bytes, a.bytes]
      assert.equal(room.grow(a, bytes), grows)
      assert.deepEqual([room.bytes, a.bytes], grows ? before.map((held) => held + bytes) : before)
    })
  }

  test('that leaves takes with it what it holds by then; one that is not there takes nothing', () => {
    const room = roomOf({ a: 3, b: 4 })
    room.grow(room.get('a')!, 2)
    room.leave('a')
    room.leave('a')
    assert.deepEqual([room.size, room.bytes, room.get('a')], [1, 4, undefined])
  })
})

describe('those that wait since before a time', () => {
  const rows: [rule: string, than: number, taken: number[], left: number][] = [
    ['are none at first', 0, [], 3],
    ['do not include those of that very time', 1, [0], 2],
    ['are taken, the oldest first', 2, [0, 1], 1],
    ['may be all', 99, [0, 1, 2], 0],
  ]
  for (const [rule, than, taken, left] of rows) {
    test(rule, () => {
      const room = roomOf({ a: 1, b: 1, c: 1 })
      assert.deepEqual(
        room.takeOlder(than).map(({ since }) => since),
        taken,
      )
      assert.deepEqual([room.size, room.bytes], [left, left])
    })
  }
})

test('the oldest gives way, and an empty room has none', () => {
  const room = roomOf({ a: 1, b: 2 })
  room.dropOldest()
  assert.deepEqual([room.get('a'), room.bytes], [undefined, 2])
  room.dropOldest()
  room.dropOldest()
  assert.deepEqual([room.size, room.bytes], [0, 0])
})

test('whatever happens, the room is within its limits, and knows what its guests hold', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const step = fc.record({ what: fc.constantFrom('enter', 'grow', 'leave', 'age', 'drop'), name, bytes: fc.nat(8) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = new WaitingRoom<Guest>(LIMITS)
      steps.forEach(({ what, name, bytes }, since) => {
        const there = room.get(name)
        if (what === 'enter' && there === undefined) room.enter(name, guest(bytes, since))
        if (what === 'grow' && there !== undefined) room.grow(there, bytes)
        if (what === 'leave') room.leave(name)
        if (what === 'age') room.takeOlder(since - bytes)
        if (what === 'drop') room.dropOldest()
        const guests = ['a', 'b', 'c', 'd', 'e'].flatMap((one) => room.get(one) ?? [])
        assert.equal(room.size, guests.length)
        assert.equal(
          room.bytes,
          guests.reduce((sum, one) => sum + one.bytes, 0),
        )
        assert.ok(room.size <= LIMITS.maxGuests && room.bytes <= LIMITS.maxBytes)
      })
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemberView } from './member-view.ts'
import { testMember } from './testing/fixture.ts'

test('members stand oldest first, whenever they were seen first', () => {
  const view = new MemberView()
  const young = testMember(1, { aliveMs: 100 })
  const old = testMember(2, { aliveMs: 10_000 })
  const middle = testMember(3, { aliveMs: 6000 })
  view.add(young, 1000)
  view.add(old, 1000)
  // Seen five seconds later, so it started after `old`, although it is as old now as `old` was then.
  view.add(middle, 6000)
  assert.deepEqual(view.members, [old, middle, young])
})

test('the age of a member grows while it is here', () => {
  const view = new MemberView()
  view.add(testMember(1, { aliveMs: 100 }), 1000)
  assert.equal(view.ageOf(testMember(1), 1500), 600)
  assert.equal(view.ageOf(testMember(2), 1500), 0)
})

test('members of the same age stand in absolute order', () => {
  const view = new MemberView()
  const [a, b] = [testMember(1), testMember(2)]
  view.add(b, 0)
  view.add(a, 0)
  assert.deepEqual(view.members, [a, b])
})

test('the array is the same until somebody comes or goes, and cannot be changed', () => {
  const view = new MemberView()
  const a = testMember(1)
  view.add(a, 0)
  const before = view.members
  assert.equal(view.members, before)
  assert.equal(view.remove(testMember(2)), false)
  assert.equal(view.members, before)
  assert.throws(() => (before as unknown[]).push(1))
  assert.equal(view.remove(testMember(1)), true, 'an equal member is the same member')
  assert.deepEqual(view.members, [])
  assert.deepEqual(before, [a])
})

test('a member that is added again takes the place of its former self', () => {
  const view = new MemberView()
  view.add(testMember(1), 0)
  const again = testMember(1, { payload: Uint8Array.of(1) })
  view.add(again, 0)
  assert.deepEqual(view.members, [again])
  assert.equal(view.has(testMember(1)), true)
})

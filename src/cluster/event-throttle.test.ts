import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventThrottle, MAX_KINDS } from './event-throttle.ts'
import type { ClusterEvent } from './events.ts'

function setup() {
  const told: string[] = []
  const throttle = new EventThrottle((event) => {
    if (event.type === 'listener-failed') told.push(`${event.cause} ×${event.count}`)
  })
  const tell = (kind: string, cause = kind) => {
    throttle.tell(kind, (count): ClusterEvent => ({ type: 'listener-failed', cause, count }))
  }
  return { told, throttle, tell }
}

test('the first of a kind is told at once, the rest as one number with the heartbeat', () => {
  const { told, throttle, tell } = setup()
  for (let i = 0; i < 5; i++) tell('a', `a${i}`)
  tell('b')
  assert.deepEqual(told, ['a0 ×1', 'b ×1'])
  throttle.beat()
  assert.deepEqual(told, ['a0 ×1', 'b ×1', 'a4 ×4'])
  tell('a')
  assert.equal(told.length, 4)
})

test('kinds have a limit: a peer that makes up new ones fills one counter', () => {
  const { told, throttle, tell } = setup()
  for (let i = 0; i < 10_000; i++) tell(`kind ${i}`)
  assert.equal(told.length, MAX_KINDS + 1)
  throttle.beat()
  assert.equal(told.length, MAX_KINDS + 2)
  assert.equal(told.at(-1), `kind 9999 ×${10_000 - MAX_KINDS - 1}`)
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { digest } from './digest.ts'
import { resolveOptions } from './options.ts'
import { Session } from './session.ts'

const { limits } = resolveOptions({ name: 'test' })
const VERSION = { timeMs: 1000, count: 1, node: 'node-one' }

function session(names: readonly string[] = ['a', 'b'], version = VERSION, owner = 'node-one'): Session {
  const made = new Session('0'.repeat(32), 500, owner, 0, 60_000)
  made.complete = true
  for (const name of names) made.write(name, name.length, limits)
  made.commit(version)
  return made
}

describe('copies that hold the same share a digest', () => {
  test('in whatever order they hold it', () => assert.equal(digest(session(['a', 'b'])), digest(session(['b', 'a']))))

  test('while a request has written and not committed', () => {
    const one = session()
    const before = digest(one)
    one.write('a', 'new', limits)
    one.write('c', 'new', limits)
    assert.equal(digest(one), before)
  })

  test('whenever they were used last', () => {
    const one = session()
    one.accessedMs = 9999
    assert.equal(digest(one), digest(session()))
  })
})

describe('copies differ in their digest', () => {
  const plain = digest(session())
  const removed = session()
  removed.remove('a', limits)
  removed.commit({ ...VERSION, count: 2 })
  const incomplete = session()
  incomplete.complete = false
  const rows: [what: string, other: Session][] = [
    ['by an attribute more', session(['a', 'b', 'c'])],
    ['by an attribute less', session(['a'])],
    ['by a name', session(['a', 'x'])],
    ['by the time of a write', session(['a', 'b'], { ...VERSION, timeMs: 1001 })],
    ['by the count of a write', session(['a', 'b'], { ...VERSION, count: 2 })],
    ['by the node of a write', session(['a', 'b'], { ...VERSION, node: 'node-two' })],
    ['by the node that serves it', session(['a', 'b'], VERSION, 'node-two')],
    ['by a removal', removed],
    ['by lacking the rest', incomplete],
  ]
  for (const [what, other] of rows) {
    test(what, () => {
      assert.notEqual(digest(other), plain)
      assert.ok(Number.isSafeInteger(digest(other)))
    })
  }
})

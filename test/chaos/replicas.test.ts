import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareReplicas } from './replicas.ts'

const of = (key: string, values: Record<string, unknown> = { n: 1 }) => ({ key, values })

describe('replicas', () => {
  test('equal everywhere', () => {
    const found = compareReplicas(
      [
        [of('A'), of('B')],
        [of('B'), of('A')],
        [of('A'), of('B')],
      ],
      3,
    )
    assert.deepEqual(found, { sessions: 2, scarce: [], different: [] })
  })

  test('a session that a node lacks', () => {
    assert.deepEqual(compareReplicas([[of('A')], [of('A')], []], 3).scarce, ['A'])
    assert.deepEqual(compareReplicas([[of('A')], [of('A')], []], 2).scarce, [])
  })

  test('a value that differs, and one that is missing', () => {
    assert.deepEqual(compareReplicas([[of('A')], [of('A', { n: 2 })]], 2).different, ['A'])
    assert.deepEqual(compareReplicas([[of('A')], [of('A', { n: 1, m: 1 })]], 2).different, ['A'])
  })

  test('nothing at all', () =>
    assert.deepEqual(compareReplicas([[], []], 2), { sessions: 0, scarce: [], different: [] }))
})

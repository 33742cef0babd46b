import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Lane } from './lane.ts'
import type { Outbox } from './outbox.ts'
import { Peer } from './peers.ts'
import { Placement } from './placement.ts'

const NODES = ['node-aaa', 'node-bbb', 'node-ccc', 'node-ddd', 'node-eee']
const KEYS = Array.from({ length: 1000 }, (_, i) =>
  Math.imul(i + 1, 0x9e3779b1)
    .toString(16)
    .replace('-', 'F')
    .toUpperCase()
    .padStart(8, '7')
    .padEnd(32, '0'),
)

function lane(node: string): Lane {
  const peer = new Peer({} as Peer['member'], 1)
  peer.node = node
  const made = new Lane(peer, {} as Outbox)
  made.isReady = true
  return made
}

/** How one of the nodes sees the places. */
function seenBy(node: string, nodes: readonly string[], backups = 1): Placement {
  const placement = new Placement(node, backups)
  const others = nodes.filter((other) => other !== node)
  placement.update(others.map(lane), true)
  return placement
}

function names(placement: Placement, key: string, owner: string): string[] {
  return placement.holders(key, owner).map(({ node }) => node)
}

describe('places', () => {
  test('are the same for all nodes', () => {
    for (const key of KEYS.slice(0, 100)) {
      const expected = names(seenBy(NODES[0]!, NODES, 2), key, NODES[1]!)
      for (const node of NODES) assert.deepEqual(names(seenBy(node, NODES, 2), key, NODES[1]!), expected)
    }
  })

  test('are the owner first and as many others as there are backups', () => {
    const placement = seenBy(NODES[0]!, NODES, 2)
    for (const key of KEYS) {
      const those = names(placement, key, NODES[3]!)
      assert.equal(those[0], NODES[3])
      assert.equal(new Set(those).size, 3)
    }
  })

  test('have one more of the others where the owner is gone', () => {
    for (const key of KEYS) assert.equal(new Set(names(seenBy(NODES[0]!, NODES), key, 'node-xxx')).size, 2)
  })

  test('include the first of all nodes, whoever the owner is', () => {
    const placement = seenBy(NODES[0]!, NODES)
    for (const key of KEYS) {
      const first = placement.likely(key)[0]!.node
      for (const owner of NODES) assert.ok(names(placement, key, owner).includes(first))
    }
  })

  test('are spread evenly', () => {
    const placement = seenBy(NODES[0]!, NODES)
    const counts = new Map<string, number>()
    for (const key of KEYS) {
      const backup = names(placement, key, NODES[0]!)[1]!
      counts.set(backup, (counts.get(backup) ?? 0) + 1)
    }
    const share = KEYS.length / (NODES.length - 1)
    for (const node of NODES.slice(1)) {
      const count = counts.get(node) ?? 0
      assert.ok(Math.abs(count - share) < share / 4, `${node} has ${count} of ${KEYS.length}`)
    }
  })

  test('change only for the sessions of a node that goes', () => {
    const [before, after] = [seenBy(NODES[0]!, NODES), seenBy(NODES[0]!, NODES.slice(0, -1))]
    const gone = NODES.at(-1)!
    for (const key of KEYS) {
      const had = names(before, key, NODES[0]!)
      if (!had.includes(gone)) assert.deepEqual(names(after, key, NODES[0]!), had)
    }
  })

  test('are fewer where there are fewer nodes', () => {
    const alone = seenBy(NODES[0]!, NODES.slice(0, 1), 3)
    assert.deepEqual(names(alone, KEYS[0]!, NODES[0]!), [NODES[0]])
    assert.equal(alone.isFirst(KEYS[0]!), true)
    assert.equal(alone.keeps(KEYS[0]!, 'node-xxx'), true)
  })
})

test('an update that changes nothing says so', () => {
  const placement = new Placement(NODES[0]!, 1)
  const [one, two] = [lane(NODES[1]!), lane(NODES[2]!)]
  assert.equal(placement.update([one, two], true), true)
  assert.equal(placement.update([one, two], true), false)
  two.isReady = false
  assert.equal(placement.update([one, two], true), true)
  assert.equal(placement.has(NODES[2]!), false)
  assert.equal(placement.update([one, two], false), true)
  assert.equal(placement.has(NODES[0]!), false)
})

/** Who is asked for which parts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PartPlan } from './part-plan.ts'
import { ALL_PARTS, countParts } from './parts.ts'

describe('a plan', () => {
  test('of one giver asks for half of what is left, down to single parts', () => {
    const plan = new PartPlan<string>()
    const counts: number[] = []
    while (!plan.isComplete) {
      const parts = plan.take('a', 1, 0)
      counts.push(countParts(parts))
      plan.received('a', parts)
    }
    assert.deepEqual(counts, [8, 4, 2, 1, 1])
  })

  test('of three asks each for other parts', () => {
    const plan = new PartPlan<string>()
    const asked = ['a', 'b', 'c'].map((giver) => plan.take(giver, 3, 0))
    assert.deepEqual(asked.map(countParts), [3, 3, 2])
    assert.equal(countParts(asked.reduce((all, parts) => all | parts, 0)), 8)
  })

  test('asks another for what one has lost, and for that alone', () => {
    const plan = new PartPlan<string>()
    const [lost, given] = [plan.take('a', 2, 0), plan.take('b', 2, 0)]
    plan.received('b', given)
    plan.lost('a')
    let rest = 0
    while (!plan.isComplete) {
      const parts = plan.take('b', 1, 0)
      rest |= parts
      plan.received('b', parts)
    }
    assert.equal(rest, ALL_PARTS & ~given)
    assert.equal(rest & lost, lost)
  })

  test('lets one take over what another was asked for long ago, not what was asked for just now', () => {
    const plan = new PartPlan<string>()
    const slow = plan.take('slow', 1, 100)
    plan.received('fast', ALL_PARTS & ~slow)
    assert.equal(plan.take('fast', 2, 200), 0)
    assert.equal(plan.takeOver('fast', 99, 200), 0)
    assert.equal(plan.takeOver('fast', 100, 200), slow)
    assert.equal(plan.received('fast', slow), slow)
    assert.deepEqual([plan.isComplete, plan.received('slow', slow)], [true, 0])
  })

  test('keeps asking for what two were asked for and one has lost', () => {
    const plan = new PartPlan<string>()
    const parts = plan.take('a', 1, 0)
    plan.received('b', ALL_PARTS & ~parts)
    plan.takeOver('b', 0, 1)
    plan.lost('a')
    assert.equal(plan.take('c', 1, 2), 0)
    plan.lost('b')
    assert.equal(plan.take('c', 99, 3) & ~parts, 0)
  })

  test('ends when somebody goes on giving, whatever the others do, and counts each part once', () => {
    const step = fc.record({ giver: fc.nat(3), fate: fc.constantFrom('given', 'lost', 'over') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const plan = new PartPlan<number>()
        const asked = new Map<number, number>()
        let received = 0
        const give = (giver: number): void => {
          const fresh = plan.received(giver, asked.get(giver) ?? 0)
          assert.equal(received & fresh, 0)
          received |= fresh
          asked.delete(giver)
        }
        for (const [now, { giver, fate }] of steps.entries()) {
          if (!asked.has(giver)) {
            const parts = fate === 'over' ? plan.takeOver(giver, now, now) : plan.take(giver, 4, now)
            if (parts !== 0) asked.set(giver, parts)
          } else if (fate === 'lost') {
            plan.lost(giver)
            asked.delete(giver)
          } else give(giver)
        }
        for (const giver of [...asked.keys()]) {
          plan.lost(giver)
          asked.delete(giver)
        }
        for (let i = 0; !plan.isComplete; i++) {
          assert.ok(i < 20)
          asked.set(9, plan.take(9, 1, i))
          give(9)
        }
        assert.equal(received, ALL_PARTS)
      }),
    )
  })
})

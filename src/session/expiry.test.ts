import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ExpiryDuty, type ExpiryRole, ExpiryScan, expiryDuty, isTooOld, isUsable, stricter } from './expiry.ts'
import { Session } from './session.ts'

const rules = { touchIntervalMs: 10, replicaGraceMs: 5 }
const MAX = 100

describe('who ends a session, and when', () => {
  const rows: [role: ExpiryRole, idleMs: number, duty: string, usable: boolean][] = [
    ['owner', 99, 'keep', true],
    ['owner', 100, 'expire', false],
    ['copy', 100, 'keep', true],
    ['copy', 109, 'keep', true],
    ['copy', 110, 'keep', false],
    ['copy', 129, 'keep', false],
    ['copy', 130, 'forget', false],
    ['heir', 109, 'keep', true],
    ['heir', 114, 'keep', false],
    ['heir', 115, 'expire', false],
  ]
  for (const [role, idleMs, duty, usable] of rows) {
    test(`${role} after ${idleMs} of ${MAX} ms: ${duty}, ${usable ? 'usable' : 'not usable'}`, () => {
      assert.equal(expiryDuty(role, idleMs, MAX, rules), duty)
      assert.equal(isUsable(role, idleMs, MAX, rules), usable)
    })
  }

  for (const never of [0, -1]) {
    test(`an interval of ${never} is for ever`, () => {
      for (const role of ['owner', 'copy', 'heir'] as const) {
        assert.equal(expiryDuty(role, 1e12, never, rules), 'keep')
        assert.equal(isUsable(role, 1e12, never, rules), true)
      }
    })
  }
})

describe('a life that has an end', () => {
  const rows: [ageMs: number, maxMs: number, tooOld: boolean][] = [
    [99, 100, false],
    [100, 100, true],
    [1e12, 0, false],
  ]
  for (const [ageMs, maxMs, tooOld] of rows) {
    test(`${ageMs} of ${maxMs} ms: ${tooOld ? 'over' : 'not over'}`, () => assert.equal(isTooOld(ageMs, maxMs), tooOld))
  }

  test('of two duties the stricter one counts', () => {
    const order: ExpiryDuty[] = ['keep', 'forget', 'expire']
    for (const a of order) {
      for (const b of order) assert.equal(stricter(a, b), order[Math.max(order.indexOf(a), order.indexOf(b))])
    }
  })
})

describe('the search for ended sessions', () => {
  function sessions(count: number): Map<string, Session> {
    return new Map(Array.from({ length: count }, (_, i) => [`${i}`, new Session(`${i}`, 0, '', 0, 0)]))
  }

  test('looks at a bounded part of a large table, and at all of it in the end', () => {
    const all = sessions(10_000)
    const scan = new ExpiryScan(all)
    const seen = new Set<Session>()
    let slices = 0
    for (; seen.size < all.size; slices++) {
      let looked = 0
      scan.slice((session) => {
        seen.add(session)
        looked++
      })
      assert.ok(looked <= 1000)
    }
    assert.equal(slices, 10)
  })

  test('goes on where sessions disappear and come under its feet', () => {
    const all = sessions(1000)
    const scan = new ExpiryScan(all)
    let seen = 0
    for (let i = 0; i < 10; i++) {
      scan.slice((session) => {
        seen++
        all.delete(session.key)
      })
      all.set(`late ${i}`, new Session(`late ${i}`, 0, '', 0, 0))
    }
    assert.ok(seen >= 1000)
    assert.ok(all.size <= 2)
  })

  test('of an empty table ends', () => {
    new ExpiryScan(new Map()).slice(() => assert.fail('there is none'))
  })
})

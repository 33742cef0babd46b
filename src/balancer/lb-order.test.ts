import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lbOf, NEW, STATELESS, send, sendMany, values, weights, withSession } from './testing/lb-of.ts'
import { NO_USAGE } from './worker-life.ts'

describe('the order of members (mod_jk.md 4.9)', () => {
  it('Request, weights 1:3', () => {
    const lb = lbOf(weights(1, 3))
    assert.equal(sendMany(lb, 16), 'abbbabbbabbbabbb')
    assert.deepEqual(values(lb), [12, 12])
  })

  for (const method of ['request', 'session', 'next'] as const)
    it(`${method} without sessions, weights 2:3:1`, () => {
      const lb = lbOf(weights(2, 3, 1), { method })
      assert.equal(sendMany(lb, 24), 'abcbabcabbabcabbabcabbab')
      assert.deepEqual(values(lb), [24, 24, 24])
    })

  it('Session: requests with a session go to its member and do not count', () => {
    const lb = lbOf(weights(2, 3, 1), { method: 'session' })
    sendMany(lb, 24)
    assert.equal(sendMany(lb, 5, withSession('S.c')), 'ccccc')
    assert.deepEqual(values(lb), [24, 24, 24])
    assert.deepEqual(
      lb.members.map(({ numbers }) => numbers.sessions),
      [8, 12, 4],
    )
  })

  it('Session: an unknown route is balanced and does not count', () => {
    const lb = lbOf(weights(2, 3, 1), { method: 'session' })
    sendMany(lb, 24)
    assert.equal(sendMany(lb, 6, withSession('S.nosuch')), 'cabcab')
    assert.deepEqual(values(lb), [24, 24, 24])
  })

  it('Traffic: bytes times lb_mult', () => {
    const lb = lbOf(weights(1, 3), { method: 'traffic' })
    let order = ''
    for (let i = 0; i < 8; i++) {
      const { member: chosen } = lb.select(NEW)!
      lb.begin(chosen, NEW)
      lb.end(chosen, 'ok', { readBytes: 60, transferredBytes: 40, replyTimeouts: 0 }, 0)
      order += chosen.name
    }
    assert.equal(order, 'abbbabbb')
    assert.deepEqual(values(lb), [600, 600])
  })

  it('Busyness: idle members take turns, whatever they weigh', () => {
    const lb = lbOf(weights(1, 3, 1), { method: 'busyness' })
    assert.equal(sendMany(lb, 6), 'abcabc')
    assert.deepEqual(values(lb), [0, 0, 0])
  })

  it('Busyness: requests that are held', () => {
    const lb = lbOf(weights(1, 3, 1), { method: 'busyness' })
    const held = Array.from({ length: 6 }, () => {
      const { member: chosen } = lb.select(NEW)!
      lb.begin(chosen, NEW)
      return chosen
    })
    assert.equal(held.map(({ name }) => name).join(''), 'abcbbc')
    assert.deepEqual(values(lb), [3, 3, 6])
    assert.equal(lb.numbers.busy, 6)
    for (const chosen of held) lb.end(chosen, 'ok', NO_USAGE, 0)
    assert.deepEqual(values(lb), [0, 0, 0])
    assert.deepEqual([lb.numbers.busy, lb.numbers.maxBusy], [0, 6])
  })

  it('stateless requests are dealt out in turn; values grow, sessions do not', () => {
    const lb = lbOf(weights(5, 1, 1))
    assert.equal(sendMany(lb, 9, STATELESS), 'abcabcabc')
    assert.deepEqual(values(lb), [3, 15, 15])
    assert.deepEqual(
      lb.members.map(({ numbers }) => numbers.sessions),
      [0, 0, 0],
    )
  })

  it('the nearest members first', () => {
    const lb = lbOf({ a: { distance: 1 }, b: {}, c: {} })
    assert.equal(sendMany(lb, 4), 'bcbc')
  })

  it('farther members when the nearest are out', () => {
    const lb = lbOf({ a: { distance: 1 }, b: { activation: 'stopped' }, c: { activation: 'stopped' } })
    assert.equal(sendMany(lb, 2), 'aa')
  })

  it('a failed request counts as well', () => {
    const lb = lbOf(weights(1, 1))
    send(lb, NEW, 'protocol-error')
    assert.deepEqual(values(lb), [1, 0])
  })

  it('sticky_session=false: every request counts as new and none sticks', () => {
    const lb = lbOf(weights(1, 1), { stickySession: false, method: 'session' })
    assert.equal(sendMany(lb, 4, withSession('S.b')), 'abab')
    assert.deepEqual(values(lb), [2, 2])
  })

  it('in the long run every member has the share that its weight says', () => {
    const lbfactors = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        lbfactors,
        fc.constantFrom('request' as const, 'session' as const, 'next' as const),
        (factors, method) => {
          const lb = lbOf(weights(...factors), { method })
          const total = factors.reduce((sum, each) => sum + each, 0)
          const rounds = 20
          sendMany(lb, total * rounds)
          for (const [index, each] of lb.members.entries())
            assert.ok(Math.abs(each.worker.used - factors[index]! * rounds) <= 1)
        },
      ),
    )
  })
})

/** What changes of its options do to an lb: who is chosen from then on, and what is kept (mod_jk.md 7.3 and 7.4). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Lb } from './lb.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'
import { lbOf, member, NEW, put, send, sendMany, states, TWO, values, weights, withSession } from './testing/lb-of.ts'

function setMember(lb: Lb, name: string, set: Partial<ResolvedEndpointWorker>): Lb {
  lb.reconfigureMember(name, { ...member(lb, name).options, ...set })
  return lb
}

function set(lb: Lb, options: Partial<ResolvedLbWorker>): Lb {
  lb.reconfigure({ ...lb.options, ...options })
  return lb
}

const mults = (lb: Lb): number[] => lb.members.map(({ lbMult }) => lbMult)

describe('a member that is edited', () => {
  it('disabled keeps its sessions and gets no new ones', () => {
    const lb = setMember(lbOf(TWO), 'a', { activation: 'disabled' })
    assert.equal(sendMany(lb, 4), 'bbbb')
    assert.equal(sendMany(lb, 2, withSession('S.a')), 'aa')
  })

  it('stopped gets nothing, its sessions go elsewhere, and nothing counts as an error', () => {
    const lb = setMember(lbOf(TWO), 'a', { activation: 'stopped' })
    assert.equal(sendMany(lb, 2, withSession('S.a')), 'bb')
    assert.deepEqual(states(lb), ['idle', 'ok'])
  })

  it('with another activation makes all lb values 0, so that nobody has to catch up', () => {
    const lb = lbOf(TWO)
    sendMany(lb, 5)
    setMember(lb, 'a', { activation: 'disabled' })
    assert.deepEqual(values(lb), [0, 0])
    sendMany(lb, 3)
    setMember(lb, 'a', { activation: 'disabled', distance: 1 })
    assert.deepEqual(values(lb), [0, 3])
  })

  it('with another weight makes everyone take other steps', () => {
    const lb = setMember(lbOf(weights(1, 1)), 'b', { lbfactor: 3 })
    assert.deepEqual(mults(lb), [3, 1])
    assert.equal(sendMany(lb, 4), 'abbb')
  })

  it('counts what is in flight in its new steps, so that nothing is left over when it ends', () => {
    const lb = lbOf(weights(1, 2), { method: 'busyness' })
    const held = [1, 2, 3].map(() => {
      const choice = lb.select(NEW)!
      lb.begin(choice.member, NEW)
      return choice.member
    })
    assert.deepEqual(values(lb), [2, 2])
    setMember(lb, 'b', { lbfactor: 4 })
    assert.deepEqual(values(lb), [4, 2])
    for (const each of held) lb.end(each, 'ok', { readBytes: 0, transferredBytes: 0, replyTimeouts: 0 }, 0)
    assert.deepEqual(values(lb), [0, 0])
  })

  it('is found by its new route and no longer by its old one', () => {
    const lb = setMember(lbOf(TWO), 'a', { route: 'tomcat1' })
    assert.equal(sendMany(lb, 3, withSession('S.tomcat1')), 'aaa')
    assert.equal(lb.select(withSession('S.a'))?.isSticky, false)
  })

  it('joins a domain that nobody was in', () => {
    const lb = lbOf({ a: {}, b: {}, c: {} })
    for (const name of ['a', 'c']) setMember(lb, name, { domain: 'east' })
    put(lb, 'error', 'a')
    assert.equal(sendMany(lb, 2, withSession('S.a')), 'cc')
  })

  it('keeps its numbers and its health', () => {
    const lb = lbOf(TWO)
    send(lb)
    put(lb, 'error', 'b')
    const { numbers, worker } = member(lb, 'b')
    setMember(lb, 'b', { distance: 2 })
    assert.equal(member(lb, 'b').numbers, numbers)
    assert.equal(member(lb, 'b').worker, worker)
    assert.deepEqual(states(lb), ['ok', 'error'])
  })

  it('leaves the others as they are', () => {
    const lb = lbOf(TWO)
    const before = member(lb, 'b').options
    setMember(lb, 'a', { lbfactor: 2 })
    assert.equal(member(lb, 'b').options, before)
  })
})

describe('an lb that is edited', () => {
  it('without stickiness sends sessions anywhere', () => {
    const lb = set(lbOf(TWO), { stickySession: false })
    assert.equal(sendMany(lb, 4, withSession('S.a')), 'abab')
  })

  it('with another method begins level: the values of two methods cannot be compared', () => {
    const lb = lbOf(weights(1, 3))
    sendMany(lb, 8)
    set(lb, { method: 'busyness' })
    assert.deepEqual(values(lb), [0, 0])
    sendMany(lb, 8)
    assert.deepEqual(values(lb), [0, 0])
  })

  it('with the same method goes on where it was', () => {
    const lb = lbOf(TWO)
    sendMany(lb, 3)
    set(lb, { retries: 5 })
    assert.deepEqual(values(lb), [2, 1])
    assert.equal(lb.options.retries, 5)
  })

  it('judges errors by its new limits', () => {
    const lb = set(lbOf(TWO), { recoverTimeMs: 1_000 })
    send(lb, withSession('S.a'), 'comm-failure', 0)
    lb.maintain(1_500, 1_000)
    assert.equal(states(lb)[0], 'recover')
  })
})

describe('reset', () => {
  function worn(): Lb {
    const lb = lbOf(TWO, { recoverTimeMs: 60_000 })
    sendMany(lb, 3)
    send(lb, withSession('S.b'), 'comm-failure', 5)
    lb.begin(member(lb, 'a'), NEW)
    return lb
  }

  it('of an lb: its busiest moment, and all members', () => {
    const lb = worn()
    lb.reset(77)
    assert.deepEqual([lb.numbers.busy, lb.numbers.maxBusy, lb.numbers.resetAtMs], [1, 0, 77])
    assert.deepEqual(states(lb), ['idle', 'idle'])
    assert.deepEqual(values(lb), [0, 0])
    assert.deepEqual(
      lb.members.map(({ worker }) => [worker.used, worker.errors, worker.maxBusy, worker.resetAtMs]),
      [
        [0, 0, 0, 77],
        [0, 0, 0, 77],
      ],
    )
    assert.equal(member(lb, 'a').worker.busy, 1)
  })

  it('of one member: the other one stays as it is', () => {
    const lb = worn()
    lb.resetMember('b', 77)
    const { numbers, worker } = member(lb, 'b')
    assert.deepEqual(numbers, {
      ...numbers,
      state: 'idle',
      errors: 0,
      sessions: 0,
      firstErrorAtMs: -1,
      lastErrorAtMs: -1,
    })
    assert.deepEqual([worker.used, worker.resetAtMs], [0, 77])
    assert.deepEqual([member(lb, 'a').worker.used, member(lb, 'a').worker.resetAtMs], [3, 0])
    assert.equal(lb.numbers.resetAtMs, 0)
  })

  it('does not forget requests in flight where the value is their count', () => {
    const lb = lbOf(TWO, { method: 'busyness' })
    const { member: held } = lb.select(NEW)!
    lb.begin(held, NEW)
    lb.reset(1)
    assert.deepEqual(values(lb), [1, 0])
    lb.end(held, 'ok', { readBytes: 0, transferredBytes: 0, replyTimeouts: 0 }, 0)
    assert.deepEqual(values(lb), [0, 0])
  })
})

describe('recover', () => {
  it('lets the next request try a member in error, level with the others', () => {
    const lb = lbOf(TWO)
    put(lb, 'error', 'a')
    sendMany(lb, 4)
    member(lb, 'a').worker.replyTimeouts = 3
    assert.equal(lb.recover('a'), true)
    assert.deepEqual([states(lb), values(lb), member(lb, 'a').worker.replyTimeouts], [['recover', 'ok'], [4, 4], 0])
  })

  it('does nothing for a member that is not in error', () => {
    const lb = put(lbOf(TWO), 'busy', 'a')
    assert.equal(lb.recover('a'), false)
    assert.deepEqual(states(lb), ['busy', 'idle'])
  })
})

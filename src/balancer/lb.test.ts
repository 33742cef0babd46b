import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLb } from './lb.ts'
import { lbOf, member, NEW, put, send, sendMany, states, TWO, values, weights, withSession } from './testing/lb-of.ts'
import { NO_USAGE } from './worker-life.ts'

describe('states of members (mod_jk.md 4.6 and 4.7)', () => {
  it('the first answer makes a member OK', () => {
    const lb = lbOf(TWO)
    send(lb)
    assert.deepEqual(states(lb), ['ok', 'idle'])
  })

  it('one request probes a member in recovery, others go elsewhere meanwhile', () => {
    const lb = put(lbOf(TWO), 'recover', 'b')
    const request = withSession('S.b')
    const { member: probed } = lb.select(request)!
    lb.begin(probed, request)
    assert.deepEqual(states(lb), ['idle', 'probe'])
    assert.equal(send(lb, request), 'a')
    lb.end(probed, 'ok', NO_USAGE, 0)
    assert.deepEqual(states(lb), ['ok', 'ok'])
    assert.equal(send(lb, request), 'b')
  })

  it('a member that nobody else is using is in error at its first broken connection', () => {
    const lb = lbOf(TWO)
    assert.equal(send(lb, NEW, 'comm-failure', 7), 'a')
    assert.deepEqual(states(lb), ['error', 'idle'])
    assert.deepEqual([member(lb, 'a').numbers.errors, member(lb, 'a').numbers.lastErrorAtMs], [1, 7])
    assert.equal(sendMany(lb, 3), 'bbb')
  })

  it('a member that others are using is tolerated until maintenance, or until one of them succeeds', () => {
    const lb = lbOf(TWO)
    const request = withSession('S.a')
    const { member: held } = lb.select(request)!
    lb.begin(held, request)
    assert.equal(send(lb, request, 'comm-failure', 1_000), 'a')
    assert.deepEqual(states(lb), ['ok', 'idle'])
    lb.maintain(30_999, 30_000)
    assert.equal(held.numbers.state, 'ok')
    lb.maintain(31_000, 30_000)
    assert.equal(held.numbers.state, 'error')
    lb.end(held, 'ok', NO_USAGE, 40_000)
    assert.equal(held.numbers.state, 'ok')
  })

  it('two balancers with the same worker see each other in flight', () => {
    const first = lbOf(TWO)
    const shared = { options: member(first, 'a').options, numbers: member(first, 'a').worker, isFull: () => false }
    const second = createLb(first.options, [shared], 0)
    first.begin(first.select(NEW)!.member, NEW)
    send(second, NEW, 'comm-failure')
    assert.deepEqual(states(second), ['ok'])
  })

  it('reply timeouts count up to the limit', () => {
    const lb = lbOf({ a: {} }, { maxReplyTimeouts: 2 })
    const usage = { ...NO_USAGE, replyTimeouts: 2 }
    for (const state of ['ok', 'error'] as const) {
      const { member: slow } = lb.select(NEW)!
      lb.begin(slow, NEW)
      lb.end(slow, 'reply-timeout', usage, 0)
      assert.deepEqual(states(lb), [state])
    }
  })

  it('a full member is busy until it has room', () => {
    let isFull = true
    const lb = lbOf(TWO, {}, () => isFull)
    assert.equal(send(lb, withSession('S.b'), 'busy'), 'b')
    assert.deepEqual(states(lb), ['idle', 'busy'])
    assert.equal(send(lb, withSession('S.b')), 'a')
    isFull = false
    assert.equal(send(lb, withSession('S.b')), 'b')
  })

  it('any request finds out that a busy member has room again, also one that goes elsewhere', () => {
    let isFull = true
    const lb = lbOf({ a: {}, b: { distance: 9 } }, {}, () => isFull)
    send(lb, withSession('S.b'), 'busy')
    assert.equal(send(lb), 'a')
    assert.deepEqual(states(lb), ['ok', 'busy'])
    isFull = false
    assert.equal(send(lb), 'a')
    assert.deepEqual(states(lb), ['ok', 'ok'])
  })

  it('force brings every member in error back, also for the request that has tried it', () => {
    const lb = put(lbOf({ a: {}, b: {}, c: {} }), 'error', 'a', 'b')
    member(lb, 'a').worker.replyTimeouts = 5
    const tried = new Set(lb.members)
    assert.equal(lb.force(tried), true)
    assert.deepEqual(states(lb), ['force', 'force', 'idle'])
    assert.equal(member(lb, 'a').worker.replyTimeouts, 0)
    assert.deepEqual(
      [...tried].map(({ name }) => name),
      ['c'],
    )
    assert.equal(lb.force(), false)
  })

  it('listeners hear of every change', () => {
    const source = lbOf({ a: {} })
    const heard: string[] = []
    const { options, worker: numbers } = member(source, 'a')
    const lb = createLb(
      source.options,
      [{ options, numbers, isFull: () => false }],
      0,
      (each, { name, numbers: { state } }, before) => heard.push(`${each.name}/${name} ${before} > ${state}`),
    )
    send(lb)
    send(lb)
    send(lb, NEW, 'comm-failure')
    lb.force()
    assert.deepEqual(heard, ['lb/a idle > ok', 'lb/a ok > error', 'lb/a error > force'])
  })
})

describe('maintenance (mod_jk.md 4.10)', () => {
  const MINUTE = 60_000

  it('lb values and reply timeouts halve, once per interval', () => {
    const lb = lbOf(weights(1, 3))
    sendMany(lb, 16)
    member(lb, 'a').worker.replyTimeouts = 9
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(values(lb), [6, 6])
    assert.equal(member(lb, 'a').worker.replyTimeouts, 4)
    lb.maintain(MINUTE + 2 * MINUTE, MINUTE)
    assert.deepEqual(values(lb), [1, 1])
  })

  it('a timer that is a little early counts as a whole interval', () => {
    const lb = lbOf(weights(1))
    sendMany(lb, 8)
    lb.maintain(MINUTE - 40, MINUTE)
    assert.deepEqual(values(lb), [4])
  })

  it('Next takes off what usable members have in common', () => {
    const lb = lbOf({ a: {}, b: {}, c: { activation: 'stopped' } }, { method: 'next' })
    sendMany(lb, 5)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(values(lb), [1, 0, 0])
  })

  it('members without requests become idle, and so do their workers', () => {
    const lb = lbOf(TWO)
    send(lb)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['ok', 'idle'])
    lb.maintain(2 * MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['idle', 'idle'])
    assert.equal(member(lb, 'a').worker.state, 'idle')
  })

  it('a member that recovers starts level with the busiest, so that it is not flooded', () => {
    const lb = lbOf(TWO, { recoverTimeMs: MINUTE })
    send(lb, NEW, 'comm-failure', 0)
    sendMany(lb, 20)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['error', 'ok'])
    lb.maintain(MINUTE + 1, MINUTE)
    assert.deepEqual(states(lb), ['recover', 'idle'])
    assert.deepEqual(values(lb), [5, 5])
  })

  it('with Busyness a member that recovers keeps its count', () => {
    const lb = lbOf(TWO, { recoverTimeMs: MINUTE, method: 'busyness' })
    send(lb, NEW, 'comm-failure', 0)
    for (let i = 0; i < 3; i++) lb.begin(lb.select(NEW)!.member, NEW)
    lb.maintain(MINUTE + 1, MINUTE)
    assert.deepEqual(values(lb), [0, 3])
  })

  it('when all are in error, all are forced', () => {
    const lb = put(lbOf(TWO), 'error', 'a', 'b')
    for (const { numbers } of lb.members) numbers.lastErrorAtMs = 0
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['force', 'force'])
  })

  it('while one is not in error, none is forced', () => {
    const lb = put(put(lbOf(TWO), 'error', 'a'), 'probe', 'b')
    member(lb, 'a').numbers.lastErrorAtMs = 0
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['error', 'probe'])
  })
})

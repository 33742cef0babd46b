import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hexOf } from '../identity.ts'
import { countingId, fixture, testMember } from '../testing/fixture.ts'
import { electors, inLine, onRequest, sameElectors } from './election.ts'
import { decodeElection, encodeElection, isElection } from './election-message.ts'

const [a, b, c, d] = [testMember(1), testMember(2), testMember(3), testMember(4)]

describe('the bytes', () => {
  const bytes = fixture('coordination-message')

  test('of Tomcat are understood, and made again', () => {
    const message = decodeElection(bytes)
    assert.equal(message?.type, 'request')
    assert.deepEqual(
      message?.members.map(({ host }) => host[3]),
      [11, 12],
    )
    assert.deepEqual([message?.leader.host[3], message?.source.host[3]], [11, 11])
    assert.equal(hexOf(message!.viewId), hexOf(countingId(0x60)))
    assert.deepEqual(encodeElection(message!), bytes)
  })

  test('that were cut or go on are not', () => {
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeElection(bytes.subarray(0, length)), undefined)
    assert.equal(decodeElection(Buffer.concat([bytes, Buffer.of(0)])), undefined)
  })

  test('with a count that lies are not', () => {
    for (const count of [-1, 1025, 2 ** 31 - 1]) {
      const lying = Buffer.from(bytes)
      lying.writeInt32BE(count, 16 + 2 * 81)
      assert.equal(decodeElection(lying), undefined)
    }
  })

  test('of others are not about elections', () => {
    assert.equal(isElection(Buffer.alloc(64)), false)
    assert.equal(isElection(Buffer.alloc(0)), false)
  })
})

describe('a request', () => {
  const rows: [
    rule: string,
    source: typeof a,
    named: (typeof a)[],
    local: typeof a,
    known: (typeof a)[],
    gone: (typeof a)[],
    type: string,
  ][] = [
    ['goes on to the next in line', a, [a, b, c], b, [a, b, c], [], 'forward'],
    ['that came round unchanged is confirmed', a, [a, b, c], a, [a, b, c], [], 'confirm'],
    ['that came round with somebody new begins anew', a, [a, b, c], a, [a, b, c, d], [], 'begin'],
    ['that came round without somebody who is gone begins anew', a, [a, b, c], a, [a, b], [c], 'begin'],
    ['of another source begins anew at the first in order', b, [b, c], a, [a, b, c], [], 'begin'],
    ['whose source is gone goes nowhere', a, [a, b, c], b, [b, c], [a], 'drop'],
  ]
  for (const [rule, source, members, local, known, gone, type] of rows) {
    test(rule, () => assert.equal(onRequest({ source, members }, local, known, gone).type, type))
  }

  test('takes along whom a node knows, and leaves behind who is gone', () => {
    const step = onRequest({ source: a, members: [a, b, d] }, b, [a, b, c], [d])
    assert.deepEqual(step, { type: 'forward', members: [a, b, c] })
  })
})

test('electors are everybody once, in absolute order', () => {
  assert.deepEqual(electors([c, a], [b, { ...a, aliveMs: 5 }]), [a, b, c])
  assert.ok(sameElectors([a, b], [{ ...a, aliveMs: 5 }, b]))
  assert.ok(!sameElectors([a, b], [a, c]))
})

test('a request is offered to those behind first, then from the front', () => {
  assert.deepEqual(inLine([a, b, c, d], c), [d, a, b])
})

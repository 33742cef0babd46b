import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareAbsolute, endpointKey, memberKey, memberName, plausibleAliveMs, sameMember } from './identity.ts'
import type { Member } from './member.ts'
import { countingId, testMember } from './testing/fixture.ts'

const base = testMember(11)
const v6 = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)

describe('two members are the same', () => {
  const rows: [rule: string, other: Partial<Member>, same: boolean][] = [
    ['when host, port and unique id are equal', {}, true],
    ['whatever else they say', { aliveMs: 5, payload: Uint8Array.of(1), domain: Uint8Array.of(2) }, true],
    ['but not on another port', { port: 4001 }, false],
    ['but not on another host', { host: Uint8Array.of(10, 0, 0, 12) }, false],
    ['but not with another unique id', { uniqueId: countingId(1) }, false],
  ]
  for (const [rule, fields, same] of rows) {
    test(rule, () => {
      const other = testMember(11, fields)
      assert.equal(sameMember(base, other), same)
      assert.equal(memberKey(base) === memberKey(other), same)
      assert.equal(compareAbsolute(base, other) === 0, same)
    })
  }
})

test('the log name is the one of Tomcat, bytes unsigned', () => {
  assert.equal(memberName(base), 'tcp://{10, 0, 0, 11}:4000')
  assert.equal(memberName(testMember(11, { host: Uint8Array.of(192, 168, 0, 1) })), 'tcp://{192, 168, 0, 1}:4000')
})

test('the endpoint key is what one would type', () => {
  assert.equal(endpointKey(base), '10.0.0.11:4000')
  assert.equal(endpointKey(testMember(1, { host: v6 })), '[fd00:0:0:0:0:0:0:1]:4000')
})

test('absolute order: shorter host first, then unsigned bytes, port, unique id', () => {
  const ordered = [
    testMember(1, { host: Uint8Array.of(10, 0, 0, 1), port: 4001 }),
    testMember(1, { host: Uint8Array.of(10, 0, 0, 2), uniqueId: countingId(1) }),
    testMember(1, { host: Uint8Array.of(10, 0, 0, 2), uniqueId: countingId(200) }),
    testMember(1, { host: Uint8Array.of(200, 0, 0, 1), port: 3999 }),
    testMember(1, { host: v6, port: 1 }),
  ]
  assert.deepEqual([...ordered].reverse().sort(compareAbsolute), ordered)
})

describe('an alive time counts', () => {
  const rows: [rule: string, aliveMs: number, plausible: number][] = [
    ['as it is when it can be one', 123_456, 123_456],
    ['as 0 when it is about the epoch time, as Tomcat sends it after a multicast recovery', 1_700_000_000_000, 0],
    ['as 0 when it is negative, as DNS membership sends it', -1, 0],
  ]
  for (const [rule, aliveMs, plausible] of rows) {
    test(rule, () => assert.equal(plausibleAliveMs(testMember(1, { aliveMs })), plausible))
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  decodePayload,
  encodePayload,
  inOneCluster,
  MAX_PAYLOAD_BYTES,
  PAYLOAD_ENTRY,
  payloadValue,
} from './payload.ts'

test('without entries it is the word and the version', () => {
  assert.equal(encodePayload({ version: 1, entries: [] }).toString('latin1'), 'clowder/1')
})

test('entries follow as type, length, value', () => {
  const entries = [{ type: PAYLOAD_ENTRY.ROUTE, value: Buffer.from('w1') }]
  assert.equal(encodePayload({ version: 1, entries }).toString('latin1'), 'clowder/1\x00\x01\x02w1')
})

test('decode is the inverse of encode, and unknown entries survive', () => {
  const plain = { noNullPrototype: true }
  const entry = fc.record({ type: fc.nat(), value: fc.uint8Array({ maxLength: 20 }) }, plain)
  const payload = fc.record(
    { version: fc.integer({ min: 1, max: 9999 }), entries: fc.array(entry, { maxLength: 20 }) },
    plain,
  )
  fc.assert(fc.property(payload, (p) => assert.deepEqual(decodePayload(encodePayload(p)), p)))
})

test('the first entry of a type counts', () => {
  const entries = [9, 1, 1].map((type, i) => ({ type, value: Uint8Array.of(i) }))
  assert.deepEqual(payloadValue({ version: 1, entries }, 1), Uint8Array.of(1))
  assert.equal(payloadValue({ version: 1, entries }, 2), undefined)
})

describe('nothing is known about a member whose payload', () => {
  const rows: [rule: string, payload: string][] = [
    ['is empty, as Tomcat has it', ''],
    ['is another word', 'weasel/1'],
    ['is our word cut short', 'clowd'],
    ['has no version', 'clowder/'],
    ['has version 0', 'clowder/0'],
    ['has letters in its version', 'clowder/1a'],
    ['has a version of many digits', 'clowder/11111'],
    ['has an entry that is cut short', 'clowder/1\x00\x01\x05ab'],
    ['has an entry without a length', 'clowder/1\x00\x01'],
    ['is longer than its limit', `clowder/1\x00${'\x07\x01x'.repeat(MAX_PAYLOAD_BYTES / 3)}`],
  ]
  for (const [rule, payload] of rows) {
    test(rule, () => assert.equal(decodePayload(Buffer.from(payload, 'latin1')), undefined))
  }
})

test('a payload over the limit is refused when it is made', () => {
  const entries = [{ type: 1, value: new Uint8Array(MAX_PAYLOAD_BYTES) }]
  assert.throws(() => encodePayload({ version: 1, entries }), { code: 'BYTES_OVER_LIMIT' })
})

describe('members may belong to one cluster', () => {
  const named = (name: string) => {
    return encodePayload({ version: 1, entries: [{ type: PAYLOAD_ENTRY.CLUSTER, value: Buffer.from(name) }] })
  }
  const unnamed = encodePayload({ version: 1, entries: [] })
  const rows: [rule: string, a: Uint8Array, b: Uint8Array, together: boolean][] = [
    ['when they name the same one', named('shop'), named('shop'), true],
    ['when one names none', named('shop'), unnamed, true],
    ['when one is a Tomcat, which says nothing', new Uint8Array(0), named('shop'), true],
    ['not when they name different ones', named('shop'), named('blog'), false],
  ]
  for (const [rule, a, b, together] of rows) test(rule, () => assert.equal(inOneCluster(a, b), together))
})

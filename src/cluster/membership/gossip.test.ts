import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Endpoint } from '../member.ts'
import { decodeGossip, encodeGossip, MAX_GOSSIP_MEMBERS } from './gossip.ts'

const endpoint = fc.record({
  host: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  port: fc.integer({ min: 1, max: 65_535 }),
})
const plain = ({ host, port }: Endpoint) => `${Buffer.from(host).toString('hex')}:${port}`

test('a list of members is read as it was written, doubles once', () => {
  fc.assert(
    fc.property(fc.array(endpoint, { maxLength: 50 }), (members) => {
      const read = decodeGossip(encodeGossip(members))
      assert.deepEqual(read?.map(plain), [...new Set(members.map(plain))])
    }),
  )
})

describe('what is no list is none, whatever it is', () => {
  const good = encodeGossip([
    { host: Uint8Array.of(10, 0, 0, 1), port: 4000 },
    { host: Uint8Array.of(10, 0, 0, 2), port: 4000 },
  ])
  test('cut at any place', () => {
    for (let end = 0; end < good.length; end++) assert.equal(decodeGossip(good.subarray(0, end)), undefined)
  })
  test('with something behind it', () => assert.equal(decodeGossip(Buffer.concat([good, Buffer.of(0)])), undefined))
  test('with a count that lies', () => {
    for (const count of [-1, 0, 1, 3, 0x7fffffff]) {
      const lying = Buffer.from(good)
      lying.writeInt32BE(count, 16)
      assert.equal(decodeGossip(lying), undefined)
    }
  })
  test('with a port or an address that cannot be', () => {
    for (const [at, byte] of [[20, 5] as const, [25, 0xff] as const]) {
      const wrong = Buffer.from(good)
      wrong[at] = byte
      assert.equal(decodeGossip(wrong), undefined)
    }
  })
  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeGossip(bytes) === undefined))
  })
})

test('a list names no more than its limit', () => {
  const members = Array.from({ length: MAX_GOSSIP_MEMBERS + 10 }, (_, i) => ({
    host: Uint8Array.of(10, 0, i >> 8, i & 255),
    port: 4000,
  }))
  assert.equal(decodeGossip(encodeGossip(members))?.length, MAX_GOSSIP_MEMBERS)
})

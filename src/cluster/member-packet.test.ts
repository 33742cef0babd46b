import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sameMember } from './identity.ts'
import { createMember, type Member } from './member.ts'
import { decodeMember, encodeMember, MAX_MEMBER_PACKET_BYTES, SHUTDOWN_COMMAND } from './member-packet.ts'
import { countingId, fixture, testMember } from './testing/fixture.ts'

const basic = testMember(11, { uniqueId: countingId(0), aliveMs: 123_456 })
const ipv6Host = Buffer.from('fd000000000000000000000000000002', 'hex')

describe('member packets of Tomcat, both directions', () => {
  const rows: [name: string, member: Member][] = [
    ['member-basic', basic],
    [
      'member-full',
      createMember({
        host: Uint8Array.of(10, 0, 0, 12),
        port: 4001,
        securePort: 4100,
        udpPort: 4200,
        uniqueId: countingId(0x20),
        domain: Buffer.from('staging'),
        payload: Uint8Array.of(1, 2, 3),
        aliveMs: 999,
      }),
    ],
    ['member-ipv6', { ...basic, host: ipv6Host }],
    ['member-shutdown', { ...basic, command: SHUTDOWN_COMMAND }],
  ]
  for (const [name, member] of rows) {
    test(name, () => {
      const bytes = fixture(name)
      assert.equal(encodeMember(member).toString('hex'), bytes.toString('hex'))
      assert.equal(encodeMember(decodeMember(bytes)).toString('hex'), bytes.toString('hex'))
    })
  }

  test('a captured heartbeat', () => {
    const member = decodeMember(fixture('01-udp-heartbeat'))
    assert.deepEqual([...member.host], [127, 0, 0, 1])
    assert.equal(member.port, 14001)
    assert.equal(member.aliveMs, 2522)
    assert.deepEqual(encodeMember(member), fixture('01-udp-heartbeat'))
  })
})

test('decode is the inverse of encode', () => {
  const bytes = (max: number) => fc.uint8Array({ maxLength: max })
  const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const host = fc.constantFrom(4, 16).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  const member = fc.record({
    host,
    port: fc.integer({ min: 1, max: 65535 }),
    securePort: fc.integer({ min: -1, max: 65535 }),
    udpPort: fc.integer({ min: -1, max: 65535 }),
    uniqueId: id,
    domain: bytes(20),
    command: bytes(20),
    payload: bytes(200),
    aliveMs: fc.maxSafeInteger(),
  })
  fc.assert(
    fc.property(member, (m) => {
      const packet = encodeMember(m)
      const read = decodeMember(packet)
      assert.ok(sameMember(read, m))
      assert.deepEqual(encodeMember(read), packet)
    }),
  )
})

describe('decode tolerates', () => {
  test('bytes after the end marker', () => {
    assert.ok(sameMember(decodeMember(Buffer.concat([fixture('member-basic'), Buffer.alloc(3)])), basic))
  })

  test('that the input changes afterwards', () => {
    const bytes = fixture('member-basic')
    const member = decodeMember(bytes)
    bytes.fill(0)
    assert.ok(sameMember(member, basic))
  })
})

describe('decode refuses', () => {
  const patched = (patch: (bytes: Buffer) => void) => {
    const bytes = fixture('member-basic')
    patch(bytes)
    return bytes
  }
  const rows: [rule: string, bytes: Buffer][] = [
    ['another begin marker', patched((b) => b.write('X', 0))],
    ['another end marker', patched((b) => b.writeUInt8(2, b.length - 1))],
    ['a body longer than the packet', patched((b) => b.writeInt32BE(54, 10))],
    ['a body shorter than its fields', patched((b) => b.writeInt32BE(52, 10))],
    ['a negative body length', patched((b) => b.writeInt32BE(-1, 10))],
    ['a host that is no address', patched((b) => b.writeUInt8(5, 34))],
    ['port 0, where nobody can be', patched((b) => b.writeInt32BE(0, 22))],
    ['a negative port', patched((b) => b.writeInt32BE(-1, 22))],
    ['a port over 65535', patched((b) => b.writeInt32BE(65_536, 22))],
    ['a command longer than the body', patched((b) => b.writeInt32BE(1000, 39))],
    ['a negative command length', patched((b) => b.writeInt32BE(-4, 39))],
    ['a domain longer than the body', patched((b) => b.writeInt32BE(0x7fffffff, 43))],
    ['a payload longer than the body', patched((b) => b.writeInt32BE(1, 63))],
    ['an alive time beyond 2^53', patched((b) => b.writeInt32BE(0x7fffffff, 14))],
    ['an oversized packet', Buffer.alloc(MAX_MEMBER_PACKET_BYTES + 1)],
    ['nothing', Buffer.alloc(0)],
  ]
  for (const [rule, bytes] of rows) {
    test(rule, () => assert.throws(() => decodeMember(bytes), { code: 'CLUSTER_MEMBER_PACKET' }))
  }

  test('every packet that was cut short', () => {
    const bytes = fixture('member-full')
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeMember(bytes.subarray(0, length)), { code: 'CLUSTER_MEMBER_PACKET' })
    }
  })
})

import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import type { Member } from '../member.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import type { IncomingMessage } from './interceptor.ts'
import { MAX_LIVES, SEAL_BYTES, SealedCipher } from './sealed-cipher.ts'

const KEY = createSecretKey(countingId(0))
const OTHER = createSecretKey(countingId(50))
const [a, b, c] = [testMember(1), testMember(2), testMember(3)]
const NOBODY = new Uint8Array(16)
const clock = new FakeClock()

interface Given {
  keys?: (typeof KEY)[]
  clusterName?: string
  clock?: FakeClock
}

function node(local: Member, given: Given = {}) {
  const cipher = new SealedCipher({
    keys: [KEY],
    clusterName: 'shop',
    clock,
    clockToleranceMs: 10_000,
    randomBytes,
    local: () => local,
    ...given,
  })
  const seal = (text: string, to: Member): IncomingMessage => {
    const message = {
      to: [to],
      options: 2,
      timestamp: 1_700_000_000_000,
      uniqueId: countingId(9),
      body: Buffer.from(text),
    }
    return { ...message, sender: local, body: cipher.seal(message, to) }
  }
  return { cipher, seal, open: (message: IncomingMessage) => cipher.open({ ...message }).toString() }
}

describe('a sealed message', () => {
  test('is opened by the member it is for, with 46 bytes more on the wire', () => {
    const sealed = node(a).seal('hello', b)
    assert.equal(SEAL_BYTES, 46)
    assert.equal(sealed.body.length, 5 + SEAL_BYTES)
    assert.ok(!Buffer.from(sealed.body).includes('hello'))
    assert.equal(node(b).open(sealed), 'hello')
  })

  test('may be empty', () => {
    assert.equal(node(b).open(node(a).seal('', b)), '')
  })

  test('may be for whoever is at an address, as long as nobody is known there', () => {
    const sealed = node(a).seal('hello', { ...b, uniqueId: NOBODY })
    assert.equal(node(b).open(sealed), 'hello')
    assert.throws(() => node(c).open(sealed), { code: 'CLUSTER_DECRYPT' })
  })

  const rows: [rule: string, given: Given][] = [
    ['with another key', { keys: [OTHER] }],
    ['under another cluster name', { clusterName: 'blog' }],
  ]
  for (const [rule, given] of rows) {
    test(`of a member ${rule} is not opened`, () => {
      assert.throws(() => node(b).open(node(a, given).seal('hello', b)), { code: 'CLUSTER_DECRYPT' })
    })
  }

  const changes: [what: string, change: (message: IncomingMessage) => Partial<IncomingMessage>][] = [
    ['the options', () => ({ options: 6 })],
    ['the time', ({ timestamp }) => ({ timestamp: timestamp + 1 })],
    ['the id', () => ({ uniqueId: countingId(10) })],
    ['the sender', () => ({ sender: c })],
    ['what the sender says of itself', () => ({ sender: { ...a, payload: Uint8Array.of(1) } })],
    ['the age of the sender', () => ({ sender: { ...a, aliveMs: 1 } })],
  ]
  for (const [what, change] of changes) {
    test(`is not opened when ${what} was changed`, () => {
      const sealed = node(a).seal('hello', b)
      assert.throws(() => node(b).open({ ...sealed, ...change(sealed) }), { code: 'CLUSTER_DECRYPT' })
    })
  }

  test('is not opened by a member it is not for, nor by one that took its address', () => {
    const sealed = node(a).seal('hello', b)
    assert.throws(() => node(c).open(sealed), { code: 'CLUSTER_DECRYPT' })
    assert.throws(() => node({ ...b, uniqueId: countingId(77) }).open(sealed), { code: 'CLUSTER_DECRYPT' })
  })

  test('is not opened when one bit was changed, or when it was cut', () => {
    const receiver = node(b)
    const sealed = node(a).seal('hello', b)
    const body = Buffer.from(sealed.body)
    for (let i = 0; i < body.length * 8; i++) {
      const changed = Buffer.from(body)
      changed[i >> 3]! ^= 1 << (i & 7)
      assert.throws(() => receiver.open({ ...sealed, body: changed }), { code: 'CLUSTER_DECRYPT' }, `bit ${i}`)
    }
    for (let length = 0; length < body.length; length++) {
      const cut = body.subarray(0, length)
      assert.throws(() => receiver.open({ ...sealed, body: cut }), { code: 'CLUSTER_DECRYPT' }, `${length} bytes`)
    }
    assert.equal(receiver.open(sealed), 'hello', 'none of them has used up its number')
  })

  test('in clear is not opened', () => {
    const clear = { ...node(a).seal('hello', b), body: Buffer.alloc(200, 1) }
    assert.throws(() => node(b).open(clear), { code: 'CLUSTER_DECRYPT' })
  })

  test('comes once, in whatever order', () => {
    const [sender, receiver] = [node(a), node(b)]
    const messages = ['one', 'two', 'three'].map((text) => sender.seal(text, b))
    assert.deepEqual(messages.reverse().map(receiver.open), ['three', 'two', 'one'])
    for (const message of messages) assert.throws(() => receiver.open(message), { code: 'CLUSTER_REPLAYED' })
  })

  test('never repeats key and nonce: the same text differs between members, lives and times', () => {
    const sender = node(a)
    const bodies = [sender.seal('x', b), sender.seal('x', b), sender.seal('x', c), node(a).seal('x', b)]
    const ciphertexts = bodies.map(({ body }) => Buffer.from(body.subarray(30)).toString('hex'))
    assert.equal(new Set(ciphertexts).size, 4)
  })
})

describe('a receiver that was restarted', () => {
  test('refuses what was recorded before, although it has not seen it', () => {
    const clock = new FakeClock()
    const sender = node(a, { clock })
    const recorded = sender.seal('hello', b)
    clock.advance(10_001)
    const restarted = node(b, { clock })
    assert.throws(() => restarted.open(recorded), { code: 'CLUSTER_STALE' })
    assert.equal(restarted.open(sender.seal('hello', b)), 'hello')
  })

  test('is not fooled by clocks that are set while it runs, on either side', () => {
    const [mine, theirs] = [new FakeClock(), new FakeClock()]
    const [sender, receiver] = [node(a, { clock: theirs }), node(b, { clock: mine })]
    assert.equal(receiver.open(sender.seal('1', b)), '1')
    theirs.jump(-3_600_000)
    assert.equal(receiver.open(sender.seal('2', b)), '2')
    theirs.jump(7_200_000)
    mine.jump(-3_600_000)
    assert.equal(receiver.open(sender.seal('3', b)), '3')
  })

  test('takes members whose clock is behind as soon as the difference is over', () => {
    const [mine, theirs] = [new FakeClock(1_700_000_060_000), new FakeClock(1_700_000_000_000)]
    const [sender, receiver] = [node(a, { clock: theirs }), node(b, { clock: mine })]
    assert.throws(() => receiver.open(sender.seal('1', b)), { code: 'CLUSTER_STALE' })
    for (const each of [mine, theirs]) each.advance(50_000)
    assert.equal(receiver.open(sender.seal('2', b)), '2')
  })
})

test('a sender that was restarted is heard at once', () => {
  const receiver = node(b)
  assert.equal(receiver.open(node(a).seal('1', b)), '1')
  assert.equal(receiver.open(node(a).seal('2', b)), '2')
})

test('lives that were forgotten do not come back', () => {
  const clock = new FakeClock()
  const receiver = node(b, { clock })
  const first = node(a, { clock }).seal('first', b)
  receiver.open(first)
  for (let i = 0; i < MAX_LIVES; i++) {
    clock.advance(1)
    receiver.open(node(a, { clock }).seal('x', b))
  }
  assert.throws(() => receiver.open(first), { code: 'CLUSTER_STALE' })
})

describe('changing keys', () => {
  test('one member after the other loses no message', () => {
    const [sender, receiver] = [node(a), node(b)]
    const steps = [[KEY, OTHER], [OTHER, KEY], [OTHER]]
    for (const keys of steps) {
      for (const changing of [sender, receiver]) {
        changing.cipher.setKeys(keys)
        assert.equal(receiver.open(sender.seal('x', b)), 'x')
        assert.equal(sender.open(receiver.seal('y', a)), 'y')
      }
    }
  })

  test('what was seen under the old key stays seen', () => {
    const [sender, receiver] = [node(a), node(b)]
    const sealed = sender.seal('x', b)
    receiver.open(sealed)
    receiver.cipher.setKeys([OTHER, KEY])
    assert.throws(() => receiver.open(sealed), { code: 'CLUSTER_REPLAYED' })
  })

  test('a key that was taken out opens nothing any more', () => {
    const [sender, receiver] = [node(a), node(b)]
    receiver.open(sender.seal('x', b))
    receiver.cipher.setKeys([OTHER])
    assert.throws(() => receiver.open(sender.seal('y', b)), { code: 'CLUSTER_DECRYPT' })
  })
})

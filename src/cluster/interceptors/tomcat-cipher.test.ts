import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import { MessageDecoder } from '../channel-data.ts'
import { FRAME_DATA, FRAME_END } from '../frame.ts'
import { countingId, fixture, testMember } from '../testing/fixture.ts'
import type { IncomingMessage } from './interceptor.ts'
import { TomcatCipher } from './tomcat-cipher.ts'

const KEY = createSecretKey(countingId(0))
const OTHER = createSecretKey(countingId(50))
const SENT_AT = 1_700_000_000_000
const TEXT = 'The quick brown fox'
const member = testMember(1)

function setup({ keys = [KEY], replayMessages = 4, clock = new FakeClock(SENT_AT) } = {}) {
  const cipher = new TomcatCipher({ keys, clock, clockToleranceMs: 10_000, replayMessages, randomBytes })
  const seal = (text = TEXT, timestamp = clock.now()): IncomingMessage => {
    const message = { to: [member], options: 0, timestamp, uniqueId: countingId(0), body: Buffer.from(text) }
    return { ...message, sender: member, body: cipher.seal(message) }
  }
  return { cipher, clock, seal, open: (message: IncomingMessage) => cipher.open(message).toString() }
}

/** As Tomcat 10.1.60 sent it. */
function fromTomcat(): IncomingMessage {
  const frame = fixture('encrypt-gcm')
  return new MessageDecoder().decode(frame.subarray(FRAME_DATA, frame.length - FRAME_END.length))
}

describe('the format of Tomcat', () => {
  test('is that of its EncryptInterceptor', () => {
    assert.equal(setup().open(fromTomcat()), TEXT)
  })

  test('is written as it is read, with 36 bytes more than the body', () => {
    const { seal, open } = setup()
    const sealed = seal()
    assert.equal(sealed.body.length, 12 + 8 + TEXT.length + 16)
    assert.equal(open(sealed), TEXT)
  })

  test('knows keys of each length', () => {
    for (const bytes of [16, 24, 32]) {
      const { seal, open } = setup({ keys: [createSecretKey(randomBytes(bytes))] })
      assert.equal(open(seal('')), '')
    }
  })

  test('opens with each key, and seals with the first', () => {
    const { seal, open, cipher } = setup({ keys: [OTHER, KEY] })
    assert.equal(open(fromTomcat()), TEXT)
    const sealed = seal()
    cipher.setKeys([KEY])
    assert.throws(() => open(sealed), { code: 'CLUSTER_DECRYPT' })
  })

  test('one changed bit anywhere is refused, and so is every cut', () => {
    const { open } = setup()
    const { body } = fromTomcat()
    for (let i = 0; i < body.length * 8; i++) {
      const changed = Buffer.from(body)
      changed[i >> 3]! ^= 1 << (i & 7)
      assert.throws(() => open({ ...fromTomcat(), body: changed }), { code: 'CLUSTER_DECRYPT' })
    }
    for (let length = 0; length < body.length; length++) {
      assert.throws(() => open({ ...fromTomcat(), body: body.subarray(0, length) }), { code: 'CLUSTER_DECRYPT' })
    }
  })

  const times: [rule: string, ageMs: number, code: string | undefined][] = [
    ['as old as the window is taken', 10_000, undefined],
    ['older is refused', 10_001, 'CLUSTER_STALE'],
    ['as far ahead as the window is taken', -10_000, undefined],
    ['further ahead is refused', -10_001, 'CLUSTER_STALE'],
  ]
  for (const [rule, ageMs, code] of times) {
    test(`a message ${rule}`, () => {
      const { seal, open, clock } = setup()
      const sealed = seal(TEXT, clock.now() - ageMs)
      if (code === undefined) assert.equal(open(sealed), TEXT)
      else assert.throws(() => open(sealed), { code })
    })
  }

  test('a message comes once', () => {
    const { seal, open } = setup()
    const sealed = seal()
    open(sealed)
    assert.throws(() => open(sealed), { code: 'CLUSTER_REPLAYED' })
  })

  test('what may have been forgotten counts as seen', () => {
    const { seal, open, clock } = setup({ replayMessages: 2 })
    const first = seal()
    const late = seal()
    open(first)
    for (let i = 0; i < 3; i++) {
      clock.advance(1)
      open(seal())
    }
    for (const message of [first, late]) assert.throws(() => open(message), { code: 'CLUSTER_REPLAYED' })
  })
})

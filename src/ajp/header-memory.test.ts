import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { HeaderMemory } from './header-memory.ts'
import { coded, header, hex, rawRequest, str } from './testing/raw.ts'

test('with a memory every request is what it is without, and only equal headers are the same array', () => {
  const memory = new HeaderMemory()
  const long = header('X-Long', 'x'.repeat(5_000))
  const requests = [
    rawRequest({ headers: [coded(8, '5')] }),
    rawRequest({ uri: str('/longer/path'), headers: [coded(8, '5')] }),
    rawRequest({ headers: [coded(8, '6')] }),
    // Begins as the one before, and goes on.
    rawRequest({ headers: [coded(8, '6'), header('A', 'b')] }),
    rawRequest({ headers: [] }),
    rawRequest({ headers: [header('Transfer-Encoding', 'chunked')] }),
    rawRequest({ headers: [long] }),
    rawRequest({ headers: [long] }),
    rawRequest({ headers: [coded(8, '5')] }),
  ]
  const recalled = requests.map((payload) => {
    const uses = memory.uses
    assert.deepEqual(decodeForwardRequest(payload, 100, memory), decodeForwardRequest(payload))
    return memory.uses === uses + 1 && uses > 0
  })
  assert.deepEqual(recalled, [false, true, false, false, false, false, false, false, false])
})

test('a section cut short is not taken for the remembered one', () => {
  const memory = new HeaderMemory()
  const payload = rawRequest({ headers: [coded(8, '5')] })
  decodeForwardRequest(payload, 100, memory)
  for (let length = 1; length < payload.length; length++)
    assert.throws(() => decodeForwardRequest(payload.subarray(0, length), 100, memory), { code: 'AJP_SHORT' })
  assert.throws(() => decodeForwardRequest(rawRequest({ headers: [hex('A0 0F 00 00 00')] }), 100, memory))
})

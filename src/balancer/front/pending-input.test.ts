import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAX_PIECES, PendingInput } from './pending-input.ts'

const LIMITS = { pipelinedRequests: 3, headBytes: 100 }
const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('pending input', () => {
  test('comes out as it went in, however many pieces it was', () => {
    const pending = new PendingInput()
    const text = Array.from({ length: 1_000 }, (_, i) => `${i},`).join('')
    for (const byte of text) {
      pending.add(bytes(byte))
      assert.ok(pending.pieces <= MAX_PIECES)
    }
    assert.equal(pending.bytes, text.length)
    assert.equal(pending.take().toString(), text)
    assert.equal(pending.bytes, 0)
    assert.equal(pending.take().length, 0)
  })

  test('is full at its limit of bytes', () => {
    const pending = new PendingInput()
    pending.add(bytes('x'.repeat(99)))
    assert.equal(pending.isFull(LIMITS), false)
    pending.add(bytes('x'))
    assert.equal(pending.isFull(LIMITS), true)
  })

  test('is full with as many heads as may wait, and one less when one is taken', () => {
    const pending = new PendingInput()
    const head = 'GET /\r\n\r\n'
    pending.addWaiting(bytes(head + head), LIMITS)
    assert.equal(pending.isFull(LIMITS), false)
    pending.addWaiting(bytes(head), LIMITS)
    assert.equal(pending.isFull(LIMITS), true)
    const all = pending.take()
    pending.putBack(all, false)
    assert.equal(pending.isFull(LIMITS), true, 'nothing was taken from it')
    pending.putBack(pending.take().subarray(head.length), true)
    assert.equal(pending.isFull(LIMITS), false)
  })

  test('is empty when cleared', () => {
    const pending = new PendingInput()
    pending.addWaiting(bytes('\r\n\r\n'.repeat(30)), LIMITS)
    pending.clear()
    assert.deepEqual([pending.bytes, pending.isFull(LIMITS)], [0, false])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { requestMessage, responseMessage } from './message-type.ts'
import { fixture } from './testing/fixtures.ts'
import { hex, rawRequest } from './testing/raw.ts'

describe('what a web server sends', () => {
  test('FORWARD_REQUEST', () => assert.equal(requestMessage(rawRequest()), 2))
  test('CPING', () => assert.equal(requestMessage(hex('0A')), 10))
  test('row 6: nothing else', () => {
    for (let type = 0; type < 256; type++) {
      if (type === 2 || type === 10) continue
      assert.throws(() => requestMessage(Buffer.of(type)), { code: 'AJP_TYPE', status: undefined }, `type ${type}`)
    }
  })
  test('a CPING with more than its type', () => assert.throws(() => requestMessage(hex('0A 00')), { code: 'AJP_TYPE' }))
  for (const name of ['m03-zero-length-first', 'm04-type-7-shutdown', 'm05-type-8-ping'])
    test(`8.3 S2: ${name}: closed without an answer`, () =>
      assert.throws(() => requestMessage(fixture(name).packets[0]!.payload), { code: 'AJP_TYPE', status: undefined }))
})

describe('what a container sends', () => {
  for (const type of [3, 4, 5, 6, 9]) test(`type ${type}`, () => assert.equal(responseMessage(Buffer.of(type)), type))
  test('C11: nothing else', () => {
    for (let type = 0; type < 256; type++) {
      if ([3, 4, 5, 6, 9].includes(type)) continue
      assert.throws(() => responseMessage(Buffer.of(type)), { code: 'AJP_TYPE' }, `type ${type}`)
    }
  })
  test('C17: a CPONG with more than its type', () =>
    assert.throws(() => responseMessage(hex('09 00')), { code: 'AJP_TYPE' }))
  test('an empty packet', () => assert.throws(() => responseMessage(Buffer.alloc(0)), { code: 'AJP_TYPE' }))
})

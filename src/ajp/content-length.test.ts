import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lengthLeft, parseContentLength, UNKNOWN_LENGTH } from './content-length.ts'

describe('parseContentLength', () => {
  const rows: [value: string, length: number][] = [
    ['0', 0],
    ['09', 9],
    ['8186', 8186],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['0000000000000001', 1],
  ]
  for (const [value, length] of rows)
    test(`${value} is ${length}`, () => assert.equal(parseContentLength(value), length))
  for (const value of [
    '',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1,2',
    '1.0',
    '1e1',
    '0x1',
    '\u0661',
    '9007199254740992',
    '9'.repeat(400),
  ])
    test(`${JSON.stringify(value)} is none`, () =>
      assert.throws(() => parseContentLength(value), { code: 'AJP_CONTENT_LENGTH', status: 400 }))
})

describe('lengthLeft', () => {
  test('counts down to 0', () => assert.equal(lengthLeft(lengthLeft(10, 4), 6), 0))
  test('never counts what is unknown', () => assert.equal(lengthLeft(UNKNOWN_LENGTH, 10 ** 9), UNKNOWN_LENGTH))
  test('refuses one byte too many', () => assert.throws(() => lengthLeft(9, 10), { code: 'AJP_BODY_LONG' }))
  test('refuses a byte where there is no body', () => assert.throws(() => lengthLeft(0, 1), { code: 'AJP_BODY_LONG' }))
})

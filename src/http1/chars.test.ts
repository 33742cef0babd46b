import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAR, consistsOf, DIGIT, HEX, TARGET, TCHAR, VALUE } from './chars.ts'

/** All 256 bytes that are in a class, as ranges. */
function members(charClass: number): string {
  const ranges: string[] = []
  for (let c = 0; c < 256; c++) {
    if ((CHAR[c]! & charClass) === 0) continue
    let end = c
    while (end < 255 && (CHAR[end + 1]! & charClass) !== 0) end++
    ranges.push(end === c ? hex(c) : `${hex(c)}-${hex(end)}`)
    c = end
  }
  return ranges.join(' ')
}

const hex = (c: number) => c.toString(16).padStart(2, '0')

test('a token holds letters, digits and fifteen signs (RFC 9110 5.6.2)', () => {
  const signs = [...Array(256).keys()].filter((c) => (CHAR[c]! & TCHAR) !== 0).map((c) => String.fromCharCode(c))
  assert.equal(signs.filter((sign) => /[^A-Za-z0-9]/.test(sign)).join(''), "!#$%&'*+-.^_`|~")
  assert.equal(signs.length, 26 + 26 + 10 + 15)
})

test('a field value holds HTAB, SP and everything visible, also beyond ASCII', () => {
  assert.equal(members(VALUE), '09 20-7e 80-ff')
})

test('a target holds visible ASCII without #', () => {
  assert.equal(members(TARGET), '21-22 24-7e')
})

test('digits', () => {
  assert.equal(members(DIGIT), '30-39')
  assert.equal(members(HEX), '30-39 41-46 61-66')
})

test('a text is in a class when each of its characters is', () => {
  assert.ok(consistsOf('0123', DIGIT))
  assert.ok(!consistsOf('01a3', DIGIT))
  assert.ok(consistsOf('', DIGIT))
})

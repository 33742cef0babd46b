import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretCheck } from './gate.ts'

test('exactly the secret is let in', () => {
  const knows = secretCheck('RIGHTSECRET')
  const rows: [string | null, boolean][] = [
    ['RIGHTSECRET', true],
    ['RIGHTSECRE', false],
    ['RIGHTSECRET\x01', false],
    ['rightsecret', false],
    ['', false],
    ['RIGHTSECRETRIGHTSECRET', false],
    [null, false],
    ['RIGHTSECRET', true],
  ]
  for (const [given, isRight] of rows) assert.equal(knows(given), isRight, String(given))
})

test('a secret is bytes: Latin-1', () => {
  const knows = secretCheck('gehe\xefm')
  assert.deepEqual([knows('gehe\xefm'), knows('gehe\u0117m'), knows('gehe\xc3\xafm')], [true, false, false])
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { areHexKeys, isKey } from './cluster-key.ts'

describe('a key', () => {
  for (const count of [16, 24, 32]) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      test(`of ${count} bytes in ${encoding} is one`, () =>
        assert.equal(isKey(randomBytes(count).toString(encoding)), true))
    }
  }
  for (const count of [0, 1, 15, 17, 31, 33]) {
    test(`of ${count} bytes is none`, () => {
      assert.equal(isKey(randomBytes(count).toString('hex')), false)
      assert.equal(isKey(randomBytes(count).toString('base64')), false)
    })
  }
})

describe('keys of Tomcat', () => {
  const [a, b] = ['00'.repeat(16), 'Ff'.repeat(32)]
  const rows: [text: string, good: boolean][] = [
    [a, true],
    [`${a},${b}`, true],
    [`${a}, ${b}`, true],
    [`${a},`, false],
    ['', false],
    ['AAECAwQFBgcICQoLDA0ODw==', false],
  ]
  for (const [text, good] of rows)
    test(`"${text}" ${good ? 'are' : 'are none'}`, () => assert.equal(areHexKeys(text), good))
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keyFromPassphrase, MAX_KEYS, parseKeys } from './cluster-key.ts'

const HEX = '000102030405060708090a0b0c0d0e0f'
const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i)

describe('keys', () => {
  const rows: [what: string, given: string | Uint8Array, hex: string][] = [
    ['hex', HEX, HEX],
    ['hex in capitals', HEX.toUpperCase(), HEX],
    ['24 bytes', bytes(24), Buffer.from(bytes(24)).toString('hex')],
    ['32 bytes', bytes(32), Buffer.from(bytes(32)).toString('hex')],
    ['base64', 'AAECAwQFBgcICQoLDA0ODw==', HEX],
    ['base64 without padding', 'AAECAwQFBgcICQoLDA0ODw', HEX],
    ['base64 for addresses', '-_-_AAECAwQFBgcICQoLDA==', 'fbffbf000102030405060708090a0b0c'],
  ]
  for (const [what, given, hex] of rows) {
    test(`may be ${what}`, () => {
      const complaints: string[] = []
      const keys = parseKeys([given], complaints)
      assert.deepEqual(complaints, [])
      assert.equal(keys[0]?.export().toString('hex'), hex)
    })
  }

  const wrong: [what: string, given: (string | Uint8Array)[], complaint: RegExp][] = [
    ['none', [], /keys is empty/],
    ['15 bytes', [bytes(15)], /keys\[0\] has 15 bytes/],
    ['words', [HEX, 'our secret!'], /keys\[1\] is neither hex nor base64/],
    ['zeros', ['00'.repeat(16)], /one byte over and over/],
    ['the same twice', [HEX, bytes(16)], /keys\[1\] is encryption.keys\[0\] again/],
    ['too many', Array.from({ length: MAX_KEYS + 1 }, (_, i) => Uint8Array.of(i, ...bytes(15))), /at most 8/],
  ]
  for (const [what, given, complaint] of wrong) {
    test(`are not ${what}`, () => {
      const complaints: string[] = []
      parseKeys(given, complaints)
      assert.match(complaints.join(), complaint)
      assert.doesNotMatch(complaints.join(), /our secret|0001/, 'a complaint does not show the key')
    })
  }

  test('of a passphrase differ between clusters', async () => {
    const [one, again, other] = await Promise.all([
      keyFromPassphrase('correct horse', 'shop'),
      keyFromPassphrase('correct horse', 'shop'),
      keyFromPassphrase('correct horse', 'blog'),
    ])
    assert.equal(one.length, 32)
    assert.deepEqual(one, again)
    assert.notDeepEqual(one, other)
  })
})

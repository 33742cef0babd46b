import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, isLoopback, isWildcard, parseAddress } from './address.ts'

describe('parseAddress', () => {
  const rows: [text: string, hex: string | undefined][] = [
    ['10.0.0.11', '0a00000b'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fd00::1:2', 'fd000000000000000000000000010002'],
    ['fd00::', 'fd000000000000000000000000000000'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:10.0.0.11', '00000000000000000000ffff0a00000b'],
    ['localhost', undefined],
    ['10.0.0', undefined],
    ['10.0.0.256', undefined],
    ['fe80::1%eth0', undefined],
    ['1::2::3', undefined],
    ['', undefined],
  ]
  for (const [text, hex] of rows) {
    test(`${JSON.stringify(text)} is ${hex === undefined ? 'no address' : hex}`, () => {
      const address = parseAddress(text)
      assert.equal(address && Buffer.from(address).toString('hex'), hex)
    })
  }

  test('reads what formatAddress wrote', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    fc.assert(fc.property(address, (host) => assert.deepEqual(parseAddress(formatAddress(host)), host)))
  })
})

describe('what an address is good for', () => {
  const rows: [text: string, loopback: boolean, wildcard: boolean][] = [
    ['127.0.0.1', true, false],
    ['127.255.0.3', true, false],
    ['::1', true, false],
    ['0.0.0.0', false, true],
    ['::', false, true],
    ['128.0.0.1', false, false],
    ['::2', false, false],
    ['fd00::1', false, false],
  ]
  for (const [text, loopback, wildcard] of rows) {
    test(`${text}: ${loopback ? 'loopback' : wildcard ? 'wildcard' : 'reachable'}`, () => {
      const host = parseAddress(text)!
      assert.equal(isLoopback(host), loopback)
      assert.equal(isWildcard(host), wildcard)
    })
  }
})

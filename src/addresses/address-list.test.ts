import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addressList } from './address-list.ts'

describe('a list of addresses', () => {
  const rows: readonly [rule: string, entries: readonly string[], address: string, isIn: boolean][] = [
    ['an address', ['10.1.2.3'], '10.1.2.3', true],
    ['another address', ['10.1.2.3'], '10.1.2.4', false],
    ['the last of a network', ['10.0.0.0/8'], '10.255.255.255', true],
    ['beside a network', ['10.0.0.0/8'], '11.0.0.0', false],
    ['an address of IPv6, written otherwise', ['::1'], '0:0:0:0:0:0:0:1', true],
    ['a network of IPv6', ['fd00::/8'], 'fdff::1', true],
    ['beside a network of IPv6', ['fd00::/8'], 'fe00::1', false],
    ['IPv4 as a dual-stack socket has it', ['127.0.0.0/8'], '::ffff:127.0.0.1', true],
    ['IPv4 mapped, beside', ['127.0.0.0/8'], '::ffff:10.0.0.1', false],
    ['one of several', ['10.0.0.0/8', '::1'], '::1', true],
    ['everything', ['0.0.0.0/0'], '203.0.113.7', true],
    ['an empty list', [], '127.0.0.1', false],
    ['what is no address', ['0.0.0.0/0', '::/0'], 'localhost', false],
    ['nothing', ['0.0.0.0/0', '::/0'], '', false],
  ]
  for (const [rule, entries, address, isIn] of rows)
    test(`${rule}: ${isIn ? 'in' : 'out'}`, () => assert.equal(addressList(entries)(address), isIn))

  for (const entry of [
    '',
    'localhost',
    '10.1',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    '/8',
  ])
    test(`${JSON.stringify(entry)} is none, and is named`, () =>
      assert.throws(() => addressList(['::1', entry]), {
        name: 'RangeError',
        message: `${JSON.stringify(entry)} is no address or network`,
      }))
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { badNetworks, compileNetworks } from './networks.ts'

const TABLE: readonly [rule: string, list: readonly string[], address: string, isIn: boolean][] = [
  ['an empty list holds nobody', [], '10.1.2.3', false],
  ['all holds everyone', ['all'], '2001:db8::1', true],
  ['ALL is all', ['All'], '10.1.2.3', true],
  ['all holds even what is no address', ['all'], 'unix', true],
  ['what is no address is in no network', ['0.0.0.0/0', '::/0'], 'unix', false],
  ['local is 127.0.0.0/8', ['local'], '127.9.9.9', true],
  ['local is ::1', ['local'], '::1', true],
  ['local is nothing else', ['local'], '10.1.2.3', false],
  ['an address is itself', ['10.1.2.3'], '10.1.2.3', true],
  ['an address is no other', ['10.1.2.3'], '10.1.2.30', false],
  ['a network by bits', ['10.1.0.0/16'], '10.1.255.255', true],
  ['a network by bits ends', ['10.1.0.0/16'], '10.2.0.0', false],
  ['bits need not fall on a dot', ['10.1.2.128/25'], '10.1.2.127', false],
  ['a network by mask', ['10.1.0.0/255.255.0.0'], '10.1.7.7', true],
  ['a mask of all ones is one address', ['10.1.2.3/255.255.255.255'], '10.1.2.3', true],
  ['a mask of zeros is every IPv4 address', ['0.0.0.0/0.0.0.0'], '9.9.9.9', true],
  ['the beginning of an address', ['10.1'], '10.1.2.3', true],
  ['the beginning of an address with its dot', ['10.1.'], '10.1.2.3', true],
  ['the beginning ends at a dot', ['10.1'], '10.10.2.3', false],
  ['one part alone', ['10'], '10.200.2.3', true],
  ['a short network by bits', ['10/8'], '10.200.2.3', true],
  ['IPv6 by bits', ['2001:db8::/32'], '2001:db8:ffff::1', true],
  ['IPv6 by bits ends', ['2001:db8::/32'], '2001:db9::1', false],
  ['a zone is no part of an address', ['fe80::1'], 'fe80::1%eth0', true],
  ['a mapped address is the IPv4 address', ['10.1.0.0/16'], '::ffff:10.1.2.3', true],
  ['a mapped address may be written in a list', ['::ffff:10.1.2.3'], '10.1.2.3', true],
  ['every IPv6 address is not every IPv4 address', ['0.0.0.0/0'], '2001:db8::1', false],
  ['one entry that holds is enough', ['10.1', '192.168'], '192.168.0.1', true],
]

const BAD = [
  'example.com',
  '10.1.2.3.4',
  '10.256',
  '10.1/33',
  '10.1/255.0.255.0',
  '10.1/-1',
  '10.1/',
  '2001:db8::/129',
  '::g',
  '',
  '10..1',
  'env=ok',
]

describe('compileNetworks', () => {
  for (const [rule, list, address, isIn] of TABLE)
    it(rule, () => {
      assert.deepEqual(badNetworks(list), [])
      assert.equal(compileNetworks(list)(address), isIn)
    })
})

describe('badNetworks', () => {
  for (const entry of BAD)
    it(`does not understand "${entry}"`, () => assert.deepEqual(badNetworks([entry, '10.1']), [entry]))

  it('a list with only bad entries holds nobody', () => {
    assert.equal(compileNetworks(['example.com'])('10.1.2.3'), false)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isHost, parseNetwork, parsePort, splitHostPort } from './names-and-addresses.ts'

describe('isHost', () => {
  const yes = [
    'localhost',
    'a',
    'a-b.c_d',
    'x.',
    '127.0.0.1',
    '::1',
    '2001:db8::1',
    '1a.example',
    'xn--e1afmkfd.example',
  ]
  const no = [
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a b',
    'a:1',
    '[::1]',
    '1.2.3',
    '1.2.3.256',
    '300',
    'тест',
    'a/b',
    'a'.repeat(64),
    'a.'.repeat(127),
  ]
  for (const text of yes) test(`${text} is one`, () => assert.ok(isHost(text)))
  for (const text of no) test(`${text.slice(0, 20) || 'nothing'} is none`, () => assert.ok(!isHost(text)))
})

describe('parsePort', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['65535', 65535],
    ['65536', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['080', 80],
    ['999999', undefined],
  ]
  for (const [text, port] of rows) test(`${text || 'nothing'} → ${port}`, () => assert.equal(parsePort(text), port))
})

describe('splitHostPort', () => {
  const rows: readonly (readonly [string, object | undefined])[] = [
    ['a:80', { host: 'a', port: '80' }],
    ['a', { host: 'a' }],
    [':80', { port: '80' }],
    ['*:80', { host: '*', port: '80' }],
    ['[::1]:80', { host: '::1', port: '80' }],
    ['[::1]', { host: '::1' }],
    ['::1', { host: '::1' }],
    ['1:2:3', undefined],
    ['[::1', undefined],
    ['a:', { host: 'a', port: '' }],
  ]
  for (const [text, parts] of rows) test(text, () => assert.deepEqual(splitHostPort(text), parts))
})

describe('parseNetwork', () => {
  const rows: readonly (readonly [rule: string, text: string, network: string | undefined])[] = [
    ['an address', '10.0.0.1', '10.0.0.1'],
    ['an IPv6 address', '::1', '::1'],
    ['the first bytes', '10.1', '10.1'],
    ['the first bytes with a dot', '10.', '10'],
    ['a prefix length', '10.1.0.0/16', '10.1.0.0/16'],
    ['a short network', '10.1/16', '10.1.0.0/16'],
    ['a netmask', '10.1.0.0/255.255.0.0', '10.1.0.0/16'],
    ['the whole of IPv4', '0.0.0.0/0', '0.0.0.0/0'],
    ['a single address by netmask', '10.1.0.1/255.255.255.255', '10.1.0.1/32'],
    ['an IPv6 network', '2001:db8::/32', '2001:db8::/32'],
    ['a netmask with holes', '10.1.0.0/255.0.255.0', undefined],
    ['too long a prefix', '10.0.0.0/33', undefined],
    ['a name', 'example.com', undefined],
    ['a byte too large', '10.256', undefined],
    ['five bytes', '1.2.3.4.5', undefined],
    ['nothing', '', undefined],
    ['a prefix of nothing', '/8', undefined],
  ]
  for (const [rule, text, network] of rows) test(rule, () => assert.equal(parseNetwork(text), network))
})

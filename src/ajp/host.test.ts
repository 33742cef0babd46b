import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isHost } from './host.ts'

describe('isHost takes', () => {
  const hosts = [
    '',
    'a',
    'localhost',
    'www.example.com',
    'www.example.com.',
    'www.example.com:8080',
    'a-b.c',
    'a-.b',
    'under_score',
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]',
    '[::1]:8080',
    '[2001:DB8::1]',
    '[::ffff:192.0.2.1]',
    'a:',
    'a:0080',
    'a:65536',
    'a:2147483647',
  ]
  for (const host of hosts) test(`"${host}"`, () => assert.equal(isHost(host), true))
})

describe('isHost refuses (6.4 row 24)', () => {
  const hosts = [
    'a,b',
    'a@b',
    'a/b',
    'a?b',
    'a#b',
    'a b',
    ' a',
    'a ',
    'a\tb',
    'a\\b',
    'a%41',
    '*',
    '-a',
    'a.-b',
    '.',
    '.a',
    'a..b',
    '..',
    '[',
    '[]',
    '[::1',
    '[::1]x',
    '[::1]:x',
    '::1',
    '[::g]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '[/]',
    '[::]@a/[::]',
    ':',
    ':80',
    'a:b',
    'a:-1',
    'a:+1',
    'a:8 ',
    'a:80:80',
    'a:2147483648',
    `a:${'9'.repeat(400)}`,
    '\u00e4',
    '\u0161',
    'a\0',
    'a\n',
  ]
  for (const host of hosts) test(JSON.stringify(host), () => assert.equal(isHost(host), false))
})

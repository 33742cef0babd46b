import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileAccess } from './access.ts'
import type { AccessRule } from './options.ts'

const onlyLoopback: Omit<AccessRule, 'location'> = { order: 'deny,allow', deny: ['all'], allow: ['127.0.0.1'] }

function section(location: string, rest: Partial<AccessRule> = onlyLoopback): AccessRule {
  return { location, order: 'deny,allow', allow: [], deny: [], ...rest }
}

const HERE = '127.0.0.1'
const ELSEWHERE = '10.1.2.3'

const TABLE: readonly [rule: string, rules: readonly AccessRule[], path: string, address: string, allowed: boolean][] =
  [
    ['without sections everyone gets in', [], '/jkstatus', ELSEWHERE, true],
    ['a section speaks of its own path', [section('/jkstatus')], '/jkstatus', ELSEWHERE, false],
    ['a section speaks of what is below', [section('/jkstatus')], '/jkstatus/x/y', ELSEWHERE, false],
    ['a section ends at a slash', [section('/jkstatus')], '/jkstatus2', ELSEWHERE, true],
    ['a section with a slash speaks of what is below', [section('/admin/')], '/admin/x', ELSEWHERE, false],
    ['a section with a slash does not speak of the path itself', [section('/admin/')], '/admin', ELSEWHERE, true],
    ['the root section speaks of everything', [section('/')], '/anything', ELSEWHERE, false],
    ['the root section speaks of the root', [section('/')], '/', ELSEWHERE, false],
    ['case counts', [section('/jkstatus')], '/JKStatus', ELSEWHERE, true],
    ['locations are bytes, as paths are', [section('/café')], '/caf\xc3\xa9/x', ELSEWHERE, false],
    ['who is on the allow list gets in', [section('/jkstatus')], '/jkstatus', HERE, true],

    ['deny,allow: on neither list: in', [section('/a', { deny: ['10.2'], allow: ['10.3'] })], '/a', ELSEWHERE, true],
    ['deny,allow: denied: out', [section('/a', { deny: ['10.1'], allow: ['10.3'] })], '/a', ELSEWHERE, false],
    ['deny,allow: on both: in', [section('/a', { deny: ['10'], allow: ['10.1'] })], '/a', ELSEWHERE, true],
    ['deny,allow: no lists: in', [section('/a', {})], '/a', ELSEWHERE, true],
    ['deny,allow: an unreadable address is out', [section('/a', { deny: ['10.2'] })], '/a', 'unix', false],
    [
      'allow,deny: on neither list: out',
      [section('/a', { order: 'allow,deny', allow: ['10.3'] })],
      '/a',
      ELSEWHERE,
      false,
    ],
    ['allow,deny: allowed: in', [section('/a', { order: 'allow,deny', allow: ['10.1'] })], '/a', ELSEWHERE, true],
    [
      'allow,deny: on both: out',
      [section('/a', { order: 'allow,deny', allow: ['10'], deny: ['10.1'] })],
      '/a',
      ELSEWHERE,
      false,
    ],
    ['allow,deny: no lists: out', [section('/a', { order: 'allow,deny' })], '/a', HERE, false],
    [
      'allow,deny: all lets even an unreadable address in',
      [section('/a', { order: 'allow,deny', allow: ['all'] })],
      '/a',
      'unix',
      true,
    ],
    ['a mapped address counts as IPv4', [section('/jkstatus')], '/jkstatus', '::ffff:127.0.0.1', true],

    [
      'a later section opens what an earlier one closed',
      [section('/'), section('/public', {})],
      '/public/x',
      ELSEWHERE,
      true,
    ],
    [
      'a later section closes what an earlier one opened',
      [section('/public', {}), section('/')],
      '/public/x',
      ELSEWHERE,
      false,
    ],
    [
      'a later section replaces the lists, it does not add',
      [section('/a'), section('/a', { deny: ['all'], allow: ['10.1'] })],
      '/a',
      HERE,
      false,
    ],
  ]

describe('compileAccess', () => {
  for (const [rule, rules, path, address, allowed] of TABLE)
    it(rule, () => assert.equal(compileAccess(rules).isAllowed(path, address), allowed))

  it('has no check for a path of which no section speaks', () => {
    assert.equal(compileAccess([section('/jkstatus')]).checkFor('/app'), undefined)
  })
})

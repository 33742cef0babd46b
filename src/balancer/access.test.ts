import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileAccess, type Verdict } from './access.ts'
import type { AccessRule, Condition } from './access-options.ts'

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

const readOnly: AccessRule = section('/', { limits: [{ methods: ['GET'], except: true, deny: ['all'] }] })
const LIMITED: readonly [rule: string, AccessRule, method: string, Verdict][] = [
  ['a list for other methods', readOnly, 'GET', 'in'],
  ['GET and HEAD are one', readOnly, 'HEAD', 'in'],
  ['a list for the method', readOnly, 'DELETE', 'out'],
  ['case counts', readOnly, 'get', 'out'],
  ['lists are joined', section('/', { deny: ['all'], limits: [{ methods: ['PUT'], allow: ['all'] }] }), 'PUT', 'in'],
  ['an order of its own', section('/', { limits: [{ methods: ['PUT'], order: 'allow,deny' }] }), 'PUT', 'out'],
  ['a condition about HEAD is about GET', { location: '/', require: { is: 'method', methods: ['HEAD'] } }, 'GET', 'in'],
]

describe('access by method', () => {
  for (const [rule, one, method, verdict] of LIMITED)
    it(`${rule}: ${method} is ${verdict}`, () => {
      const visitor = { client: { address: HERE }, method, user: undefined }
      assert.equal(compileAccess([one]).guardFor('/x')?.judge(visitor), verdict)
    })
})

const joe = '{SHA}O1hAcUlX7zkBbV+/3rmbDfUlbNM='
const auth = { realm: 'r', users: [['joe', joe]] as const }
const open: Condition = { is: 'all', granted: true }
const local: Condition = { is: 'ip', networks: ['127.0.0.1'] }
const users: Condition = { is: 'valid-user' }
const order = { order: 'deny,allow', deny: ['all'], allow: ['127.0.0.1'] } as const
const [here, far] = ['127.0.0.1', '10.0.0.1']

const JUDGED: readonly [
  rule: string,
  rules: readonly AccessRule[],
  address: string,
  user: string | undefined,
  Verdict,
][] = [
  ['a user is asked for', [{ location: '/', require: users, auth }], here, undefined, 'ask'],
  ['a user gets in', [{ location: '/', require: users, auth }], here, 'joe', 'in'],
  ['where nobody can say who it is, nobody gets in', [{ location: '/', require: users }], here, undefined, 'out'],
  ['another user is asked for', [{ location: '/', require: { is: 'user', names: ['ann'] }, auth }], here, 'joe', 'ask'],
  [
    'an address is enough where one of two is',
    [{ location: '/', require: { is: 'any', of: [local, users] }, auth }],
    here,
    undefined,
    'in',
  ],
  [
    'else a user is asked for',
    [{ location: '/', require: { is: 'any', of: [local, users] }, auth }],
    far,
    undefined,
    'ask',
  ],
  [
    'no user helps where the address is wrong',
    [{ location: '/', require: { is: 'every', of: [local, users] }, auth }],
    far,
    undefined,
    'out',
  ],
  ['both are needed', [{ location: '/', require: { is: 'every', of: [local, users] }, auth }], here, 'joe', 'in'],
  [
    'a negated condition lets nobody in by itself',
    [{ location: '/', require: { is: 'not', of: local } }],
    far,
    undefined,
    'out',
  ],
  [
    'all but one address',
    [{ location: '/', require: { is: 'every', of: [open, { is: 'not', of: local }] } }],
    here,
    undefined,
    'out',
  ],
  [
    'all but one address: others',
    [{ location: '/', require: { is: 'every', of: [open, { is: 'not', of: local }] } }],
    far,
    undefined,
    'in',
  ],
  ['Satisfy All: address and user', [{ location: '/', ...order, require: users, auth }], far, 'joe', 'out'],
  [
    'Satisfy Any: the address is enough',
    [{ location: '/', ...order, require: users, satisfy: 'any', auth }],
    here,
    undefined,
    'in',
  ],
  ['Satisfy Any: else the user', [{ location: '/', ...order, require: users, satisfy: 'any', auth }], far, 'joe', 'in'],
  [
    'Satisfy Any without Order opens nothing',
    [{ location: '/', require: users, satisfy: 'any', auth }],
    far,
    undefined,
    'ask',
  ],
  [
    'a later section overrides what it names',
    [
      { location: '/', require: users, auth },
      { location: '/', require: open },
    ],
    far,
    undefined,
    'in',
  ],
  [
    'and leaves the rest: who proves it how',
    [
      { location: '/', auth },
      { location: '/', require: users },
    ],
    far,
    undefined,
    'ask',
  ],
  [
    'AuthType None takes it away',
    [
      { location: '/', require: users, auth },
      { location: '/', auth: { none: true } },
    ],
    far,
    undefined,
    'out',
  ],
  [
    'a rule about folders is about files alone',
    [
      { location: '/', of: 'folder', require: { is: 'all', granted: false } },
      { location: '/', require: open },
    ],
    far,
    undefined,
    'in',
  ],
  ['a method', [{ location: '/', require: { is: 'method', methods: ['GET'] } }], far, undefined, 'in'],
  ['no such variable', [{ location: '/', require: { is: 'env', names: ['x'] } }], far, undefined, 'out'],
]

const PLACES: readonly [rule: string, AccessRule, path: string, holds: boolean][] = [
  ['a glob matches no slash', { location: '/a/*/c', match: 'glob', require: open }, '/a/b/c', true],
  ['a glob matches no slash', { location: '/a/*/c', match: 'glob', require: open }, '/a/b/b/c', false],
  ['a glob is about the whole path', { location: '/a*', match: 'glob', require: open }, '/ab/c', false],
  ['a glob takes sets', { location: '/[a-c]?', match: 'glob', require: open }, '/b1', true],
  [
    'a regular expression is found anywhere',
    { location: 'secret', match: 'regexp', require: open },
    '/a/secrets',
    true,
  ],
  ['a regular expression without case', { location: '(?i)^/ADMIN', match: 'regexp', require: open }, '/admin', true],
  ['a point in a glob is a point', { location: '/a.b', match: 'glob', require: open }, '/axb', false],
]

describe('compileAccess', () => {
  for (const [rule, rules, path, address, allowed] of TABLE)
    it(rule, () => {
      const visitor = { client: { address }, method: 'GET', user: undefined }
      assert.equal((compileAccess(rules).guardFor(path)?.judge(visitor) ?? 'in') === 'in', allowed)
    })

  for (const [rule, rules, address, user, verdict] of JUDGED)
    it(rule, () => {
      const visitor = { client: { address }, method: 'GET', user }
      assert.equal(compileAccess(rules).guardFor('/x')?.judge(visitor), verdict)
    })

  for (const [rule, section, path, holds] of PLACES)
    it(`${rule}: ${path}`, () => assert.equal(compileAccess([section]).guardFor(path) !== undefined, holds))

  it('has no guard for a path of which no section speaks', () => {
    assert.equal(compileAccess([section('/jkstatus')]).guardFor('/app'), undefined)
  })

  it('outer folders come first, then names, then paths', () => {
    const deny = { is: 'all', granted: false } as const
    const rules: readonly AccessRule[] = [
      { location: '/srv/www', of: 'folder', require: open },
      { location: '/', of: 'folder', require: deny },
      { location: '*.inc', of: 'name', match: 'glob', require: deny },
      { location: '/lib', require: open },
    ]
    const visitor = { client: { address: far }, method: 'GET', user: undefined }
    const judge = (path: string, file: string) => compileAccess(rules).guardFor(path, file)?.judge(visitor)
    assert.equal(judge('/a', '/srv/www/a'), 'in')
    assert.equal(judge('/a', '/etc/a'), 'out')
    assert.equal(judge('/a.inc', '/srv/www/a.inc'), 'out')
    assert.equal(judge('/lib/a.inc', '/srv/www/lib/a.inc'), 'in')
  })
})

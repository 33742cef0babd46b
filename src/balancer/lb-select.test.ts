import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Lb, LbRequest } from './lb.ts'
import { MAX_SESSION_IDS } from './sticky.ts'
import { lbOf, type Members, member, NEW, put, TWO, withSession } from './testing/lb-of.ts'

const DOMAINS: Members = { a: { domain: 'east' }, b: { domain: 'east' }, c: { domain: 'west' } }

const SELECTIONS: readonly [rule: string, lb: Lb, request: LbRequest, choice: string][] = [
  ['the member of the route', lbOf(TWO), withSession('S.b'), 'b sticky'],
  ['a route is not the name', lbOf({ a: { route: 'x' }, b: {} }), withSession('S.x'), 'a sticky'],
  ['the first id that leads to a member', lbOf(TWO), withSession('S.nosuch;T.b'), 'b sticky'],
  [
    'an id whose member is out is passed over',
    put(lbOf({ a: {}, b: {}, c: {} }), 'error', 'b'),
    withSession('S.b;T.c'),
    'c sticky',
  ],
  [
    'the last id that is looked at',
    lbOf(TWO),
    withSession(`${'S.nosuch;'.repeat(MAX_SESSION_IDS - 1)}T.b`),
    'b sticky',
  ],
  ['an id behind it', lbOf(TWO), withSession(`${'S.nosuch;'.repeat(MAX_SESSION_IDS)}T.b`), 'a'],
  ['an unknown route is balanced', lbOf(TWO), withSession('S.nosuch'), 'a'],
  ['an id without a route is balanced', lbOf(TWO), withSession('S'), 'a'],
  ['names of Object are no routes', lbOf(TWO), withSession('S.constructor'), 'a'],
  [
    'a disabled member keeps its sessions',
    lbOf({ a: {}, b: { activation: 'disabled' } }),
    withSession('S.b'),
    'b sticky',
  ],
  ['a disabled member gets no new sessions', lbOf({ a: { activation: 'disabled' }, b: {} }), NEW, 'b'],
  ['a stopped member loses its sessions', lbOf({ a: {}, b: { activation: 'stopped' } }), withSession('S.b'), 'a'],
  ['a member in error loses its sessions', put(lbOf(TWO), 'error', 'b'), withSession('S.b'), 'a'],
  [
    'a busy member loses its sessions',
    put(
      lbOf(TWO, {}, () => true),
      'busy',
      'b',
    ),
    withSession('S.b'),
    'a',
  ],
  ['a probed member loses its sessions', put(lbOf(TWO), 'probe', 'b'), withSession('S.b'), 'a'],
  ['a member in recovery has its sessions', put(lbOf(TWO), 'recover', 'b'), withSession('S.b'), 'b sticky'],
  ['a forced member has its sessions', put(lbOf(TWO), 'force', 'b'), withSession('S.b'), 'b sticky'],
  ['a busy member with room again is well', put(lbOf(TWO), 'busy', 'a'), NEW, 'a'],
  ['nobody is left', put(lbOf(TWO), 'error', 'a', 'b'), NEW, '-'],
  ['a member in recovery takes new sessions too', put(put(lbOf(TWO), 'error', 'a'), 'recover', 'b'), NEW, 'b'],

  ['a redirect stands in', put(lbOf({ a: {}, b: { redirect: 'c' }, c: {} }), 'error', 'b'), withSession('S.b'), 'c'],
  [
    'a redirect may be disabled',
    put(lbOf({ a: {}, b: { redirect: 'c' }, c: { activation: 'disabled' } }), 'error', 'b'),
    withSession('S.b'),
    'c',
  ],
  [
    'a stopped redirect: balanced',
    put(lbOf({ a: {}, b: { redirect: 'c' }, c: { activation: 'stopped' } }), 'error', 'b'),
    withSession('S.b'),
    'a',
  ],
  [
    'a redirect is a route, no domain',
    put(lbOf({ a: {}, b: { redirect: 'east' }, c: { domain: 'east' } }), 'error', 'b'),
    withSession('S.b'),
    'a',
  ],
  [
    'a redirect goes before the domain',
    put(lbOf({ a: { domain: 'd' }, b: { domain: 'd', redirect: 'c' }, c: {} }), 'error', 'b'),
    withSession('S.b'),
    'c',
  ],
  [
    'a redirect that is out does not fall back to the domain',
    put(lbOf({ x: {}, a: { domain: 'd' }, b: { domain: 'd', redirect: 'c' }, c: {} }), 'error', 'b', 'c'),
    withSession('S.b'),
    'x',
  ],
  [
    'a hot standby: disabled, and the redirect of one that is out',
    put(lbOf({ a: { redirect: 'b' }, b: { activation: 'disabled' } }), 'error', 'a'),
    NEW,
    'b',
  ],
  [
    'a hot standby gets nothing while the other is well',
    lbOf({ a: { redirect: 'b' }, b: { activation: 'disabled' } }),
    NEW,
    'a',
  ],

  ['a partner of the same domain stands in', put(lbOf({ x: {}, ...DOMAINS }), 'error', 'a'), withSession('S.a'), 'b'],
  ['a route may be a domain', lbOf(DOMAINS), withSession('S.west'), 'c'],
  ['a route may begin with a domain', lbOf(DOMAINS), withSession('S.west.gone'), 'c'],
  [
    'in a domain the nearest is taken',
    lbOf({ a: { domain: 'd', distance: 1 }, b: { domain: 'd' } }),
    withSession('S.d'),
    'b',
  ],
  [
    'a disabled partner is passed over',
    put(lbOf({ x: {}, a: { domain: 'd' }, b: { domain: 'd', activation: 'disabled' } }), 'error', 'a'),
    withSession('S.a'),
    'x',
  ],
  [
    'a domain with a dot matches nothing',
    put(lbOf({ x: {}, a: { domain: 'd.e' }, b: { domain: 'd.e' } }), 'error', 'a'),
    withSession('S.a'),
    'x',
  ],

  ['force: the member of the route', lbOf(TWO, { stickySessionForce: true }), withSession('S.b'), 'b sticky'],
  [
    'force: no other member for a session',
    put(lbOf(TWO, { stickySessionForce: true }), 'error', 'b'),
    withSession('S.b'),
    '-',
  ],
  [
    'force: no redirect either',
    put(lbOf({ a: {}, b: { redirect: 'a' } }, { stickySessionForce: true }), 'error', 'b'),
    withSession('S.b'),
    '-',
  ],
  ['force: none for an unknown route', lbOf(TWO, { stickySessionForce: true }), withSession('S.nosuch'), '-'],
  ['force: none for an id without a route', lbOf(TWO, { stickySessionForce: true }), withSession('S'), '-'],
  [
    'force: a domain may stand for an unknown route',
    lbOf(DOMAINS, { stickySessionForce: true }),
    withSession('S.west'),
    'c',
  ],
  ['force: a request without a session is balanced', lbOf(TWO, { stickySessionForce: true }), NEW, 'a'],
  [
    'force: without sticky sessions it forces nothing',
    lbOf(TWO, { stickySessionForce: true, stickySession: false }),
    withSession('S'),
    'a',
  ],

  ['an only member counts as sticky', lbOf({ a: {} }), NEW, 'a sticky'],
  [
    'an only member takes foreign sessions',
    lbOf({ a: {} }, { stickySessionForce: true }),
    withSession('S.b'),
    'a sticky',
  ],
  ['an only member that is stopped takes nothing', lbOf({ a: { activation: 'stopped' } }), withSession('S.a'), '-'],
  ['an only member in error takes nothing', put(lbOf({ a: {} }), 'error', 'a'), withSession('S.a'), '-'],
  [
    'an only member that is disabled takes its sessions',
    lbOf({ a: { activation: 'disabled' } }),
    withSession('S.a'),
    'a sticky',
  ],
  ['an only member that is disabled takes no others', lbOf({ a: { activation: 'disabled' } }), NEW, '-'],
]

describe('select (mod_jk.md 4.4 and 4.5)', () => {
  for (const [rule, lb, request, expected] of SELECTIONS)
    it(rule, () => {
      const choice = lb.select(request)
      const got = choice === undefined ? '-' : `${choice.member.name}${choice.isSticky ? ' sticky' : ''}`
      assert.equal(got, expected)
    })

  it('leaves out members that have failed this request, for this request', () => {
    const lb = lbOf(TWO)
    const tried = new Set([member(lb, 'b')])
    assert.equal(lb.select(withSession('S.b'), tried)?.member.name, 'a')
    assert.equal(lb.select(withSession('S.b'))?.member.name, 'b')
  })

  it('keeps all ids for later attempts (mod_jk loses them)', () => {
    const lb = put(lbOf({ a: {}, b: {}, c: {} }), 'error', 'b')
    const request = withSession('S.b;T.c')
    const tried = new Set([member(lb, 'a')])
    assert.equal(lb.select(request, tried)?.member.name, 'c')
  })

  it('makes nothing: equal answers are the same object', () => {
    const lb = lbOf(TWO)
    assert.equal(lb.select(withSession('S.b')), lb.select(withSession('S.b')))
  })

  it('looks at so many ids only', () => {
    assert.equal(lbOf(TWO).select(withSession(`${'x.y;'.repeat(40)}S.b`))?.member.name, 'a')
  })
})

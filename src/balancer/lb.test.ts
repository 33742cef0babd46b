import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from './errors.ts'
import { createLb, type Lb, type LbMember, type LbRequest } from './lb.ts'
import type { MemberState } from './member-state.ts'
import { createWorkerNumbers } from './numbers.ts'
import type { EndpointWorkerOptions, LbWorkerOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'
import { NO_USAGE } from './worker-life.ts'

type Members = Readonly<Record<string, Partial<EndpointWorkerOptions>>>

const NEW: LbRequest = { session: undefined, isStateless: false }
const STATELESS: LbRequest = { session: undefined, isStateless: true }
const withSession = (session: string): LbRequest => ({ session, isStateless: false })

/** Named by letters, so that a letter in a test is a member. */
function lbOf(members: Members, options: Partial<LbWorkerOptions> = {}, full: () => boolean = () => false): Lb {
  const names = Object.keys(members)
  const resolved = resolveOptions({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'http' as const, ...members[name] }])),
      lb: { type: 'lb', balanceWorkers: names, ...options },
    },
    workerList: ['lb'],
    hosts: [{ names: [], mounts: [], access: [] }],
  })
  const sources = names.map((name) => ({
    options: resolved.workers[name] as ResolvedEndpointWorker,
    numbers: createWorkerNumbers(0),
    isFull: full,
  }))
  return createLb(resolved.workers.lb as ResolvedLbWorker, sources, 0)
}

const weights = (...lbfactors: number[]): Members =>
  Object.fromEntries(lbfactors.map((lbfactor, index) => [String.fromCharCode(97 + index), { lbfactor }]))

function member(lb: Lb, name: string): LbMember {
  return lb.members.find((each) => each.name === name)!
}

/** One request from beginning to end; the name of its member, `-` for none. */
function send(lb: Lb, request = NEW, outcome: Outcome = 'ok', nowMs = 0): string {
  const choice = lb.select(request)
  if (choice === undefined) return '-'
  lb.begin(choice.member, request)
  lb.end(choice.member, outcome, NO_USAGE, nowMs)
  return choice.member.name
}

const sendMany = (lb: Lb, count: number, request = NEW): string =>
  Array.from({ length: count }, () => send(lb, request)).join('')
const values = (lb: Lb): number[] => lb.members.map(({ numbers }) => numbers.lbValue)
const states = (lb: Lb): MemberState[] => lb.members.map(({ numbers }) => numbers.state)

/** Puts members into a state without going the long way. */
function put(lb: Lb, state: MemberState, ...names: string[]): Lb {
  for (const name of names) member(lb, name).numbers.state = state
  return lb
}

describe('the order of members (mod_jk.md 4.9)', () => {
  it('Request, weights 1:3', () => {
    const lb = lbOf(weights(1, 3))
    assert.equal(sendMany(lb, 16), 'abbbabbbabbbabbb')
    assert.deepEqual(values(lb), [12, 12])
  })

  for (const method of ['request', 'session', 'next'] as const)
    it(`${method} without sessions, weights 2:3:1`, () => {
      const lb = lbOf(weights(2, 3, 1), { method })
      assert.equal(sendMany(lb, 24), 'abcbabcabbabcabbabcabbab')
      assert.deepEqual(values(lb), [24, 24, 24])
    })

  it('Session: requests with a session go to its member and do not count', () => {
    const lb = lbOf(weights(2, 3, 1), { method: 'session' })
    sendMany(lb, 24)
    assert.equal(sendMany(lb, 5, withSession('S.c')), 'ccccc')
    assert.deepEqual(values(lb), [24, 24, 24])
    assert.deepEqual(
      lb.members.map(({ numbers }) => numbers.sessions),
      [8, 12, 4],
    )
  })

  it('Session: an unknown route is balanced and does not count', () => {
    const lb = lbOf(weights(2, 3, 1), { method: 'session' })
    sendMany(lb, 24)
    assert.equal(sendMany(lb, 6, withSession('S.nosuch')), 'cabcab')
    assert.deepEqual(values(lb), [24, 24, 24])
  })

  it('Traffic: bytes times lb_mult', () => {
    const lb = lbOf(weights(1, 3), { method: 'traffic' })
    let order = ''
    for (let i = 0; i < 8; i++) {
      const { member: chosen } = lb.select(NEW)!
      lb.begin(chosen, NEW)
      lb.end(chosen, 'ok', { readBytes: 60, transferredBytes: 40, replyTimeouts: 0 }, 0)
      order += chosen.name
    }
    assert.equal(order, 'abbbabbb')
    assert.deepEqual(values(lb), [600, 600])
  })

  it('Busyness: idle members take turns, whatever they weigh', () => {
    const lb = lbOf(weights(1, 3, 1), { method: 'busyness' })
    assert.equal(sendMany(lb, 6), 'abcabc')
    assert.deepEqual(values(lb), [0, 0, 0])
  })

  it('Busyness: requests that are held', () => {
    const lb = lbOf(weights(1, 3, 1), { method: 'busyness' })
    const held = Array.from({ length: 6 }, () => {
      const { member: chosen } = lb.select(NEW)!
      lb.begin(chosen, NEW)
      return chosen
    })
    assert.equal(held.map(({ name }) => name).join(''), 'abcbbc')
    assert.deepEqual(values(lb), [3, 3, 6])
    assert.equal(lb.numbers.busy, 6)
    for (const chosen of held) lb.end(chosen, 'ok', NO_USAGE, 0)
    assert.deepEqual(values(lb), [0, 0, 0])
    assert.deepEqual([lb.numbers.busy, lb.numbers.maxBusy], [0, 6])
  })

  it('stateless requests are dealt out in turn; values grow, sessions do not', () => {
    const lb = lbOf(weights(5, 1, 1))
    assert.equal(sendMany(lb, 9, STATELESS), 'abcabcabc')
    assert.deepEqual(values(lb), [3, 15, 15])
    assert.deepEqual(
      lb.members.map(({ numbers }) => numbers.sessions),
      [0, 0, 0],
    )
  })

  it('the nearest members first', () => {
    const lb = lbOf({ a: { distance: 1 }, b: {}, c: {} })
    assert.equal(sendMany(lb, 4), 'bcbc')
  })

  it('farther members when the nearest are out', () => {
    const lb = lbOf({ a: { distance: 1 }, b: { activation: 'stopped' }, c: { activation: 'stopped' } })
    assert.equal(sendMany(lb, 2), 'aa')
  })

  it('a failed request counts as well', () => {
    const lb = lbOf(weights(1, 1))
    send(lb, NEW, 'protocol-error')
    assert.deepEqual(values(lb), [1, 0])
  })

  it('sticky_session=false: every request counts as new and none sticks', () => {
    const lb = lbOf(weights(1, 1), { stickySession: false, method: 'session' })
    assert.equal(sendMany(lb, 4, withSession('S.b')), 'abab')
    assert.deepEqual(values(lb), [2, 2])
  })

  it('in the long run every member has the share that its weight says', () => {
    const lbfactors = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        lbfactors,
        fc.constantFrom('request' as const, 'session' as const, 'next' as const),
        (factors, method) => {
          const lb = lbOf(weights(...factors), { method })
          const total = factors.reduce((sum, each) => sum + each, 0)
          const rounds = 20
          sendMany(lb, total * rounds)
          for (const [index, each] of lb.members.entries())
            assert.ok(Math.abs(each.worker.used - factors[index]! * rounds) <= 1)
        },
      ),
    )
  })
})

const TWO: Members = { a: {}, b: {} }
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

describe('states of members (mod_jk.md 4.6 and 4.7)', () => {
  it('the first answer makes a member OK', () => {
    const lb = lbOf(TWO)
    send(lb)
    assert.deepEqual(states(lb), ['ok', 'idle'])
  })

  it('one request probes a member in recovery, others go elsewhere meanwhile', () => {
    const lb = put(lbOf(TWO), 'recover', 'b')
    const request = withSession('S.b')
    const { member: probed } = lb.select(request)!
    lb.begin(probed, request)
    assert.deepEqual(states(lb), ['idle', 'probe'])
    assert.equal(send(lb, request), 'a')
    lb.end(probed, 'ok', NO_USAGE, 0)
    assert.deepEqual(states(lb), ['ok', 'ok'])
    assert.equal(send(lb, request), 'b')
  })

  it('a member that nobody else is using is in error at its first broken connection', () => {
    const lb = lbOf(TWO)
    assert.equal(send(lb, NEW, 'comm-failure', 7), 'a')
    assert.deepEqual(states(lb), ['error', 'idle'])
    assert.deepEqual([member(lb, 'a').numbers.errors, member(lb, 'a').numbers.lastErrorAtMs], [1, 7])
    assert.equal(sendMany(lb, 3), 'bbb')
  })

  it('a member that others are using is tolerated until maintenance, or until one of them succeeds', () => {
    const lb = lbOf(TWO)
    const request = withSession('S.a')
    const { member: held } = lb.select(request)!
    lb.begin(held, request)
    assert.equal(send(lb, request, 'comm-failure', 1_000), 'a')
    assert.deepEqual(states(lb), ['ok', 'idle'])
    lb.maintain(30_999, 30_000)
    assert.equal(held.numbers.state, 'ok')
    lb.maintain(31_000, 30_000)
    assert.equal(held.numbers.state, 'error')
    lb.end(held, 'ok', NO_USAGE, 40_000)
    assert.equal(held.numbers.state, 'ok')
  })

  it('two balancers with the same worker see each other in flight', () => {
    const first = lbOf(TWO)
    const shared = { options: member(first, 'a').options, numbers: member(first, 'a').worker, isFull: () => false }
    const second = createLb(first.options, [shared], 0)
    first.begin(first.select(NEW)!.member, NEW)
    send(second, NEW, 'comm-failure')
    assert.deepEqual(states(second), ['ok'])
  })

  it('reply timeouts count up to the limit', () => {
    const lb = lbOf({ a: {} }, { maxReplyTimeouts: 2 })
    const usage = { ...NO_USAGE, replyTimeouts: 2 }
    for (const state of ['ok', 'error'] as const) {
      const { member: slow } = lb.select(NEW)!
      lb.begin(slow, NEW)
      lb.end(slow, 'reply-timeout', usage, 0)
      assert.deepEqual(states(lb), [state])
    }
  })

  it('a full member is busy until it has room', () => {
    let isFull = true
    const lb = lbOf(TWO, {}, () => isFull)
    assert.equal(send(lb, withSession('S.b'), 'busy'), 'b')
    assert.deepEqual(states(lb), ['idle', 'busy'])
    assert.equal(send(lb, withSession('S.b')), 'a')
    isFull = false
    assert.equal(send(lb, withSession('S.b')), 'b')
  })

  it('force brings every member in error back, also for the request that has tried it', () => {
    const lb = put(lbOf({ a: {}, b: {}, c: {} }), 'error', 'a', 'b')
    member(lb, 'a').worker.replyTimeouts = 5
    const tried = new Set(lb.members)
    assert.equal(lb.force(tried), true)
    assert.deepEqual(states(lb), ['force', 'force', 'idle'])
    assert.equal(member(lb, 'a').worker.replyTimeouts, 0)
    assert.deepEqual(
      [...tried].map(({ name }) => name),
      ['c'],
    )
    assert.equal(lb.force(), false)
  })

  it('listeners hear of every change', () => {
    const source = lbOf({ a: {} })
    const heard: string[] = []
    const { options, worker: numbers } = member(source, 'a')
    const lb = createLb(
      source.options,
      [{ options, numbers, isFull: () => false }],
      0,
      (each, { name, numbers: { state } }, before) => heard.push(`${each.name}/${name} ${before} > ${state}`),
    )
    send(lb)
    send(lb)
    send(lb, NEW, 'comm-failure')
    lb.force()
    assert.deepEqual(heard, ['lb/a idle > ok', 'lb/a ok > error', 'lb/a error > force'])
  })
})

describe('maintenance (mod_jk.md 4.10)', () => {
  const MINUTE = 60_000

  it('lb values and reply timeouts halve, once per interval', () => {
    const lb = lbOf(weights(1, 3))
    sendMany(lb, 16)
    member(lb, 'a').worker.replyTimeouts = 9
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(values(lb), [6, 6])
    assert.equal(member(lb, 'a').worker.replyTimeouts, 4)
    lb.maintain(MINUTE + 2 * MINUTE, MINUTE)
    assert.deepEqual(values(lb), [1, 1])
  })

  it('a timer that is a little early counts as a whole interval', () => {
    const lb = lbOf(weights(1))
    sendMany(lb, 8)
    lb.maintain(MINUTE - 40, MINUTE)
    assert.deepEqual(values(lb), [4])
  })

  it('Next takes off what usable members have in common', () => {
    const lb = lbOf({ a: {}, b: {}, c: { activation: 'stopped' } }, { method: 'next' })
    sendMany(lb, 5)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(values(lb), [1, 0, 0])
  })

  it('members without requests become idle, and so do their workers', () => {
    const lb = lbOf(TWO)
    send(lb)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['ok', 'idle'])
    lb.maintain(2 * MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['idle', 'idle'])
    assert.equal(member(lb, 'a').worker.state, 'idle')
  })

  it('a member that recovers starts level with the busiest, so that it is not flooded', () => {
    const lb = lbOf(TWO, { recoverTimeMs: MINUTE })
    send(lb, NEW, 'comm-failure', 0)
    sendMany(lb, 20)
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['error', 'ok'])
    lb.maintain(MINUTE + 1, MINUTE)
    assert.deepEqual(states(lb), ['recover', 'idle'])
    assert.deepEqual(values(lb), [5, 5])
  })

  it('with Busyness a member that recovers keeps its count', () => {
    const lb = lbOf(TWO, { recoverTimeMs: MINUTE, method: 'busyness' })
    send(lb, NEW, 'comm-failure', 0)
    for (let i = 0; i < 3; i++) lb.begin(lb.select(NEW)!.member, NEW)
    lb.maintain(MINUTE + 1, MINUTE)
    assert.deepEqual(values(lb), [0, 3])
  })

  it('when all are in error, all are forced', () => {
    const lb = put(lbOf(TWO), 'error', 'a', 'b')
    for (const { numbers } of lb.members) numbers.lastErrorAtMs = 0
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['force', 'force'])
  })

  it('while one is not in error, none is forced', () => {
    const lb = put(put(lbOf(TWO), 'error', 'a'), 'probe', 'b')
    member(lb, 'a').numbers.lastErrorAtMs = 0
    lb.maintain(MINUTE, MINUTE)
    assert.deepEqual(states(lb), ['error', 'probe'])
  })
})

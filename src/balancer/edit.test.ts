/** Edits: what is refused, that all are done or none, what they say of themselves, and whom they reach. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyEdits, type LiveEndpoint } from './edit-apply.ts'
import { backendAttributes, lbAttributes, memberAttributes } from './edit-attributes.ts'
import { judgeOverlay, type OverlayEntry, overlayOf } from './edit-overlay.ts'
import type { Edit } from './edit-types.ts'
import { formatChange, formatEditor, formatProblem } from './edit-words.ts'
import { createLb, type Lb } from './lb.ts'
import { createWorkerNumbers } from './numbers.ts'
import type { EndpointWorkerOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'

const http = (port: number, options: Partial<EndpointWorkerOptions> = {}): EndpointWorkerOptions => ({
  type: 'http',
  host: '127.0.0.1',
  port,
  ...options,
})
const configured = resolveOptions({
  listen: [{ host: '127.0.0.1', port: 0 }],
  workers: {
    a: http(1),
    b: http(2),
    c: http(3),
    one: { type: 'lb', balanceWorkers: ['a', 'b'] },
    two: { type: 'lb', balanceWorkers: ['b'] },
  },
  workerList: ['one', 'two', 'c'],
  hosts: [{ names: [], mounts: [], access: [] }],
})

/** Two lbs that share the worker `b`, and `c` that stands alone. */
function live() {
  const { workers } = configured
  const endpoints = new Map(
    ['a', 'b', 'c'].map((name): [string, LiveEndpoint & { isFull(): boolean }] => [
      name,
      {
        options: workers[name] as ResolvedEndpointWorker,
        numbers: createWorkerNumbers(0),
        isFull: () => false,
        reconfigure(options) {
          Object.assign(this, { options })
        },
      },
    ]),
  )
  const lbs = new Map(
    ['one', 'two'].map((name): [string, Lb] => {
      const options = workers[name] as ResolvedLbWorker
      return [
        name,
        createLb(
          options,
          options.balanceWorkers.map((each) => endpoints.get(each)!),
          0,
        ),
      ]
    }),
  )
  const memberOf = (lb: string, name: string) => lbs.get(lb)!.members.find((each) => each.name === name)!
  return { lbs, endpoints, memberOf, edit: (...edits: Edit[]) => applyEdits(edits, { lbs, endpoints }, 7) }
}

const member = (set: Extract<Edit, { type: 'update-member' }>['set'], name = 'a', lb = 'one'): Edit => ({
  type: 'update-member',
  lb,
  member: name,
  set,
})
const worker = (set: Extract<Edit, { type: 'update-worker' }>['set'], name = 'c'): Edit => ({
  type: 'update-worker',
  worker: name,
  set,
})
const lb = (set: object): Edit => ({ type: 'update-lb', lb: 'one', set })

const REFUSED: readonly [rule: string, edits: readonly Edit[], problem: string][] = [
  ['an lb that is not there', [{ type: 'reset-lb', lb: 'x' }], 'x: there is no such worker'],
  ['a worker that is an lb', [worker({ retries: 3 }, 'one')], 'one: there is no such worker'],
  ['an lb that is none', [{ type: 'reset-lb', lb: 'c' }], 'c: there is no such worker'],
  ['a member that is elsewhere', [member({ distance: 1 }, 'a', 'two')], 'two/a: there is no such member'],
  ['names that lie', [{ type: 'reset-lb', lb: 'x\nedit' }], '"x\\nedit": there is no such worker'],
  ['what cannot be changed', [lb({ sessionCookie: 'X' })], 'one sessionCookie "X": cannot be changed while it runs'],
  ['what every object has', [lb({ constructor: 1 })], 'one constructor "1": cannot be changed while it runs'],
  [
    'attributes of members, for a worker',
    [worker({ lbfactor: 2 } as object)],
    'c lbfactor "2": cannot be changed while it runs',
  ],
  ['too little', [lb({ retries: 0 })], 'one retries "0": out of range'],
  ['too much', [member({ lbfactor: 1_000_001 })], 'one/a lbfactor "1000001": out of range'],
  ['a port that is none', [worker({ port: 65_536 })], 'c port "65536": out of range'],
  ['what is not whole', [worker({ retries: 1.5 })], 'c retries "1.5": out of range'],
  ['a number that is a text', [lb({ retries: '3' })], 'one retries "3": out of range'],
  ['a flag that is a text', [lb({ stickySession: 'no' })], 'one sticky_session "no": not one of its values'],
  ['a word that is not known', [lb({ method: 'x' })], 'one method "x": not one of its values'],
  ['a name of 64 bytes', [member({ domain: 'é'.repeat(32) })], `one/a domain "${'é'.repeat(32)}": too long`],
  ['no route', [member({ route: '' })], 'one/a route "": empty'],
  ['a route that is taken', [member({ route: 'b' })], 'one/a route "b": another member has this route'],
  [
    'one route for two',
    [member({ route: 'x' }), member({ route: 'x' }, 'b')],
    'one/a route "x": another member has this route',
  ],
  ['no host', [worker({ host: '' })], 'c host "": empty'],
  ['a host that is none', [worker({ host: 'a b' })], 'c host "a b": no address can be found for it'],
  [
    'a recovery of what is well',
    [{ type: 'recover-member', lb: 'one', member: 'a' }],
    'one/a: the member is not in error',
  ],
]

describe('an edit is refused:', () => {
  for (const [rule, edits, problem] of REFUSED)
    it(rule, () => {
      const { edit } = live()
      const result = edit(...edits)
      assert.ok(!result.done)
      assert.equal(formatProblem(result.problems[0]!), problem)
    })

  it('one of several: nothing is done, and every problem is told', () => {
    const { edit, memberOf, lbs } = live()
    const result = edit(member({ distance: 5 }), lb({ retries: 9 }), member({ distance: -1 }, 'b'), lb({ lock: 'x' }))
    assert.ok(!result.done)
    assert.deepEqual(
      result.problems.map(({ attribute }) => attribute),
      ['distance', 'lock'],
    )
    assert.deepEqual([memberOf('one', 'a').options.distance, lbs.get('one')!.options.retries], [0, 2])
  })
})

describe('an edit is done', () => {
  it('and says what it has changed, in the words and units of workers.properties', () => {
    const { edit } = live()
    const result = edit(
      lb({ recoverTimeMs: 45_000, method: 'next', stickySession: false, retries: 2 }),
      member({ activation: 'disabled', redirect: 'b', connectionPoolTimeoutMs: 600_000 }),
      { type: 'reset-member', lb: 'one', member: 'a' },
      { type: 'reset-worker', worker: 'c' },
    )
    assert.ok(result.done)
    assert.deepEqual(result.changes.map(formatChange), [
      'one recover_time: "60" -> "45"',
      'one sticky_session: "true" -> "false"',
      'one method: "request" -> "next"',
      'one/a activation: "active" -> "disabled"',
      'one/a redirect: "" -> "b"',
      'one/a connection_pool_timeout: "0" -> "600"',
      'one/a reset',
      'c reset',
    ])
  })

  it('says who did it', () => {
    assert.equal(formatEditor({ address: '127.0.0.1', user: undefined }), '127.0.0.1')
    assert.equal(formatEditor({ address: '::1', user: 'a\n"b"' }), '"a\\n\\"b\\"" at ::1')
  })

  it('two members swap their routes', () => {
    const { edit, memberOf } = live()
    assert.ok(edit(member({ route: 'b' }), member({ route: 'a' }, 'b')).done)
    assert.deepEqual([memberOf('one', 'a').options.route, memberOf('one', 'b').options.route], ['b', 'a'])
  })

  it('settings of connections reach the worker, and every lb that it is a member of', () => {
    const { edit, memberOf, endpoints } = live()
    assert.ok(edit(member({ replyTimeoutMs: 9, distance: 4 }, 'b')).done)
    assert.equal(endpoints.get('b')!.options.replyTimeoutMs, 9)
    assert.equal(memberOf('one', 'b').options.replyTimeoutMs, 9)
    assert.equal(memberOf('two', 'b').options.replyTimeoutMs, 9)
  })

  it('settings of a member are of that lb alone', () => {
    const { edit, memberOf, endpoints } = live()
    const before = endpoints.get('b')!.options
    assert.ok(edit(member({ activation: 'stopped', lbfactor: 4 }, 'b')).done)
    assert.deepEqual([memberOf('two', 'b').options.activation, memberOf('two', 'b').options.lbfactor], ['active', 1])
    assert.equal(endpoints.get('b')!.options, before)
    // And stay so when something else is changed.
    assert.ok(edit(member({ retries: 7 }, 'b', 'two')).done)
    assert.deepEqual([memberOf('one', 'b').options.activation, memberOf('one', 'b').options.retries], ['stopped', 7])
  })

  it('a worker that stands alone', () => {
    const { edit, endpoints } = live()
    assert.ok(edit(worker({ host: '::1', port: 0, maxPacketSize: 9_000 })).done)
    const { host, port, maxPacketSize } = endpoints.get('c')!.options
    assert.deepEqual([host, port, maxPacketSize], ['::1', 0, 9_216])
  })

  it('options stay frozen', () => {
    const { edit, memberOf, lbs, endpoints } = live()
    assert.ok(edit(member({ retries: 5 }), lb({ retries: 5 })).done)
    for (const options of [memberOf('one', 'a').options, lbs.get('one')!.options, endpoints.get('a')!.options])
      assert.ok(Object.isFrozen(options))
  })

  const DOMAINS: readonly [rule: string, set: object, expected: string][] = [
    ['a route with a dot says the domain of a member that has none', { route: 'east.a' }, 'east'],
    ['unless a domain is given', { route: 'east.a', domain: 'west' }, 'west'],
    ['or taken away', { route: 'east.a', domain: '' }, ''],
    ['a route without a dot says nothing', { route: 'x' }, ''],
  ]
  for (const [rule, set, expected] of DOMAINS)
    it(rule, () => {
      const { edit, memberOf } = live()
      assert.ok(edit(member(set)).done)
      assert.equal(memberOf('one', 'a').options.domain, expected)
    })

  it('a recovery', () => {
    const { edit, memberOf } = live()
    memberOf('one', 'a').numbers.state = 'error'
    assert.ok(edit({ type: 'recover-member', lb: 'one', member: 'a' }).done)
    assert.equal(memberOf('one', 'a').numbers.state, 'recover')
  })

  it('a reset of an lb, at the time it was asked for', () => {
    const { edit, lbs } = live()
    assert.ok(edit({ type: 'reset-lb', lb: 'one' }).done)
    assert.equal(lbs.get('one')!.numbers.resetAtMs, 7)
  })
})

describe('what edits have made', () => {
  const changed = () => {
    const scene = live()
    const result = scene.edit(
      lb({ recoverTimeMs: 45_000, method: 'busyness', stickySession: false, lock: 'pessimistic' }),
      member({ route: 'b', activation: 'stopped', replyTimeoutMs: 9 }),
      member({ route: 'a', domain: 'x' }, 'b'),
      worker({ host: '::1', port: 0, connectionPoolTimeoutMs: 600_000 }),
    )
    assert.ok(result.done)
    return scene
  }

  it('can be done again, also where one makes room for the other', () => {
    const entries = overlayOf(configured, changed())
    assert.equal(entries.length, 12)
    const { edits, kept, overruled } = judgeOverlay(JSON.parse(JSON.stringify(entries)), configured)
    assert.deepEqual([kept.length, overruled], [12, []])
    const again = live()
    assert.ok(again.edit(...edits).done)
    assert.deepEqual(overlayOf(configured, again), entries)
  })

  it('is nothing when all is as configured', () => assert.deepEqual(overlayOf(configured, live()), []))

  const entry = { worker: 'one', attribute: 'retries', configured: '2', value: '5' }
  const rows: readonly [rule: string, entry: OverlayEntry, now: string | undefined | 'kept'][] = [
    ['holds while the configuration is the same', entry, 'kept'],
    ['not when the configuration says something else', { ...entry, configured: '3' }, '2'],
    ['not for a worker that is gone', { ...entry, worker: 'x' }, undefined],
    ['not for a worker of another kind', { ...entry, worker: 'c', attribute: 'method' }, undefined],
    ['not for a member that is gone', { ...entry, member: 'c', attribute: 'lbfactor' }, undefined],
    ['not for a member of what has none', { ...entry, worker: 'c', member: 'a' }, undefined],
    ['not for what every object has', { ...entry, worker: 'constructor' }, undefined],
    ['not with a value that is none', { ...entry, value: 'many' }, '2'],
  ]
  for (const [rule, given, now] of rows)
    it(rule, () => {
      const { kept, overruled } = judgeOverlay([given], configured)
      if (now === 'kept') assert.deepEqual(kept, [given])
      else assert.deepEqual(overruled, [{ entry: given, configured: now }])
    })
})

it('every attribute has a name of its own', () => {
  for (const table of [lbAttributes, { ...memberAttributes, ...backendAttributes }]) {
    const names = Object.values(table).map(({ directive }) => directive)
    assert.equal(new Set(names).size, names.length)
  }
})

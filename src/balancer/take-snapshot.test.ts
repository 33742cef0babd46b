import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createLb, type Lb } from './lb.ts'
import { createWorkerNumbers } from './numbers.ts'
import type { BalancerOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'
import { ShownAddresses } from './shown-addresses.ts'
import type { LbSnapshot } from './snapshot.ts'
import { type SnapshotSource, takeSnapshot } from './take-snapshot.ts'
import { modJkSnapshot } from './testing/mod-jk-snapshot.ts'

const GIVEN: BalancerOptions = {
  listen: [{ host: '127.0.0.1', port: 0 }],
  workers: {
    a: { type: 'http', host: '127.0.0.1', port: 9001 },
    b: { type: 'http', host: '::1', port: 9002 },
    lb: { type: 'lb', balanceWorkers: ['a', 'b'] },
    status: { type: 'status' },
  },
  workerList: ['status', 'b', 'lb'],
  hosts: [
    {
      names: ['one'],
      mounts: [
        { pattern: '/*', worker: 'lb', source: 'mount' },
        { pattern: '/b/c', worker: 'b', source: 'mount-file' },
        { pattern: '/*.gif', worker: '*', exclude: true, source: 'mount' },
        { pattern: '/x', worker: '*', disabled: true, source: 'worker' },
      ],
      access: [],
    },
    { label: 'second', names: ['two'], mounts: [{ pattern: '/?', worker: 'lb', source: 'mount' }], access: [] },
  ],
}

function source(): SnapshotSource & { lb: Lb } {
  const options = resolveOptions(GIVEN)
  const endpoints = new Map(
    ['a', 'b'].map((name) => [
      name,
      { options: options.workers[name] as ResolvedEndpointWorker, numbers: createWorkerNumbers(1_000) },
    ]),
  )
  const sources = ['a', 'b'].map((name) => ({
    ...endpoints.get(name)!,
    isFull: () => false,
  }))
  const lb = createLb(options.workers.lb as ResolvedLbWorker, sources, 1_000)
  const addresses = new ShownAddresses(() => Promise.reject(new Error('no names here')))
  return { options, lbs: new Map([['lb', lb]]), endpoints, addresses, lb }
}

const MOMENT = { nowMs: 1_700_000_000_000, monotonicMs: 5_000, utcOffsetMinutes: 60 }

describe('takeSnapshot', () => {
  it('lists workers in the order of the worker list', () => {
    const { workers } = takeSnapshot(source(), MOMENT)
    assert.deepEqual(
      workers.map(({ kind, name }) => `${kind} ${name}`),
      ['status status', 'endpoint b', 'lb lb'],
    )
  })

  it('turns monotonic times into epoch times', () => {
    const { lb, ...rest } = source()
    lb.members[0]!.numbers.firstErrorAtMs = 3_000
    lb.members[0]!.numbers.lastErrorAtMs = 4_000
    const snapshot = takeSnapshot(rest, MOMENT).workers.find((worker): worker is LbSnapshot => worker.kind === 'lb')!
    const [a, b] = snapshot.members
    assert.deepEqual([a?.errorAtMs, a?.lastErrorAtMs], [MOMENT.nowMs - 2_000, MOMENT.nowMs - 1_000])
    assert.deepEqual([b?.errorAtMs, b?.lastErrorAtMs], [undefined, undefined])
    assert.equal(snapshot.resetAtMs, MOMENT.nowMs - 4_000)
  })

  it('shows of a member the first of its errors, a worker the last', () => {
    const { lb, ...rest } = source()
    Object.assign(lb.members[1]!.numbers, { firstErrorAtMs: 3_000, lastErrorAtMs: 4_000 })
    lb.members[1]!.worker.errorAtMs = 4_000
    const { workers } = takeSnapshot(rest, MOMENT)
    const alone = workers.find((worker) => worker.kind === 'endpoint')!
    const member = workers.find((worker): worker is LbSnapshot => worker.kind === 'lb')!.members[1]!
    assert.deepEqual([member.name, alone.name], ['b', 'b'])
    assert.deepEqual([member.errorAtMs, alone.errorAtMs], [MOMENT.nowMs - 2_000, MOMENT.nowMs - 1_000])
  })

  it('keeps ages when the clock is set', () => {
    const given = source()
    const ages = [MOMENT.nowMs, MOMENT.nowMs - 3_600_000].map((nowMs) => {
      const { takenAtMs, workers } = takeSnapshot(given, { ...MOMENT, nowMs })
      return takenAtMs - workers.find((worker): worker is LbSnapshot => worker.kind === 'lb')!.resetAtMs
    })
    assert.deepEqual(ages, [4_000, 4_000])
  })

  it('gives each worker its rules, sorted per host, exclusions of * to all', () => {
    const { workers } = takeSnapshot(source(), MOMENT)
    const rules = workers.flatMap((worker) =>
      worker.kind === 'status'
        ? []
        : worker.mounts.map(({ server, pattern, isExact }) => `${worker.name} ${server} ${pattern} ${isExact}`),
    )
    assert.deepEqual(rules, [
      'b one /b/c true',
      'b one /*.gif false',
      'lb one /*.gif false',
      'lb one /* false',
      'lb second /? false',
    ])
  })

  it('shows what a rule changes for its requests; what it does not is -1, 0 or empty', () => {
    const extensions = {
      replyTimeoutMs: 0,
      stickyIgnore: true,
      stateless: true,
      failOnStatus: [500, -404],
      active: ['a'],
      disabled: ['a', 'b'],
      stopped: ['b'],
      useServerErrors: 502,
      sessionCookie: 'not shown',
    }
    const { options, ...rest } = source()
    const mounts = [
      { pattern: '/x', worker: 'b', source: 'mount', extensions } as const,
      { pattern: '/y', worker: 'b', source: 'mount' } as const,
    ]
    const snapshot = takeSnapshot(
      { options: { ...options, hosts: [{ ...options.hosts[0]!, mounts }] }, ...rest },
      MOMENT,
    )
    const b = snapshot.workers.find((worker) => worker.kind === 'endpoint')!
    const shown = b.mounts.map(
      ({ pattern: _, server: _s, source: _o, isExact: _e, isExclusion: _x, isDisabled: _d, ...more }) => more,
    )
    const lists = { failOnStatus: '500,-404', active: 'a', disabled: 'a,b', stopped: 'b' }
    const none = { failOnStatus: '', active: '', disabled: '', stopped: '' }
    assert.deepEqual(shown, [
      { replyTimeoutMs: 0, stickyIgnore: true, stateless: true, ...lists, useServerErrors: 502 },
      { replyTimeoutMs: -1, stickyIgnore: false, stateless: false, ...none, useServerErrors: 0 },
    ])
  })

  it('puts an IPv6 address into brackets', () => {
    const b = takeSnapshot(source(), MOMENT).workers.find((worker) => worker.kind === 'endpoint')
    assert.equal(b?.address, '[::1]:9002')
  })

  it('shows a balancer of mod_jk as the saved pages need it', () => {
    const saved = readFileSync(new URL('./fixtures/mod-jk-snapshot.json', import.meta.url), 'utf8')
    assert.deepEqual(JSON.parse(JSON.stringify(modJkSnapshot())), JSON.parse(saved))
  })

  it('is plain data', () => {
    const snapshot = takeSnapshot(source(), MOMENT)
    assert.deepEqual(structuredClone(snapshot), snapshot)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MountRule, VirtualHostOptions } from './options.ts'
import { createRouter, MAX_REMEMBERED_BYTES, type Route } from './router.ts'

function host(names: readonly string[], worker: string, more: Partial<VirtualHostOptions> = {}): VirtualHostOptions {
  return { names, mounts: [mount('/*', worker)], access: [], ...more }
}

function mount(pattern: string, worker: string): MountRule {
  return { pattern, worker, source: 'mount' }
}

const HOSTS = [
  host([], 'default'),
  host(['www.example.com'], 'www'),
  host(['*.example.com', 'example.org'], 'any'),
  host(['late.example.com', 'example.org', 'node?.example.net'], 'late'),
  host(['[::1]'], 'six'),
]

const BY_HOST: readonly [rule: string, field: string | undefined, worker: string][] = [
  ['without a Host field the default host answers', undefined, 'default'],
  ['an unknown name belongs to the default host', 'nosuch.example', 'default'],
  ['an empty name belongs to the default host', '', 'default'],
  ['a name is found', 'www.example.com', 'www'],
  ['case does not count', 'WWW.Example.COM', 'www'],
  ['the port does not count', 'www.example.com:8080', 'www'],
  ['a final dot does not count', 'www.example.com.', 'www'],
  ['an alias takes subdomains', 'a.b.example.com', 'any'],
  ['an alias does not take the domain itself', 'example.com', 'default'],
  ['the first host with an alias wins over a later exact name', 'late.example.com', 'any'],
  ['the first host with an exact name wins', 'example.org', 'any'],
  ['a question mark is one character', 'node7.example.net', 'late'],
  ['an IPv6 address keeps its brackets', '[::1]', 'six'],
  ['an IPv6 address has a port behind them', '[::1]:80', 'six'],
]

const from = (address: string) => ({ client: { address }, method: 'GET', user: undefined })

function workerOf(route: Route): string {
  return route.kind === 'worker' ? route.worker : route.kind
}

describe('virtual hosts', () => {
  const router = createRouter(HOSTS)
  for (const [rule, field, worker] of BY_HOST) it(rule, () => assert.equal(workerOf(router.route(field, '/x')), worker))

  it('one host answers whatever it is called', () => {
    assert.equal(workerOf(createRouter([host(['only.example'], 'only')]).route('other.example', '/x')), 'only')
  })
})

describe('routes', () => {
  const jkstatus: VirtualHostOptions = {
    names: [],
    mounts: [mount('/app/*', 'lb'), mount('/jkstatus', 'status')],
    access: [{ location: '/jkstatus', order: 'deny,allow', deny: ['all'], allow: ['127.0.0.1'] }],
  }
  const router = createRouter([jkstatus])

  it('a route names worker, rule, cleaned path and the path to forward', () => {
    assert.deepEqual(router.route('a', '/app/./%78;jsessionid=1.n1?q=/app'), {
      kind: 'worker',
      worker: 'lb',
      rule: jkstatus.mounts[0],
      path: '/app/x',
      forward: '/app/x;jsessionid=1.n1',
      overrides: undefined,
      access: undefined,
      host: 0,
    })
  })

  it('an unmapped path has no worker', () => {
    assert.deepEqual(router.route('a', '/other?q'), {
      kind: 'none',
      path: '/other',
      forward: '/other',
      local: '/other',
      access: undefined,
      host: 0,
    })
  })

  const guarded = [
    '/jkstatus',
    '/jkstatus;x',
    '//jkstatus',
    '/a/..;/jkstatus',
    '/%6akstatus',
    '/jkstatus%3bx',
    '/./jkstatus?cmd=list',
  ]
  for (const target of guarded)
    it(`${target} is mapped as /jkstatus and meets its rules`, () => {
      const route = router.route('a', target)
      assert.ok(route.kind === 'worker')
      assert.equal(route.worker, 'status')
      assert.equal(route.access?.judge(from('10.0.0.1')), 'out')
      assert.equal(route.access?.judge(from('127.0.0.1')), 'in')
    })

  it('rules of a Location hold for unmapped paths too', () => {
    const route = router.route('a', '/jkstatus/x')
    assert.ok(route.kind === 'none')
    assert.equal(route.access?.judge(from('10.0.0.1')), 'out')
  })

  const refused: readonly [target: string, status: number][] = [
    ['/..;/x', 400],
    ['/x%zz', 400],
    ['/x?a#b', 400],
    ['/x%2fy', 404],
  ]
  for (const [target, status] of refused)
    it(`${target} is refused with ${status}`, () => {
      for (let time = 0; time < 3; time++) assert.deepEqual(router.route('a', target), { kind: 'refused', status })
    })
})

describe('remembered routes', () => {
  it('a path that comes again gets the very same route', () => {
    const router = createRouter(HOSTS)
    router.route('www.example.com', '/hot?1')
    const second = router.route('www.example.com', '/hot?2')
    assert.equal(router.route('www.example.com', '/hot?3'), second)
    assert.equal(router.route('www.example.com', '/hot'), second)
  })

  it('a flood of other paths does not displace it', () => {
    const router = createRouter(HOSTS)
    router.route('x', '/hot')
    const remembered = router.route('x', '/hot')
    for (let i = 0; i < 100_000; i++) router.route('x', `/flood/${i}`)
    assert.equal(router.route('x', '/hot'), remembered)
  })

  it('a very long path is routed but not remembered', () => {
    const router = createRouter(HOSTS)
    const long = `/${'x'.repeat(MAX_REMEMBERED_BYTES)}`
    router.route('x', long)
    const second = router.route('x', long)
    assert.notEqual(router.route('x', long), second)
    assert.deepEqual(router.route('x', long), second)
  })

  it('a router that remembers answers as one that does not', () => {
    const hosts: VirtualHostOptions[] = [
      {
        names: ['a'],
        mounts: [mount('/a/*', 'one'), mount('/*b', 'two')],
        access: [{ location: '/a', order: 'allow,deny', allow: ['all'], deny: [] }],
      },
      { names: ['b'], mounts: [mount('/b', 'three')], access: [] },
    ]
    const plain = createRouter(hosts, { slots: 0 })
    const request = fc.tuple(
      fc.constantFrom('a', 'b', 'B:80', 'c'),
      fc
        .string({ unit: fc.constantFrom('/', 'a', 'b', '.', ';', '%61', '?', '#', '%2f'), maxLength: 6 })
        .map((s) => `/${s}`),
    )
    // Few slots, so that paths meet in them.
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const remembering = createRouter(hosts, { slots: 4 })
        for (const [name, target] of requests)
          assert.deepEqual(withoutChecks(remembering.route(name, target)), withoutChecks(plain.route(name, target)))
      }),
      { numRuns: 300 },
    )
  })
})

/** Two routers have two equal checks, which are not the same function. */
function withoutChecks(route: Route): object {
  return route.kind === 'refused' ? route : { ...route, access: route.access !== undefined }
}

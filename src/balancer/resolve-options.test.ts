import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BalancerError } from './errors.ts'
import { MAX_PROBLEMS } from './findings.ts'
import type { BalancerOptions, EndpointWorkerOptions, LbWorkerOptions, VirtualHostOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker, ResolvedStatusWorker } from './resolved-options.ts'

const host: VirtualHostOptions = { names: [], mounts: [{ pattern: '/*', worker: 'lb', source: 'mount' }], access: [] }

const BASE: BalancerOptions = {
  listen: [{ host: '127.0.0.1', port: 0 }],
  workers: {
    node1: { type: 'http', port: 9001 },
    node2: { type: 'http', port: 9002 },
    lb: { type: 'lb', balanceWorkers: ['node1', 'node2'] },
  },
  workerList: ['lb'],
  hosts: [host],
}

function withWorkers(workers: Record<string, unknown>): BalancerOptions {
  return { ...BASE, workers: { ...BASE.workers, ...(workers as BalancerOptions['workers']) } }
}

const node1 = (options: Partial<EndpointWorkerOptions>) => withWorkers({ node1: { type: 'http', ...options } })
const lb = (options: Partial<LbWorkerOptions>) =>
  withWorkers({ lb: { type: 'lb', balanceWorkers: ['node1', 'node2'], ...options } })
const onHost = (more: Partial<VirtualHostOptions>): BalancerOptions => ({ ...BASE, hosts: [{ ...host, ...more }] })

function problemsOf(options: BalancerOptions): readonly string[] {
  try {
    resolveOptions(options)
    return []
  } catch (error) {
    assert.ok(error instanceof BalancerError)
    assert.equal(error.code, 'BALANCER_OPTIONS')
    return error.problems
  }
}

const PROBLEMS: readonly [rule: string, options: BalancerOptions, problem: RegExp][] = [
  ['somewhere to listen', { ...BASE, listen: [] }, /^listen: is empty/],
  [
    'a port is a port',
    { ...BASE, listen: [{ host: '::', port: 65_536 }] },
    /^listen\[0\]\.port: 65536 is not within 0 … 65535$/,
  ],
  ['an address to bind', { ...BASE, listen: [{ host: '', port: 1 }] }, /^listen\[0\]\.host: is empty$/],
  ['a default host', { ...BASE, hosts: [] }, /^hosts: is empty/],
  ['something to mount', { ...BASE, workerList: [] }, /^workerList: is empty/],
  ['listed workers exist', { ...BASE, workerList: ['lb', 'nosuch'] }, /^workerList: names nosuch/],
  [
    'no worker is inherited from Object',
    { ...BASE, workerList: ['lb', 'constructor'] },
    /^workerList: names constructor/,
  ],
  [
    'limits are numbers',
    { ...BASE, limits: { headBytes: Number.NaN } },
    /^limits\.headBytes: NaN is not a whole number$/,
  ],
  ['limits have a least value', { ...BASE, limits: { headerCount: 0 } }, /^limits\.headerCount: 0 is not within 1/],
  [
    'timeouts fit into a timer',
    { ...BASE, timeouts: { headMs: 2 ** 31 } },
    /^timeouts\.headMs: 2147483648 is not within/,
  ],
  ['timeouts are not negative', { ...BASE, timeouts: { bodyMs: -1 } }, /^timeouts\.bodyMs: -1/],
  ['maintenance is not negative', { ...BASE, maintainMs: -1 }, /^maintainMs: -1/],
  [
    'trusted proxies are addresses',
    { ...BASE, trustedProxies: ['proxy.local'] },
    /^trustedProxies: proxy\.local is no address/,
  ],

  ['a known type', withWorkers({ odd: { type: 'ajp12' } }), /^workers\.odd\.type: is not known: ajp12$/],
  ['a port of a worker', node1({ port: 70_000 }), /^workers\.node1\.port: 70000/],
  ['a host of a worker', node1({ host: '' }), /^workers\.node1\.host: is empty$/],
  ['a whole weight', node1({ lbfactor: 1.5 }), /^workers\.node1\.lbfactor: 1\.5 is not a whole number$/],
  ['a positive weight', node1({ lbfactor: 0 }), /^workers\.node1\.lbfactor: 0 is not within 1/],
  ['at least one attempt', node1({ retries: 0 }), /^workers\.node1\.retries: 0 is not within 1/],
  [
    'known recovery options',
    node1({ recoveryOptions: 32 }),
    /^workers\.node1\.recoveryOptions: 32 is not within 0 … 31$/,
  ],
  ['statuses are statuses', node1({ failOnStatus: [-404, 42] }), /^workers\.node1\.failOnStatus: 42/],
  ['a known activation', node1({ activation: 'x' as 'active' }), /^workers\.node1\.activation: x is none of active/],

  ['members', lb({ balanceWorkers: [] }), /^workers\.lb\.balanceWorkers: is empty$/],
  [
    'members exist',
    lb({ balanceWorkers: ['node1', 'nosuch'] }),
    /^workers\.lb\.balanceWorkers: names nosuch, which does not exist$/,
  ],
  [
    'members can serve',
    lb({ balanceWorkers: ['lb'] }),
    /^workers\.lb\.balanceWorkers: names lb, which is a worker of type lb$/,
  ],
  ['a member stands in the list once', lb({ balanceWorkers: ['node1', 'node1'] }), /same route node1$/],
  [
    'routes of members differ',
    node1({ route: 'node2' }),
    /^workers\.lb\.balanceWorkers: node1 and node2 have the same route node2$/,
  ],
  ['a known method', lb({ method: 'xyz' as 'next' }), /^workers\.lb\.method: xyz is none of request/],
  ['a name for the session cookie', lb({ sessionCookie: '' }), /^workers\.lb\.sessionCookie: is empty$/],

  [
    'patterns begin with a slash',
    onHost({ mounts: [{ pattern: '*.jsp', worker: 'lb', source: 'mount' }] }),
    /the pattern \*\.jsp does not begin with \/$/,
  ],
  [
    'locations begin with a slash',
    onHost({ access: [{ location: 'x', order: 'deny,allow', allow: [], deny: [] }] }),
    /the location does not begin with \/$/,
  ],
  [
    'locations are no wildcards',
    onHost({ access: [{ location: '/a/*', order: 'deny,allow', allow: [], deny: [] }] }),
    /wildcards need match: glob/,
  ],
  [
    'access lists hold addresses',
    onHost({ access: [{ location: '/a', order: 'deny,allow', allow: [], deny: ['evil.example'] }] }),
    /^hosts\[0\]\.access \/a deny: evil\.example is no address/,
  ],
]

const WARNINGS: readonly [rule: string, options: BalancerOptions, warning: RegExp | undefined][] = [
  ['nothing to warn of', BASE, undefined],
  [
    'a rule for an unknown worker',
    onHost({ mounts: [{ pattern: '/x', worker: 'nosuch', source: 'mount' }] }),
    /^hosts\[0\]\.mounts: \/x names nosuch, which is not in the worker list$/,
  ],
  [
    'a rule for a worker that is not listed',
    onHost({ mounts: [{ pattern: '/x', worker: 'node1', source: 'mount' }] }),
    /names node1/,
  ],
  [
    '* is a worker in an exclusion',
    onHost({ mounts: [{ pattern: '/x', worker: '*', exclude: true, source: 'mount' }] }),
    undefined,
  ],
  ['* is no worker in a rule', onHost({ mounts: [{ pattern: '/x', worker: '*', source: 'mount' }] }), /names \*/],
  [
    'a redirect that leads nowhere',
    node1({ redirect: 'nosuch' }),
    /^workers\.node1\.redirect: nosuch is the route of no member of lb$/,
  ],
  ['a redirect to a member', node1({ redirect: 'node2' }), undefined],
  ['a domain that cannot match', node1({ domain: 'a.b' }), /^workers\.node1\.domain: a\.b holds a dot/],
]

describe('problems', () => {
  for (const [rule, options, problem] of PROBLEMS)
    it(rule, () => {
      const problems = problemsOf(options)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0]!, problem)
    })

  it('are all reported at once', () => {
    const problems = problemsOf({ ...BASE, listen: [], hosts: [], workerList: ['nosuch'], maintainMs: 0.5 })
    assert.equal(problems.length, 4)
  })

  it('are part of the message', () => {
    assert.throws(() => resolveOptions({ ...BASE, listen: [] }), { message: /\n {2}- listen: is empty/ })
  })

  it('are counted beyond the limit', () => {
    const listen = Array.from({ length: MAX_PROBLEMS + 7 }, () => ({ host: '::', port: -1 }))
    const problems = problemsOf({ ...BASE, listen })
    assert.equal(problems.length, MAX_PROBLEMS + 1)
    assert.equal(problems.at(-1), 'and 7 more')
  })
})

describe('warnings', () => {
  for (const [rule, options, warning] of WARNINGS)
    it(rule, () => {
      const [first, ...more] = resolveOptions(options).warnings
      assert.deepEqual(more, [])
      if (warning === undefined) assert.equal(first, undefined)
      else assert.match(first ?? '', warning)
    })
})

describe('defaults', () => {
  it('of the front', () => {
    const { limits, timeouts, maintainMs, trustedProxies } = resolveOptions(BASE)
    assert.deepEqual(limits, {
      headBytes: 65_536,
      headerCount: 100,
      targetBytes: 8_192,
      bodyBytes: 0,
      pipelinedRequests: 32,
      connections: 16_384,
      requestsPerConnection: 0,
    })
    assert.deepEqual(timeouts, {
      headMs: 20_000,
      bodyMs: 30_000,
      keepAliveMs: 15_000,
      halfClosedMs: 30_000,
      sendMs: 60_000,
      replyMs: 300_000,
    })
    assert.equal(maintainMs, 60_000)
    assert.deepEqual(trustedProxies, [])
  })

  it('of an endpoint worker', () => {
    assert.deepEqual(resolveOptions(withWorkers({ plain: { type: 'ajp13' } })).workers.plain, {
      name: 'plain',
      type: 'ajp13',
      host: 'localhost',
      port: 8009,
      source: undefined,
      preferIpv6: false,
      socketConnectTimeoutMs: 0,
      socketTimeoutMs: 0,
      socketKeepalive: false,
      connectTimeoutMs: 0,
      prepostTimeoutMs: 0,
      pingTimeoutMs: 10_000,
      connectionPingIntervalMs: 0,
      maxPacketSize: 8_192,
      secret: '',
      maxHeaderCount: 100,
      answerGapMs: 60_000,
      namesDeleteAndPropfind: false,
      strictTruncation: false,
      replyTimeoutMs: 300_000,
      connectionPoolSize: 250,
      connectionPoolMinsize: 125,
      connectionPoolTimeoutMs: 0,
      connectionAcquireTimeoutMs: 200,
      busyLimit: 0,
      retries: 2,
      retryIntervalMs: 100,
      recoveryOptions: 0,
      allowReplay: false,
      failOnStatus: [],
      lbfactor: 1,
      distance: 0,
      route: 'plain',
      domain: '',
      redirect: '',
      activation: 'active',
    } satisfies ResolvedEndpointWorker)
  })

  it('of an lb', () => {
    assert.deepEqual(resolveOptions(BASE).workers.lb, {
      name: 'lb',
      type: 'lb',
      balanceWorkers: ['node1', 'node2'],
      stickySession: true,
      stickySessionForce: false,
      method: 'request',
      lock: 'optimistic',
      retries: 2,
      lbRetries: 2,
      retryIntervalMs: 100,
      recoverTimeMs: 60_000,
      errorEscalationTimeMs: 30_000,
      maxReplyTimeouts: 0,
      sessionCookie: 'JSESSIONID',
      sessionPath: ';jsessionid',
      setSessionCookie: false,
      sessionCookiePath: '/',
    } satisfies ResolvedLbWorker)
  })

  it('a status page at a path is at the same path with a slash, too', () => {
    const mount = (pattern: string, worker: string, more = {}) =>
      ({ pattern, worker, source: 'mount', ...more }) as const
    const mounts = [
      mount('/status', 'status'),
      mount('/a', 'lb'),
      mount('/wild*', 'status'),
      mount('/slash/', 'status'),
      mount('/no', 'status', { exclude: true }),
      mount('/off', 'status', { disabled: true }),
      mount('/own', 'status'),
      mount('/own/', 'lb'),
    ]
    const { hosts } = resolveOptions({
      ...withWorkers({ status: { type: 'status' } }),
      workerList: ['lb', 'status'],
      hosts: [{ ...host, mounts }],
    })
    assert.deepEqual(
      hosts[0]!.mounts.map(({ pattern, worker }) => `${pattern} ${worker}`),
      [
        '/status status',
        '/status/ status',
        '/a lb',
        '/wild* status',
        '/slash/ status',
        '/no status',
        '/off status',
        '/own status',
        '/own/ lb',
      ],
    )
  })

  it('of a status worker', () => {
    const { status } = resolveOptions(withWorkers({ status: { type: 'status' } })).workers
    assert.deepEqual(status, {
      name: 'status',
      type: 'status',
      css: '',
      readOnly: false,
      persist: false,
      users: [],
      usersIgnoreCase: false,
      good: ['a.o', 'a.i', 'a.b', 'a.r'],
      bad: ['s', 'e'],
      prefix: 'worker',
      ns: 'jk:',
      xmlns: 'xmlns:jk="http://tomcat.apache.org"',
      doctype: '',
    } satisfies ResolvedStatusWorker)
  })

  it('of a status worker that writes XML without a namespace, and rates by rules of its own', () => {
    const given = { type: 'status', ns: '-', xmlns: '-', good: ['active.ok', 'x', 'a.s'], bad: ['e', 'B.d'] } as const
    const { workers, warnings } = resolveOptions(withWorkers({ status: given }))
    const { ns, xmlns, good, bad } = workers.status as ResolvedStatusWorker
    assert.deepEqual({ ns, xmlns, good, bad }, { ns: '', xmlns: '', good: ['active.ok'], bad: ['e', 'B.d'] })
    assert.deepEqual(
      warnings.map((text) => text.slice(0, 28)),
      ['workers.status.good: x is no', 'workers.status.good: a.s is '],
    )
  })

  const DERIVED: readonly [rule: string, options: BalancerOptions, name: string, expected: object][] = [
    ['the port of http', withWorkers({ w: { type: 'http' } }), 'w', { port: 8080 }],
    ['the port of https', withWorkers({ w: { type: 'https' } }), 'w', { port: 8443 }],
    [
      'connecting may take as long as reading',
      node1({ socketTimeoutMs: 5_000 }),
      'node1',
      { socketConnectTimeoutMs: 5_000 },
    ],
    [
      'connecting has a limit of its own',
      node1({ socketTimeoutMs: 5_000, socketConnectTimeoutMs: 100 }),
      'node1',
      { socketConnectTimeoutMs: 100 },
    ],
    [
      'an answer may take as long as the front allows',
      { ...BASE, timeouts: { replyMs: 7_000 } },
      'node1',
      { replyTimeoutMs: 7_000 },
    ],
    ['a packet of whole KiB', node1({ maxPacketSize: 9_000 }), 'node1', { maxPacketSize: 9_216 }],
    ['a packet of 8 KiB at least', node1({ maxPacketSize: 1_000 }), 'node1', { maxPacketSize: 8_192 }],
    ['a packet of 64 KiB at most', node1({ maxPacketSize: 100_000 }), 'node1', { maxPacketSize: 65_536 }],
    ['0 waits for an answer for ever', node1({ replyTimeoutMs: 0 }), 'node1', { replyTimeoutMs: 0 }],
    ['half of an odd pool', node1({ connectionPoolSize: 5 }), 'node1', { connectionPoolMinsize: 3 }],
    [
      'no more kept than there may be',
      node1({ connectionPoolSize: 5, connectionPoolMinsize: 9 }),
      'node1',
      { connectionPoolMinsize: 5 },
    ],
    [
      'a free connection is waited for as long as retries take',
      node1({ retries: 3, retryIntervalMs: 50 }),
      'node1',
      { connectionAcquireTimeoutMs: 150 },
    ],
    [
      'no pause between retries, no wait for a connection',
      node1({ retryIntervalMs: 0 }),
      'node1',
      { connectionAcquireTimeoutMs: 0 },
    ],
    ['a route names its domain', node1({ route: 'dom1.n1' }), 'node1', { route: 'dom1.n1', domain: 'dom1' }],
    ['a domain of its own', node1({ route: 'dom1.n1', domain: 'east' }), 'node1', { domain: 'east' }],
    ['a member without a port starts stopped', node1({ port: 0 }), 'node1', { activation: 'stopped' }],
    [
      'a worker that is no member keeps its activation',
      withWorkers({ w: { type: 'http', port: 0 } }),
      'w',
      { activation: 'active' },
    ],
    [
      'errors escalate after half the recovery time',
      lb({ recoverTimeMs: 30_000 }),
      'lb',
      { errorEscalationTimeMs: 15_000 },
    ],
    ['errors may escalate at once', lb({ errorEscalationTimeMs: 0 }), 'lb', { errorEscalationTimeMs: 0 }],
  ]
  for (const [rule, options, name, expected] of DERIVED)
    it(rule, () => {
      const worker = resolveOptions(options).workers[name] as unknown as Record<string, unknown>
      for (const [key, value] of Object.entries(expected)) assert.equal(worker[key], value)
    })

  it('names of hosts are lower case, and the first is the label', () => {
    const [resolved] = resolveOptions(onHost({ names: ['WWW.Example.com', 'b'] })).hosts
    assert.deepEqual(resolved?.names, ['www.example.com', 'b'])
    assert.equal(resolved?.label, 'www.example.com')
  })
})

describe('the result', () => {
  it('cannot be changed, at any depth', () => {
    const resolved = resolveOptions(
      onHost({ access: [{ location: '/a', order: 'deny,allow', allow: ['all'], deny: [] }] }),
    )
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
    assert.ok(frozen(resolved))
  })

  it('shares nothing with what was given', () => {
    const given = structuredClone(BASE)
    resolveOptions(given)
    assert.ok(!Object.isFrozen(given.hosts[0]!.mounts[0]))
    assert.ok(!Object.isFrozen(given.listen[0]))
  })

  it('a worker may be called __proto__', () => {
    const options = {
      ...BASE,
      workers: JSON.parse('{"__proto__":{"type":"http"},"lb":{"type":"lb","balanceWorkers":["__proto__"]}}'),
    }
    assert.deepEqual(Object.keys(resolveOptions(options).workers), ['__proto__', 'lb'])
  })
})

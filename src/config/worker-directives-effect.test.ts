/**
 * Each directive of workers.properties by name, written by hand: what is written, and what the options then say. The table of
 * the program is not asked what it means, only which directives there are, so that one without a row here fails.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BalancerOptions } from '../balancer/options.ts'
import { loadBalancerConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'
import { workerDirectives } from './worker-directives.ts'

const endpoint = ['http', 'https', 'ajp13']
const ajp = ['ajp13']
const lb = ['lb']
const status = ['status']
const any = [...endpoint, ...lb, ...status]

/** Accepted, and said to have no effect. */
const ignored = 'CONFIG_DIRECTIVE_NO_EFFECT'

type Row = readonly [directive: string, on: readonly string[], written: string, says: object | string]

/** Behind `worker.w.`. */
const table: readonly Row[] = [
  ['host', endpoint, 'tomcat.example', { host: 'tomcat.example' }],
  ['port', endpoint, '8123', { port: 8123 }],
  ['source', endpoint, '10.0.0.1', { source: '10.0.0.1' }],
  ['prefer_ipv6', endpoint, 'true', { preferIpv6: true }],
  ['socket_timeout', endpoint, '30', { socketTimeoutMs: 30_000 }],
  ['socket_connect_timeout', endpoint, '1500', { socketConnectTimeoutMs: 1500 }],
  ['socket_keepalive', endpoint, 'true', { socketKeepalive: true }],
  ['socket_buffer', endpoint, '8192', ignored],
  ['connect_timeout', ajp, '5000', { connectTimeoutMs: 5000 }],
  ['prepost_timeout', ajp, '5000', { prepostTimeoutMs: 5000 }],
  ['ping_timeout', ajp, '5000', { pingTimeoutMs: 5000 }],
  ['ping_mode', ajp, 'cpi', { pingMode: 'CPI' }],
  ['connection_ping_interval', ajp, '60', { connectionPingIntervalMs: 60_000 }],
  ['reply_timeout', endpoint, '60000', { replyTimeoutMs: 60_000 }],
  ['connection_pool_size', endpoint, '20', { connectionPoolSize: 20 }],
  ['connection_pool_minsize', endpoint, '5', { connectionPoolMinsize: 5 }],
  ['connection_pool_timeout', endpoint, '600', { connectionPoolTimeoutMs: 600_000 }],
  ['connection_acquire_timeout', endpoint, '250', { connectionAcquireTimeoutMs: 250 }],
  ['busy_limit', endpoint, '40', { busyLimit: 40 }],
  ['retries', endpoint, '3', { retries: 3 }],
  ['retry_interval', endpoint, '200', { retryIntervalMs: 200 }],
  ['recovery_options', endpoint, '7', { recoveryOptions: 7 }],
  ['allow_replay', endpoint, 'true', { allowReplay: true }],
  ['fail_on_status', endpoint, '500,-503', { failOnStatus: [500, -503] }],
  ['max_packet_size', ajp, '16384', { maxPacketSize: 16_384 }],
  ['secret', [...ajp, ...lb], 'hush', { secret: 'hush' }],
  ['max_header_count', ajp, '200', { maxHeaderCount: 200 }],
  ['answer_gap_timeout', ajp, '90000', { answerGapMs: 90_000 }],
  ['names_delete_and_propfind', ajp, 'true', { namesDeleteAndPropfind: true }],
  ['strict_truncation', ajp, 'true', { strictTruncation: true }],
  ['secretkey', ajp, 'x', ignored],

  ['balance_workers', lb, 'n,m', { balanceWorkers: ['n', 'm'] }],
  ['sticky_session', lb, 'false', { stickySession: false }],
  ['sticky_session_force', lb, 'true', { stickySessionForce: true }],
  ['method', lb, 'Busyness', { method: 'busyness' }],
  ['lock', lb, 'P', { lock: 'pessimistic' }],
  ['retries', lb, '3', { retries: 3 }],
  ['lb_retries', lb, '3', { lbRetries: 3 }],
  ['retry_interval', lb, '200', { retryIntervalMs: 200 }],
  ['recover_time', lb, '90', { recoverTimeMs: 90_000 }],
  ['error_escalation_time', lb, '45', { errorEscalationTimeMs: 45_000 }],
  ['max_reply_timeouts', lb, '10', { maxReplyTimeouts: 10 }],
  ['session_cookie', lb, 'SID', { sessionCookie: 'SID' }],
  ['session_path', lb, ';sid', { sessionPath: ';sid' }],
  ['set_session_cookie', lb, 'true', { setSessionCookie: true }],
  ['session_cookie_path', lb, '/app', { sessionCookiePath: '/app' }],

  ['lbfactor', endpoint, '4', { lbfactor: 4 }],
  ['distance', endpoint, '1', { distance: 1 }],
  ['route', endpoint, 'node1', { route: 'node1' }],
  ['domain', endpoint, 'dom', { domain: 'dom' }],
  ['redirect', endpoint, 'node2', { redirect: 'node2' }],
  ['activation', endpoint, 'D', { activation: 'disabled' }],

  ['css', status, '/s.css', { css: '/s.css' }],
  ['read_only', status, 'true', { readOnly: true }],
  ['persist', status, 'true', { persist: true }],
  ['user', status, 'ann, bob', { users: ['ann', 'bob'] }],
  ['user_case_insensitive', status, 'true', { usersIgnoreCase: true }],
  ['good', status, 'a.o', { good: ['a.o'] }],
  ['bad', status, 's,e', { bad: ['s', 'e'] }],
  ['prefix', status, 'w', { prefix: 'w' }],
  ['ns', status, '-', { ns: '-' }],
  ['xmlns', status, '-', { xmlns: '-' }],
  ['doctype', status, '<!DOCTYPE x>', { doctype: '<!DOCTYPE x>' }],

  ['cachesize', endpoint, '20', { connectionPoolSize: 20 }],
  ['cache_timeout', endpoint, '600', { connectionPoolTimeoutMs: 600_000 }],
  ['balanced_workers', lb, 'n,m', { balanceWorkers: ['n', 'm'] }],
  ['jvm_route', endpoint, 'node1', { route: 'node1' }],
  ['disabled', endpoint, 'true', { activation: 'disabled' }],
  ['stopped', endpoint, 'true', { activation: 'stopped' }],
  ...[
    ...[
      'recycle_timeout',
      'local_worker',
      'local_worker_only',
      'sysprops',
      'stderr',
      'stdout',
      'mx',
      'ms',
      'class_path',
    ],
    ...['bridge', 'jvm_lib', 'ld_path', 'cmd_line', 'native_lib'],
  ].map((name): Row => [name, any, '1', ignored]),
]

/** Directives that do not fill an option of their worker, or not alone. */
const others: Readonly<Record<string, readonly string[]>> = {
  list: ['global'],
  maintain: ['global'],
  type: any,
  reference: any,
  mount: any,
}

async function load(lines: readonly string[]) {
  const files = memoryFiles({ 'w.properties': `${lines.join('\n')}\n` })
  const { options, complaints } = await loadBalancerConfiguration('w.properties', { ...files, env: {} })
  return { options, codes: complaints.map(({ code }) => code), text: JSON.stringify(complaints) }
}

async function loaded(lines: readonly string[]): Promise<BalancerOptions> {
  const { options, text } = await load(lines)
  assert.ok(options !== undefined, text)
  return options
}

describe('directives of workers.properties, one by one', () => {
  for (const [directive, on, written, says] of table) {
    for (const type of on) {
      test(`${directive} of ${type}`, async () => {
        const members = directive.startsWith('balance') ? [] : ['worker.w.balance_workers=m']
        const lines = [
          ...['worker.list=w', `worker.w.type=${type}`, 'worker.m.type=http', 'worker.n.type=http'],
          ...(type === 'lb' ? members : []),
          `worker.w.${directive}=${written}`,
        ]
        const { options, codes, text } = await load(lines)
        assert.ok(options !== undefined, text)
        const { type: _, ...filled } = options.workers.w!
        const base = type === 'lb' ? { balanceWorkers: ['m'] } : {}
        assert.deepEqual(filled, typeof says === 'string' ? base : { ...base, ...says })
        if (typeof says === 'string') assert.ok(codes.includes(says as never), text)
      })
    }
  }

  test('list', async () => {
    const { workerList } = await loaded(['worker.list=a', 'worker.list=b', 'worker.a.type=http', 'worker.b.type=http'])
    assert.deepEqual(workerList, ['a', 'b'])
  })

  test('maintain', async () => {
    const { maintainMs } = await loaded(['worker.list=a', 'worker.a.type=http', 'worker.maintain=30'])
    assert.equal(maintainMs, 30_000)
  })

  for (const type of any) {
    const lines = ['worker.list=w', `worker.w.type=${type}`, 'worker.m.type=http']
    const members = type === 'lb' ? ['worker.w.balance_workers=m'] : []

    test(`type of ${type}`, async () => {
      assert.equal((await loaded([...lines, ...members])).workers.w?.type, type)
    })

    test(`reference of ${type}`, async () => {
      const text = [`worker.t.type=${type}`, ...members.map((line) => line.replace('.w.', '.t.'))]
      const { workers } = await loaded([...text, 'worker.list=w', 'worker.w.reference=worker.t', 'worker.m.type=http'])
      assert.deepEqual(workers.w, (await loaded([...lines, ...members])).workers.w)
    })

    test(`mount of ${type}`, async () => {
      const { hosts } = await loaded([...lines, ...members, 'worker.w.mount=/a /b/*'])
      assert.deepEqual(
        hosts[0]?.mounts.map(({ pattern, worker, source }) => [pattern, worker, source]),
        [
          ['/a', 'w', 'worker'],
          ['/b/*', 'w', 'worker'],
        ],
      )
    })
  }

  test('none is without a test', () => {
    const named = table.flatMap(([directive, on]) => on.map((type) => `${directive} of ${type}`))
    const special = Object.entries(others).flatMap(([directive, on]) => on.map((type) => `${directive} of ${type}`))
    const known = workerDirectives.flatMap(({ name, on }) => on.map((type) => `${name} of ${type}`))
    assert.deepEqual([...named, ...special].toSorted(), known.toSorted())
  })
})

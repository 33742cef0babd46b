/**
 * The balancer whose jk-status answers were saved (`src/status/fixtures`): its workers.properties, uriworkermap.properties
 * and httpd.conf as options, at the moment the answers were taken, two seconds after the traffic before them.
 * `fixtures/mod-jk-snapshot.json` holds the result, for rooms that know snapshots but not how they are made.
 */
import { applyEdits, type LiveEndpoint } from '../edit-apply.ts'
import type { Edit, EditResult } from '../edit-types.ts'
import { createLb, type Lb, type TriedMembers } from '../lb.ts'
import { createWorkerNumbers, type WorkerNumbers } from '../numbers.ts'
import type { EndpointWorkerOptions, MountRule } from '../options.ts'
import { resolveOptions } from '../resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from '../resolved-options.ts'
import { ShownAddresses } from '../shown-addresses.ts'
import type { BalancerSnapshot } from '../snapshot.ts'
import { takeSnapshot } from '../take-snapshot.ts'
import { NO_USAGE } from '../worker-life.ts'

const NOW_MS = 1_795_355_142_300
/** The traffic, and with it the last reset and maintenance, on a monotonic clock that shows 10 000 now. */
const THEN_MS = 8_000
const MONOTONIC_MS = 10_000

const ajp = (host: string, options: Partial<EndpointWorkerOptions> = {}): EndpointWorkerOptions => ({
  type: 'ajp13',
  host,
  port: 8009,
  replyTimeoutMs: 0,
  ...options,
})
const node = (host: string, options: Partial<EndpointWorkerOptions>): EndpointWorkerOptions =>
  ajp(host, {
    socketKeepalive: true,
    socketConnectTimeoutMs: 1_000,
    connectionPoolTimeoutMs: 600_000,
    pingTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    prepostTimeoutMs: 5_000,
    connectionPingIntervalMs: 50_000,
    ...options,
  })

const mount = (pattern: string, worker: string, source: MountRule['source'] = 'mount'): MountRule => ({
  pattern,
  worker,
  source,
})
const unmount = (pattern: string, worker: string, source: MountRule['source'] = 'mount'): MountRule => ({
  ...mount(pattern, worker, source),
  exclude: true,
})

const SHARED_MOUNTS: readonly MountRule[] = [
  mount('/shop/*', 'loadbalancer', 'mount-file'),
  unmount('/shop/static/*', 'loadbalancer', 'mount-file'),
  { ...mount('/old/*', 'loadbalancer', 'mount-file'), disabled: true },
  mount('/mapped', 'plain', 'mount-file'),
  { ...mount('/app', 'loadbalancer'), extensions: { replyTimeoutMs: 20_000, stopped: ['node3'] } },
  { ...mount('/app/*', 'loadbalancer'), extensions: { replyTimeoutMs: 20_000, stopped: ['node3'] } },
  unmount('/app/static/*', 'loadbalancer'),
  unmount('/*.gif', '*'),
  { ...mount('/reports/*', 'reports'), extensions: { failOnStatus: [500, 502], useServerErrors: 500 } },
  mount('/jkstatus', 'jkstatus'),
  mount('/jkreadonly', 'jkreadonly'),
  mount('/jkusers', 'jkusers'),
]

const OPTIONS = resolveOptions({
  listen: [{ host: '127.0.0.1', port: 0 }],
  workers: {
    node1: node('127.0.0.11', { lbfactor: 2, domain: 'east', redirect: 'tc3' }),
    node2: node('127.0.0.12', { route: 'tc2', domain: 'east', distance: 1, failOnStatus: [-503] }),
    node3: node('127.0.0.13', { route: 'tc3', domain: 'west', activation: 'disabled', replyTimeoutMs: 30_000 }),
    loadbalancer: { type: 'lb', balanceWorkers: ['node1', 'node2', 'node3'] },
    rep1: ajp('127.0.0.21'),
    rep2: ajp('127.0.0.22', { source: '127.0.0.1' }),
    reports: {
      type: 'lb',
      balanceWorkers: ['rep1', 'rep2'],
      stickySession: false,
      method: 'busyness',
      lock: 'pessimistic',
      recoverTimeMs: 30_000,
      maxReplyTimeouts: 4,
      retries: 1,
    },
    plain: ajp('127.0.0.31', { port: 8109, recoveryOptions: 3, busyLimit: 50 }),
    jkstatus: { type: 'status', css: '/jkstatus.css' },
    jkreadonly: { type: 'status', readOnly: true },
    jkusers: { type: 'status', users: ['admin'] },
  },
  workerList: ['loadbalancer', 'reports', 'plain', 'jkstatus', 'jkreadonly', 'jkusers'],
  hosts: [
    {
      label: 'www.example.com',
      names: [],
      mounts: [...SHARED_MOUNTS, mount('/plain/*', 'plain', 'worker')],
      access: [],
    },
    {
      label: 'www.example.com [*:28400]',
      names: ['www.example.com'],
      mounts: [mount('/vhost/*', 'loadbalancer'), ...SHARED_MOUNTS],
      access: [],
    },
  ],
})

/** Requests, bytes out and in, sessions, lb value. */
const TRAFFIC: Readonly<
  Record<string, readonly [used: number, out: number, into: number, sessions: number, lbValue: number]>
> = {
  node1: [7, 1_397, 462, 7, 7],
  node2: [3, 654, 198, 0, 6],
  node3: [1, 218, 66, 0, 2],
  rep1: [3, 585, 180, 3, 0],
  rep2: [1, 0, 0, 1, 0],
  plain: [2, 392, 122, 0, 0],
}

/** The balancer itself, to be looked at and edited. */
export class ModJk {
  readonly options = OPTIONS
  readonly addresses = new ShownAddresses(() => Promise.reject(new Error('no names here')))
  readonly endpoints: ReadonlyMap<string, LiveEndpoint>
  readonly lbs: ReadonlyMap<string, Lb>
  /** Since the first answer was taken. */
  #elapsedMs = 0

  constructor() {
    this.endpoints = new Map(Object.keys(TRAFFIC).map((name) => [name, endpointOf(name)]))
    this.lbs = new Map(['loadbalancer', 'reports'].map((name) => [name, lbOf(name, this.endpoints)]))
  }

  snapshot(): BalancerSnapshot {
    const moment = { nowMs: NOW_MS + this.#elapsedMs, monotonicMs: this.#monotonicMs, utcOffsetMinutes: 0 }
    return takeSnapshot(this, moment)
  }

  get #monotonicMs(): number {
    return MONOTONIC_MS + this.#elapsedMs
  }

  /** Lets time pass until the second of this date. */
  waitUntil(date: string): void {
    this.#elapsedMs = Date.parse(date) - Math.floor(NOW_MS / 1_000) * 1_000
  }

  /** A request on an lb none of whose members can be reached: one round, as `retries=1` has it. */
  fail(name: string): void {
    const lb = this.lbs.get(name)!
    const request = { session: undefined, isStateless: false }
    const tried: TriedMembers = new Set()
    let forced = false
    for (let attempt = 0; attempt < Math.min(lb.options.lbRetries, lb.members.length); attempt++) {
      let choice = lb.select(request, tried)
      if (choice === undefined && !forced) {
        forced = true
        if (lb.force(tried)) choice = lb.select(request, tried)
      }
      if (choice === undefined) continue
      lb.begin(choice.member, request)
      lb.end(choice.member, 'comm-failure', NO_USAGE, this.#monotonicMs)
      tried.add(choice.member)
    }
  }

  edit(edits: readonly Edit[]): EditResult {
    return applyEdits(edits, this, this.#monotonicMs)
  }
}

export function modJkSnapshot(): BalancerSnapshot {
  return new ModJk().snapshot()
}

function endpointOf(name: string): LiveEndpoint {
  return {
    options: OPTIONS.workers[name] as ResolvedEndpointWorker,
    numbers: numbersOf(name),
    reconfigure(options) {
      Object.assign(this, { options })
    },
  }
}

function numbersOf(name: string): WorkerNumbers {
  const [used, transferredBytes, readBytes] = TRAFFIC[name]!
  const connected = name === 'rep2' ? 0 : 1
  const state = name === 'rep2' ? 'error' : 'ok'
  return {
    ...createWorkerNumbers(THEN_MS),
    state,
    used,
    transferredBytes,
    readBytes,
    maxBusy: 1,
    connected,
    maxConnected: connected,
  }
}

function lbOf(name: string, endpoints: ReadonlyMap<string, LiveEndpoint>): Lb {
  const options = OPTIONS.workers[name] as ResolvedLbWorker
  const sources = options.balanceWorkers.map((member) => ({
    options: OPTIONS.workers[member] as ResolvedEndpointWorker,
    numbers: endpoints.get(member)!.numbers,
    isFull: () => false,
  }))
  const lb = createLb(options, sources, THEN_MS)
  lb.numbers.maxBusy = 1
  for (const { name: member, numbers } of lb.members) {
    const [, , , sessions, lbValue] = TRAFFIC[member]!
    Object.assign(numbers, { state: 'ok', sessions, lbValue })
    if (member === 'rep2')
      Object.assign(numbers, { state: 'error', errors: 1, firstErrorAtMs: THEN_MS, lastErrorAtMs: THEN_MS })
  }
  return lb
}

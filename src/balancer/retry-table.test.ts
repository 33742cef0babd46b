/**
 * The measured table of mod_jk.md 4.8 (and the counts of 4.7), row by row: two members, a session of n1, everything at
 * its default unless named. The loop below is the one of 4.7 with pauses added up instead of waited for. Rows marked
 * `ours` differ from mod_jk on purpose; each says why.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balancerErrors } from './errors.ts'
import { createLb, type Lb, type LbMember, type LbRequest, type TriedMembers } from './lb.ts'
import { createWorkerNumbers } from './numbers.ts'
import type { EndpointWorkerOptions, LbWorkerOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'
import { mayRetry, outcomeOf, pauseBefore, type RetryFailure } from './retry.ts'
import { NO_USAGE } from './worker-life.ts'

const unsent = { stage: 'unsent', staleConnection: false } as const
const sent = { stage: 'sent', staleConnection: false } as const
const head = { stage: 'head', staleConnection: false } as const

interface Behaviour {
  readonly failure?: RetryFailure
  /** Bytes of the answer have gone to the client before the failure. */
  readonly begun?: true
  /** The request reached the application. */
  readonly executes: boolean
  /** The whole body was read and is gone from the replay buffer. */
  readonly bodyGone?: true
}

const well: Behaviour = { executes: true }
const refuses: Behaviour = { executes: false, failure: { code: 'LB_CONNECT_REFUSED', ...unsent } }
const closes: Behaviour = { executes: true, failure: { code: 'LB_REPLY_CUT', ...sent } }
const closesAfterHead: Behaviour = { executes: true, failure: { code: 'LB_REPLY_CUT', ...head } }
const closesAfterBytes: Behaviour = { executes: true, begun: true, failure: { code: 'LB_REPLY_CUT', ...head } }
const hangs: Behaviour = { executes: true, failure: { code: 'LB_REPLY_TIMEOUT', ...sent } }
const hangsSocket: Behaviour = { executes: true, failure: { code: 'LB_SOCKET_TIMEOUT', ...sent } }
const fails: Behaviour = { executes: true, failure: { code: 'LB_STATUS_FATAL', ...head } }
const failsMildly: Behaviour = { executes: true, failure: { code: 'LB_STATUS_ERROR', ...head } }
const readsAllThenFails: Behaviour = { ...fails, bodyGone: true }
const garbles: Behaviour = { executes: true, failure: { code: 'LB_REPLY_MALFORMED', ...sent } }
const illegal: Behaviour = { executes: true, failure: { code: 'LB_REPLY_ILLEGAL', ...sent } }
const busy: Behaviour = { executes: false, failure: { code: 'LB_BUSY', ...unsent } }

interface Setup {
  readonly n1?: Behaviour
  readonly n2?: Behaviour
  readonly n3?: Behaviour
  readonly method?: string
  readonly members?: Partial<EndpointWorkerOptions>
  readonly lb?: Partial<LbWorkerOptions>
  /** Members that are in error from the start. */
  readonly inError?: readonly string[]
  readonly stopped?: true
}

interface Result {
  readonly executions: string
  readonly status: number
  readonly pausedMs: number
}

function build({ members = {}, lb = {}, inError = [], stopped, n3 }: Setup): Lb {
  const names = n3 === undefined ? ['n1', 'n2'] : ['n1', 'n2', 'n3']
  const endpoint = { type: 'http' as const, ...(stopped && { activation: 'stopped' as const }), ...members }
  const { workers } = resolveOptions({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: {
      ...Object.fromEntries(names.map((name) => [name, endpoint])),
      lb: { type: 'lb', balanceWorkers: names, ...lb },
    },
    workerList: ['lb'],
    hosts: [{ names: [], mounts: [], access: [] }],
  })
  const sources = names.map((name) => ({
    options: workers[name] as ResolvedEndpointWorker,
    numbers: createWorkerNumbers(0),
    isFull: () => true,
  }))
  const built = createLb(workers.lb as ResolvedLbWorker, sources, 0)
  for (const member of built.members) if (inError.includes(member.name)) member.numbers.state = 'error'
  return built
}

/** One request with the session of n1, from beginning to end. */
function run(setup: Setup, lb = build(setup)): Result {
  const request: LbRequest = { session: 'S.n1', isStateless: false }
  const behaviours: Record<string, Behaviour> = { n1: setup.n1 ?? well, n2: setup.n2 ?? well, n3: setup.n3 ?? well }
  const executions: Record<string, number> = Object.fromEntries(lb.members.map(({ name }) => [name, 0]))
  const facts = {
    method: setup.method ?? 'GET',
    answerBegun: false,
    isReplayable: true,
    workerAttempts: 0,
    memberAttempts: 0,
    rounds: 0,
  }
  const tried: TriedMembers = new Set()
  let pausedMs = 0
  let forced = false
  let member: LbMember | undefined
  const result = (status: number): Result => ({ executions: Object.values(executions).join('/'), status, pausedMs })
  for (;;) {
    if (member === undefined) {
      member = lb.select(request, tried)?.member
      if (member === undefined && !forced) {
        forced = true
        if (lb.force(tried)) continue
      }
      if (member !== undefined) {
        facts.memberAttempts++
        facts.workerAttempts = 0
        lb.begin(member, request)
      }
    }
    let failure: RetryFailure | undefined = { code: 'LB_NO_WORKER', ...unsent }
    if (member !== undefined) {
      const behaviour = behaviours[member.name]!
      facts.workerAttempts++
      if (behaviour.executes) executions[member.name]!++
      if (behaviour.begun) facts.answerBegun = true
      if (behaviour.bodyGone) facts.isReplayable = false
      failure = behaviour.failure
    }
    const worker = member?.options ?? lb.members[0]!.options
    const decision = failure === undefined ? 'no' : mayRetry(failure, facts, worker, lb.options)
    pausedMs += pauseBefore(decision, worker, lb.options)
    if (decision === 'same-worker') continue
    if (member !== undefined) {
      const outcome = failure === undefined ? 'ok' : outcomeOf(failure)
      lb.end(member, outcome, { ...NO_USAGE, replyTimeouts: outcome === 'reply-timeout' ? facts.workerAttempts : 0 }, 0)
      tried.add(member)
    }
    if (decision === 'no')
      return result(failure === undefined || facts.answerBegun ? 200 : balancerErrors[failure.code].status)
    if (decision === 'next-round') {
      tried.clear()
      facts.rounds++
      facts.memberAttempts = 0
    }
    member = undefined
  }
}

type Row = readonly [rule: string, setup: Setup, executions: string, status: number, pausedMs?: number]

const POST = { method: 'POST' }
const HEAD = { method: 'HEAD' }
const options = (recoveryOptions: number, more: Partial<EndpointWorkerOptions> = {}) => ({
  members: { recoveryOptions, ...more },
})
const replay = options(0, { allowReplay: true })

const TABLE: readonly Row[] = [
  ['refuses: GET', { n1: refuses }, '0/1', 200, 100],
  ['refuses: POST', { n1: refuses, ...POST }, '0/1', 200, 100],
  ['refuses, options 3: POST', { n1: refuses, ...POST, ...options(3) }, '0/1', 200, 100],

  ['closes before the head: GET', { n1: closes }, '2/1', 200],
  ['closes before the head, options 2: GET', { n1: closes, ...options(2) }, '2/1', 200],
  ['closes before the head: POST with allowReplay', { n1: closes, ...POST, ...replay }, '2/1', 200],
  ['ours: closes before the head: POST is not executed twice (mod_jk: 2/1)', { n1: closes, ...POST }, '1/0', 502],
  ['closes before the head, options 1: GET', { n1: closes, ...options(1) }, '1/0', 502],
  ['closes before the head, options 3: HEAD', { n1: closes, ...HEAD, ...options(3) }, '1/0', 502],
  ['closes before the head, options 1: POST', { n1: closes, ...POST, ...options(1) }, '1/0', 502],
  ['closes before the head, options 9: HEAD', { n1: closes, ...HEAD, ...options(9) }, '2/1', 200],
  ['closes before the head, options 9: GET', { n1: closes, ...options(9) }, '1/0', 502],
  ['closes before the head, options 17: GET', { n1: closes, ...options(17) }, '2/1', 200],
  ['closes before the head, options 17: HEAD', { n1: closes, ...HEAD, ...options(17) }, '1/0', 502],
  ['closes before the head, options 25: HEAD', { n1: closes, ...HEAD, ...options(25) }, '2/1', 200],
  ['ours: closes before the head, options 25: GET (mod_jk: 1/0)', { n1: closes, ...options(25) }, '2/1', 200],
  ['both close before the head: GET', { n1: closes, n2: closes }, '4/4', 502, 500],

  ['closes after the head, nothing handed on: GET', { n1: closesAfterHead }, '2/1', 200],
  ['closes after the head, options 2: GET', { n1: closesAfterHead, ...options(2) }, '1/0', 502],
  [
    'ours: closes after bytes were handed on: cut off (mod_jk: 2/1, two answers in one)',
    { n1: closesAfterBytes },
    '1/0',
    200,
  ],
  ['closes after bytes were handed on, options 2: GET', { n1: closesAfterBytes, ...options(2) }, '1/0', 200],

  ['hangs: GET', { n1: hangs }, '2/1', 200, 100],
  ['ours: hangs: POST is not executed twice (mod_jk: 2/1)', { n1: hangs, ...POST }, '1/0', 504],
  ['hangs: POST with allowReplay', { n1: hangs, ...POST, ...replay }, '2/1', 200],
  ['hangs, options 1: GET', { n1: hangs, ...options(1) }, '1/0', 504, 0],
  ['both hang: GET', { n1: hangs, n2: hangs }, '4/4', 504],
  ['hangs until socket_timeout: GET', { n1: hangsSocket }, '2/1', 200],

  ['fail_on_status: GET', { n1: fails }, '2/1', 200],
  ['fail_on_status, negative: GET', { n1: failsMildly }, '2/1', 200],
  ['fail_on_status, options 3: GET', { n1: fails, ...options(3) }, '2/1', 200],
  ['ours: fail_on_status: POST is not executed twice (mod_jk: 2/1)', { n1: fails, ...POST }, '1/0', 503],
  ['fail_on_status: POST with allowReplay', { n1: fails, ...POST, ...replay }, '2/1', 200],
  ['both fail_on_status: GET', { n1: fails, n2: fails }, '4/4', 503],
  ['both fail_on_status, negative: GET', { n1: failsMildly, n2: failsMildly }, '4/4', 503],
  ['reads a long body, then fail_on_status: POST', { n1: readsAllThenFails, ...POST, ...replay }, '1/0', 503],

  ['garbles: GET', { n1: garbles }, '2/1', 200],
  ['both garble: GET', { n1: garbles, n2: garbles }, '4/4', 502],
  ['sends an illegal message: GET', { n1: illegal }, '2/1', 200],
  [
    'both send an illegal message: GET (500 of mod_jk, 502 as of any gateway here)',
    { n1: illegal, n2: illegal },
    '4/4',
    502,
  ],

  ['is busy: the other one at once', { n1: busy }, '0/1', 200, 0],
  ['both are busy: POST', { n1: busy, n2: busy, ...POST }, '0/0', 503, 100],
]

const LOOP: readonly Row[] = [
  ['both refuse', { n1: refuses, n2: refuses }, '0/0', 503, 500],
  ['both refuse, one known to be in error', { n1: refuses, n2: refuses, inError: ['n1'] }, '0/0', 503, 400],
  ['both refuse, both known to be in error', { n1: refuses, n2: refuses, inError: ['n1', 'n2'] }, '0/0', 503, 300],
  ['two of three refuse: the third one in round two', { n1: refuses, n2: refuses, n3: well }, '0/0/1', 200, 300],
  ['retries=1 everywhere', { n1: refuses, n2: refuses, members: { retries: 1 }, lb: { retries: 1 } }, '0/0', 503, 0],
  ['all stopped', { stopped: true }, '0/0', 503, 100],
  [
    'sticky_session_force does not prevent a forced attempt on the failed member',
    { n1: closes, lb: { stickySessionForce: true }, inError: ['n1'] },
    '2/0',
    503,
  ],
]

describe('a request whose first member misbehaves (mod_jk.md 4.8)', () => {
  for (const [rule, setup, executions, status, pausedMs] of TABLE)
    it(rule, () => {
      const result = run(setup)
      assert.deepEqual([result.executions, result.status], [executions, status])
      if (pausedMs !== undefined) assert.equal(result.pausedMs, pausedMs)
    })
})

describe('how long a request looks for a member (mod_jk.md 4.7)', () => {
  for (const [rule, setup, executions, status, pausedMs] of LOOP)
    it(rule, () => {
      const result = run(setup)
      assert.deepEqual([result.executions, result.status], [executions, status])
      if (pausedMs !== undefined) assert.equal(result.pausedMs, pausedMs)
    })
})

describe('what is left of it (mod_jk.md 4.7, outcome table)', () => {
  const STATES: readonly [rule: string, n1: Behaviour, state: string, errors: number][] = [
    ['refused: in error', refuses, 'error', 1],
    ['closed: in error', closes, 'error', 1],
    ['hung: in error, with max_reply_timeouts at 0', hangs, 'error', 1],
    ['fail_on_status: in error', fails, 'error', 1],
    ['fail_on_status, negative: well', failsMildly, 'ok', 0],
    ['garbled: well', garbles, 'ok', 0],
    ['illegal message: in error', illegal, 'error', 1],
    ['busy: busy', busy, 'busy', 0],
  ]
  for (const [rule, n1, state, errors] of STATES)
    it(rule, () => {
      const setup = { n1 }
      const lb = build(setup)
      run(setup, lb)
      const { numbers } = lb.members[0]!
      assert.deepEqual([numbers.state, numbers.errors], [state, errors])
    })

  it('a hanging member is in error as soon as max_reply_timeouts are passed, two of them per request', () => {
    const inErrorAfter = (maxReplyTimeouts: number): number => {
      const setup: Setup = { n1: hangs, lb: { maxReplyTimeouts } }
      const lb = build(setup)
      for (let requests = 1; ; requests++) {
        run(setup, lb)
        if (lb.members[0]!.numbers.state === 'error') return requests
      }
    }
    assert.deepEqual([0, 1, 2, 5].map(inErrorAfter), [1, 1, 2, 3])
  })

  it('nothing stays in flight', () => {
    for (const [, setup] of [...TABLE, ...LOOP]) {
      const lb = build(setup)
      run(setup, lb)
      assert.deepEqual(
        [lb.numbers.busy, ...lb.members.map(({ worker }) => worker.busy)].filter((each) => each !== 0),
        [],
      )
    }
  })
})

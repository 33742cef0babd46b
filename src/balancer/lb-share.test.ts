/**
 * What each method is for, after many thousands of requests: sessions that come back, answers of all sizes and durations,
 * members of different speed, and a maintenance each minute (mod_jk.md 4.9). Each method shares out one quantity by weight,
 * and leaves the others to chance.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Lb, LbMember, LbRequest } from './lb.ts'
import type { LbMethod } from './options.ts'
import { lbOf, NEW, weights, withSession } from './testing/lb-of.ts'

const LBFACTORS = [1, 3, 2, 10]
/** Of the members: a heavy one may be slow. */
const SPEEDS = [1, 0.3, 4, 2]
const REQUESTS = 40_000
const MAINTAIN_MS = 60_000
const STEP_MS = 10
/** Of all requests, those that bring a session. */
const STICKY_SHARE = 0.6

/** The same numbers from 0 to 1 in each run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Shares {
  readonly requests: readonly number[]
  readonly sessions: readonly number[]
  readonly bytes: readonly number[]
  /** Requests in flight, over time. */
  readonly busy: readonly number[]
}

interface InFlight {
  readonly member: LbMember
  readonly untilMs: number
  readonly bytes: number
}

const part = (values: readonly number[]): number[] => {
  const sum = values.reduce((total, each) => total + each, 0)
  return values.map((each) => each / sum)
}

/** As many in flight as `clients`, who ask again as soon as they are answered. */
function run(method: LbMethod, clients: number): Shares {
  const chance = numbersFrom(42)
  const lb: Lb = lbOf(weights(...LBFACTORS), { method })
  const homes: LbMember[] = []
  const busy = LBFACTORS.map(() => 0)
  let inFlight: InFlight[] = []
  let asked = 0
  for (let nowMs = 0; asked < REQUESTS; nowMs += STEP_MS) {
    for (const each of inFlight)
      if (each.untilMs <= nowMs)
        lb.end(each.member, 'ok', { readBytes: each.bytes, transferredBytes: 500, replyTimeouts: 0 }, nowMs)
    inFlight = inFlight.filter(({ untilMs }) => untilMs > nowMs)
    for (; inFlight.length < clients; asked++) {
      const home = chance() < STICKY_SHARE ? homes[Math.floor(chance() * homes.length)] : undefined
      const request: LbRequest = home === undefined ? NEW : withSession(`S.${home.options.route}`)
      const { member } = lb.select(request)!
      lb.begin(member, request)
      if (home === undefined) homes.push(member)
      const durationMs = (20 + 400 * chance() ** 3) / SPEEDS[lb.members.indexOf(member)]!
      inFlight.push({ member, untilMs: nowMs + durationMs, bytes: 100 + Math.floor(50_000 * chance() ** 6) })
    }
    for (const [index, { worker }] of lb.members.entries()) busy[index]! += worker.busy
    if (nowMs % MAINTAIN_MS === 0 && nowMs > 0) lb.maintain(nowMs, MAINTAIN_MS)
  }
  const count = (of: (member: LbMember) => number) => part(lb.members.map(of))
  return {
    requests: count(({ worker }) => worker.used),
    sessions: count(({ numbers }) => numbers.sessions),
    bytes: count(({ worker }) => worker.readBytes + worker.transferredBytes),
    busy: part(busy),
  }
}

/** The largest error of a share, as a part of what it should be. */
function error(shares: readonly number[]): number {
  const due = part(LBFACTORS)
  return Math.max(...shares.map((share, index) => Math.abs(share / due[index]! - 1)))
}

const RULES: readonly [method: LbMethod, shared: keyof Shares, most: number][] = [
  ['request', 'requests', 0.005],
  ['session', 'sessions', 0.005],
  ['next', 'sessions', 0.001],
  ['traffic', 'bytes', 0.01],
]

describe('in the long run', () => {
  for (const [method, shared, most] of RULES) {
    test(`method ${method} shares out ${shared} by weight`, () => {
      const found = error(run(method, 8)[shared])
      assert.ok(found <= most, `off by ${found}`)
    })
  }

  test('method busyness shares out requests in flight by weight, and so more requests to whoever is faster', () => {
    const { busy, requests } = run('busyness', 160)
    const found = error(busy)
    assert.ok(found <= 0.1, `off by ${found}`)
    const [slow, fast] = [1, 2].map((index) => requests[index]! / LBFACTORS[index]!)
    assert.ok(fast! > 3 * slow!)
  })
})

/**
 * What each method is for, after many thousands of requests: sessions that come back, answers of all sizes and durations,
 * members of different speed, a maintenance each minute, members that are stopped, fail and come back (mod_jk.md 4.9 and
 * 4.10). Each method shares out one quantity by weight, and leaves the others to chance.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Lb, LbMember, LbRequest, TriedMembers } from './lb.ts'
import type { Activation, LbMethod } from './options.ts'
import { lbOf, NEW, values, weights, withSession } from './testing/lb-of.ts'
import { NO_USAGE } from './worker-life.ts'

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

/** An lb under load: as many requests in flight as `clients`, who ask again as soon as they are answered. */
class Site {
  readonly lb: Lb
  readonly #clients: number
  readonly #chance = numbersFrom(42)
  readonly #homes: LbMember[] = []
  #inFlight: InFlight[] = []
  #nowMs = 0
  /** The lb values of all members around each maintenance. */
  readonly maintained: { readonly before: readonly number[]; readonly after: readonly number[] }[] = []
  /** Nobody answers there. */
  down: LbMember | undefined

  constructor(method: LbMethod) {
    this.lb = lbOf(weights(...LBFACTORS), { method })
    this.#clients = method === 'busyness' ? 160 : 8
  }

  member(index: number): LbMember {
    return this.lb.members[index]!
  }

  activate(index: number, activation: Activation): void {
    const { name, options } = this.member(index)
    this.lb.reconfigureMember(name, { ...options, activation })
  }

  /** What each member had of so many requests. */
  run(requests: number): Shares {
    const { members } = this.lb
    const before = members.map(countsOf)
    const busy = members.map(() => 0)
    for (let asked = 0; asked < requests; this.#nowMs += STEP_MS) {
      this.#endDue()
      for (; this.#inFlight.length < this.#clients; asked++) this.#ask()
      for (const [index, { worker }] of members.entries()) busy[index]! += worker.busy
      if (this.#nowMs % MAINTAIN_MS === 0 && this.#nowMs > 0) this.#maintain()
    }
    const since = (key: 'requests' | 'sessions' | 'bytes') =>
      part(members.map((member, index) => countsOf(member)[key] - before[index]![key]))
    return { requests: since('requests'), sessions: since('sessions'), bytes: since('bytes'), busy: part(busy) }
  }

  #maintain(): void {
    const before = values(this.lb)
    this.lb.maintain(this.#nowMs, MAINTAIN_MS)
    this.maintained.push({ before, after: values(this.lb) })
  }

  #endDue(): void {
    const isDue = ({ untilMs }: InFlight) => untilMs <= this.#nowMs
    for (const { member, bytes } of this.#inFlight.filter(isDue))
      this.lb.end(member, 'ok', { readBytes: bytes, transferredBytes: 500, replyTimeouts: 0 }, this.#nowMs)
    this.#inFlight = this.#inFlight.filter((each) => !isDue(each))
  }

  #ask(): void {
    const chance = this.#chance
    const home = chance() < STICKY_SHARE ? this.#homes[Math.floor(chance() * this.#homes.length)] : undefined
    const request: LbRequest = home === undefined ? NEW : withSession(`S.${home.options.route}`)
    let member = this.#begin(request)
    while (member === this.down) {
      this.lb.end(member, 'comm-failure', NO_USAGE, this.#nowMs)
      member = this.#begin(request, new Set([member]))
    }
    if (home === undefined) this.#homes.push(member)
    const durationMs = (20 + 400 * chance() ** 3) / SPEEDS[this.lb.members.indexOf(member)]!
    this.#inFlight.push({ member, untilMs: this.#nowMs + durationMs, bytes: 100 + Math.floor(50_000 * chance() ** 6) })
  }

  #begin(request: LbRequest, tried?: TriedMembers): LbMember {
    const { member } = this.lb.select(request, tried)!
    this.lb.begin(member, request)
    return member
  }
}

function countsOf({ worker, numbers }: LbMember) {
  const bytes = worker.readBytes + worker.transferredBytes
  return { requests: worker.used, sessions: numbers.sessions, bytes }
}

/** The largest error of a share, as a part of what it should be; of the members that take part. */
function error(shares: readonly number[], without?: number): number {
  const takesPart = (_: number, index: number) => index !== without
  const due = part(LBFACTORS.filter(takesPart))
  return Math.max(...part(shares.filter(takesPart)).map((share, index) => Math.abs(share / due[index]! - 1)))
}

/** `most`: how far a share may be off in the long run, and in a phase of a quarter of it. */
const RULES: readonly [method: LbMethod, shared: keyof Shares, most: number, mostOfPhase: number][] = [
  ['request', 'requests', 0.005, 0.01],
  ['session', 'sessions', 0.005, 0.01],
  ['next', 'sessions', 0.001, 0.01],
  ['traffic', 'bytes', 0.01, 0.03],
  ['busyness', 'busy', 0.1, 0.12],
]
const PHASE = REQUESTS / 4
/** What was in flight ends first; it is a matter of shares only where these are of what is in flight. */
const settling = (shared: keyof Shares) => (shared === 'busy' ? PHASE / 2 : PHASE / 10)
/** The member that is out: light enough that new sessions alone can give it its share again. */
const OUT = 1

describe('in the long run', () => {
  for (const [method, shared, most] of RULES) {
    test(`method ${method} shares out ${shared} by weight`, () => {
      const found = error(new Site(method).run(REQUESTS)[shared])
      assert.ok(found <= most, `off by ${found}`)
    })
  }

  test('method busyness gives more requests to whoever is faster', () => {
    const { requests } = new Site('busyness').run(REQUESTS)
    const [slow, fast] = [1, 2].map((index) => requests[index]! / LBFACTORS[index]!)
    assert.ok(fast! > 3 * slow!)
  })
})

const halved = (before: readonly number[]): number[] => before.map((value) => Math.floor(value / 2))

/** How lb values fade (mod_jk.md 4.9, decay). */
const FADING: readonly [method: LbMethod, after: (before: readonly number[]) => readonly number[]][] = [
  ['request', halved],
  ['session', halved],
  ['traffic', halved],
  ['next', (before) => before.map((value) => value - Math.min(...before))],
  ['busyness', (before) => before],
]

describe('with each maintenance', () => {
  for (const [method, after] of FADING) {
    test(`method ${method}: values fade by its formula, and never get large`, () => {
      const site = new Site(method)
      while (site.maintained.length < 4) site.run(PHASE)
      for (const each of site.maintained) assert.deepEqual(each.after, after(each.before))
      const growths = site.maintained.map(({ before }, index) =>
        Math.max(...before.map((value, at) => value - (site.maintained[index - 1]?.after[at] ?? 0))),
      )
      const most = 2 * Math.max(...growths)
      assert.ok(site.maintained.every(({ before }) => before.every((value) => value <= most)))
    })
  }
})

describe('while a member is out, and once it is back', () => {
  for (const [method, shared, , most] of RULES) {
    test(`method ${method}: stopped, the others share by weight; active again, it takes its own and catches nothing up`, () => {
      const site = new Site(method)
      site.run(PHASE)
      site.activate(OUT, 'stopped')
      site.run(settling(shared))
      const out = site.run(PHASE)
      assert.equal(out.requests[OUT], 0)
      assert.ok(error(out[shared], OUT) <= most, `without it off by ${error(out[shared], OUT)}`)
      site.activate(OUT, 'active')
      if (shared === 'busy') site.run(settling(shared))
      const back = site.run(PHASE)
      assert.ok(error(back[shared]) <= most, `with it off by ${error(back[shared])}`)
    })

    test(`method ${method}: down, it gets a try now and then; well again, it takes its own and catches nothing up`, () => {
      const site = new Site(method)
      const member = site.member(OUT)
      site.run(PHASE)
      site.down = member
      site.run(settling(shared))
      const out = site.run(PHASE)
      assert.ok(['error', 'recover'].includes(member.numbers.state), member.numbers.state)
      assert.ok(out.requests[OUT]! < 0.002, `${out.requests[OUT]} of all requests met it`)
      assert.ok(error(out[shared], OUT) <= most, `without it off by ${error(out[shared], OUT)}`)
      site.down = undefined
      while (member.numbers.state !== 'ok') site.run(100)
      if (shared === 'busy') site.run(settling(shared))
      const back = site.run(PHASE)
      assert.ok(error(back[shared]) <= most, `with it off by ${error(back[shared])}`)
    })
  }
})

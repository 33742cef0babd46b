/**
 * A load balancer over endpoint workers: which member takes a request, and what a request does to its member
 * (mod_jk.md 4.4 to 4.10). How requests travel, how often they are tried and how long one waits between tries is
 * decided elsewhere (`retry.ts`); here are no sockets and no timers, and time comes in as a number.
 *
 * Options can be changed while requests are under way; numbers and health stay. Whether the new ones are any good is
 * checked before (`edit-check.ts`).
 *
 * Every `select` that returns a choice is followed by `begin` in the same turn and, in the end, by `end` exactly once.
 */
import type { Outcome } from './errors.ts'
import { type MemberEvent, memberStates, next } from './member-state.ts'
import {
  createLbNumbers,
  createMemberNumbers,
  type LbNumbers,
  type MemberNumbers,
  type WorkerNumbers,
} from './numbers.ts'
import type { Activation } from './options.ts'
import { lbMults, type Policy, policies } from './policies/index.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'
import { idEnd, MAX_SESSION_IDS, routeAt } from './sticky.ts'
import { beginRequest, endRequest, resetCounts, type Usage } from './worker-life.ts'

const CHOSEN: MemberEvent = { type: 'chosen' }
const RELIEVED: MemberEvent = { type: 'relieved' }
const FORCED: MemberEvent = { type: 'forced' }
const REVIVED: MemberEvent = { type: 'revived' }
const RESET: MemberEvent = { type: 'reset' }
const USED: MemberEvent = { type: 'maintained', wasUsed: true }
const UNUSED: MemberEvent = { type: 'maintained', wasUsed: false }

/** A worker as its balancer meets it. */
export interface LbWorkerSource {
  readonly options: ResolvedEndpointWorker
  readonly numbers: WorkerNumbers
  /** No further request could be sent right now: `busy_limit` is reached or there is no connection to be had. */
  isFull(): boolean
}

export interface LbMember {
  readonly name: string
  /** Of the worker, with the attributes of this balancer's member: another balancer may weigh the same worker otherwise. */
  readonly options: ResolvedEndpointWorker
  readonly lbMult: number
  readonly numbers: MemberNumbers
  readonly worker: WorkerNumbers
}

/** Made once per member, so that choosing makes nothing. */
export interface Choice {
  readonly member: LbMember
  /** Routed by the exact route of the session. */
  readonly isSticky: boolean
}

export interface LbRequest {
  /** The ids of the request (`findSession`), or undefined; also undefined when stickiness is to be ignored. */
  readonly session: string | undefined
  /** Does not count as a new session and is dealt out in turn, whatever the lb values. */
  readonly isStateless: boolean
  /** Members that are in another state of activation for this request, by name. */
  readonly activations?: ReadonlyMap<string, Activation> | undefined
}

/** Members that have failed this request already and are left out for its sake alone (mod_jk's local error). */
export type TriedMembers = Set<LbMember>

/** Told of every change of a member's state, for logs. */
export type StateListener = (lb: Lb, member: LbMember, before: MemberNumbers['state']) => void

export function createLb(
  options: ResolvedLbWorker,
  sources: readonly LbWorkerSource[],
  nowMs: number,
  onState?: StateListener,
): Lb {
  return new Lb(options, sources, nowMs, onState)
}

const NO_MEMBERS: readonly Member[] = []

class Member implements LbMember {
  readonly name: string
  options: ResolvedEndpointWorker
  /** As in the options: what every choice compares lies close by. */
  distance: number
  lbMult: number
  readonly numbers = createMemberNumbers()
  readonly worker: WorkerNumbers
  readonly source: LbWorkerSource
  readonly index: number
  readonly sticky: Choice
  readonly free: Choice

  constructor(source: LbWorkerSource, index: number, lbMult: number) {
    this.name = source.options.name
    this.options = source.options
    this.distance = source.options.distance
    this.lbMult = lbMult
    this.worker = source.numbers
    this.source = source
    this.index = index
    this.sticky = { member: this, isSticky: true }
    this.free = { member: this, isSticky: false }
  }
}

export class Lb {
  readonly numbers: LbNumbers
  readonly #members: readonly Member[]
  readonly #byRoute = new Map<string, Member>()
  #options: ResolvedLbWorker
  readonly #byDomainName = new Map<string, Member[]>()
  #policy: Policy
  readonly #onState: StateListener | undefined
  /** Where the next search for the smallest lb value begins, so that equals take turns. */
  #offset = 0
  /** Members in state busy. */
  #busyMembers = 0
  /** Of the request that is being decided on; a choice is made in one turn. */
  #activations: ReadonlyMap<string, Activation> | undefined

  constructor(options: ResolvedLbWorker, sources: readonly LbWorkerSource[], nowMs: number, onState?: StateListener) {
    this.#options = options
    this.numbers = createLbNumbers(nowMs)
    const mults = lbMults(sources.map((source) => source.options.lbfactor))
    this.#members = sources.map((source, index) => new Member(source, index, mults[index]!))
    this.#indexMembers()
    this.#policy = policies[options.method]
    this.#onState = onState
  }

  get name(): string {
    return this.#options.name
  }

  get options(): ResolvedLbWorker {
    return this.#options
  }

  get members(): readonly LbMember[] {
    return this.#members
  }

  /** The member for a request; undefined: none can take it, and `force` may help. */
  select(request: LbRequest, tried?: TriedMembers): Choice | undefined {
    if (this.#busyMembers > 0) this.#relieve()
    this.#activations = request.activations
    const choice = this.#select(request, tried)
    this.#activations = undefined
    return choice
  }

  #select(request: LbRequest, tried: TriedMembers | undefined): Choice | undefined {
    const only = this.#members.length === 1 ? this.#members[0]! : undefined
    if (only !== undefined && this.#activationOf(only) !== 'disabled')
      return this.#isUsable(only, tried) ? only.sticky : undefined
    if (request.session !== undefined && this.#options.stickySession) {
      const choice = this.#bySession(request.session, tried)
      if (choice !== undefined || this.#options.stickySessionForce) return choice
    }
    return this.#freely(request.isStateless, tried)
  }

  /** The request is on its way to the member: counts it, and a member in recovery is being probed. */
  begin(member: LbMember, request: LbRequest): void {
    const { numbers } = this
    numbers.busy++
    if (numbers.busy > numbers.maxBusy) numbers.maxBusy = numbers.busy
    const isNew = !request.isStateless && (request.session === undefined || !this.#options.stickySession)
    if (isNew) member.numbers.sessions++
    member.numbers.lbValue = this.#policy.begin(member.numbers.lbValue, member.lbMult, isNew)
    if (member.numbers.state === 'recover') this.#move(member, CHOSEN, 0)
    beginRequest(member.worker)
  }

  /** The request is over as far as this member is concerned, whether it is tried on another one or not. */
  end(member: LbMember, outcome: Outcome, usage: Usage, nowMs: number): void {
    const { numbers, worker } = member
    this.numbers.busy = Math.max(0, this.numbers.busy - 1)
    numbers.lbValue = this.#policy.end(numbers.lbValue, member.lbMult, usage.readBytes + usage.transferredBytes)
    endRequest(worker, outcome, usage, nowMs)
    const othersInFlight = worker.busy > 0
    this.#move(member, { type: 'finished', outcome, othersInFlight, replyTimeouts: worker.replyTimeouts }, nowMs)
  }

  /**
   * Forced recovery: every member in error may be tried, also by the request that found no other. Once per request.
   * Returns false when none was in error, so that another `select` is pointless.
   */
  force(tried?: TriedMembers): boolean {
    let anyForced = false
    for (const member of this.#members) {
      if (member.numbers.state !== 'error') continue
      this.#move(member, FORCED, 0)
      member.worker.replyTimeouts = 0
      tried?.delete(member)
      anyForced = true
    }
    return anyForced
  }

  /** 4.10, to be called once per `intervalMs`: lb values fade, errors grow old. */
  maintain(nowMs: number, intervalMs: number): void {
    const intervals = Math.max(1, Math.round((nowMs - this.numbers.maintainedAtMs) / Math.max(1, intervalMs)))
    this.numbers.maintainedAtMs = nowMs
    const least = this.#leastUsableValue()
    for (const { numbers, worker } of this.#members) {
      numbers.lbValue = this.#policy.decay(numbers.lbValue, intervals, least)
      worker.replyTimeouts = Math.floor(worker.replyTimeouts / 2 ** Math.min(intervals, 32))
    }
    for (const member of this.#members) this.#maintainMember(member, nowMs)
    if (this.#members.every(({ numbers }) => numbers.state === 'error')) this.force()
  }

  #maintainMember(member: Member, nowMs: number): void {
    const { numbers, worker } = member
    const wasUsed = worker.used !== numbers.usedAtMaintenance
    numbers.usedAtMaintenance = worker.used
    const before = numbers.state
    this.#move(member, wasUsed ? USED : UNUSED, nowMs)
    if (before === 'error' && numbers.state === 'recover') this.#welcome(member)
    if (!wasUsed && worker.state === 'ok') worker.state = 'idle'
  }

  /** A member that is to be tried again must not get everything until it has caught up. */
  #welcome({ numbers, worker }: Member): void {
    worker.replyTimeouts = 0
    if (this.#policy.isReset) numbers.lbValue = Math.max(...this.#members.map((each) => each.numbers.lbValue))
  }

  // ---- changes -----------------------------------------------------------------------------------------------------

  /** Options from here on. The values of two methods cannot be compared, so another method begins with all members level. */
  reconfigure(options: ResolvedLbWorker): void {
    const isOtherMethod = options.method !== this.#options.method
    this.#options = options
    this.#policy = policies[options.method]
    if (isOtherMethod) this.#level()
  }

  /** Options of a member from here on; the other members keep theirs. */
  reconfigureMember(name: string, options: ResolvedEndpointWorker): void {
    const member = this.#member(name)
    const before = member.options
    member.options = options
    member.distance = options.distance
    if (options.route !== before.route || options.domain !== before.domain) this.#indexMembers()
    if (options.lbfactor !== before.lbfactor) this.#weighMembers()
    // A member that comes back must not get everything until it has caught up (mod_jk.md 7.4, `vwa`).
    if (options.activation !== before.activation && this.#policy.isReset) this.#level()
  }

  /** Forgets errors and counts of all members, and the busiest moment (mod_jk.md 7.3, `reset`). */
  reset(nowMs: number): void {
    this.numbers.maxBusy = 0
    this.numbers.resetAtMs = nowMs
    for (const member of this.#members) this.#reset(member, nowMs)
  }

  resetMember(name: string, nowMs: number): void {
    this.#reset(this.#member(name), nowMs)
  }

  /** A member in error is tried by the next request. Returns false when it is not in error. */
  recover(name: string): boolean {
    const member = this.#member(name)
    if (member.numbers.state !== 'error') return false
    this.#move(member, REVIVED, 0)
    this.#welcome(member)
    return true
  }

  #reset(member: Member, nowMs: number): void {
    const { numbers, worker } = member
    this.#move(member, RESET, nowMs)
    numbers.sessions = 0
    numbers.usedAtMaintenance = 0
    if (this.#policy.isReset) numbers.lbValue = 0
    resetCounts(worker, nowMs)
  }

  #level(): void {
    for (const { numbers } of this.#members) numbers.lbValue = 0
  }

  /** A value that is a count of requests in flight is one in steps of the member's own size. */
  #weighMembers(): void {
    const mults = lbMults(this.#members.map(({ options }) => options.lbfactor))
    for (const member of this.#members) {
      const { numbers, index, lbMult } = member
      if (!this.#policy.isReset) numbers.lbValue = (numbers.lbValue / lbMult) * mults[index]!
      member.lbMult = mults[index]!
    }
  }

  #indexMembers(): void {
    this.#byRoute.clear()
    this.#byDomainName.clear()
    for (const member of this.#members) {
      const { route, domain } = member.options
      this.#byRoute.set(route, member)
      // A domain with a dot matches no route (mod_jk.md 4.5, step 5).
      if (domain === '' || domain.includes('.')) continue
      const others = this.#byDomainName.get(domain)
      if (others === undefined) this.#byDomainName.set(domain, [member])
      else others.push(member)
    }
  }

  #member(name: string): Member {
    return this.#members.find((member) => member.name === name)!
  }

  #leastUsableValue(): number {
    const values = this.#members.filter((member) => this.#isUsable(member)).map(({ numbers }) => numbers.lbValue)
    return values.length === 0 ? 0 : Math.min(...values)
  }

  // ---- by session --------------------------------------------------------------------------------------------------

  /** Each id in turn, until one leads to a member (4.2). */
  #bySession(session: string, tried: TriedMembers | undefined): Choice | undefined {
    for (let start = 0, ids = 0; start < session.length && ids < MAX_SESSION_IDS; ids++) {
      const end = idEnd(session, start)
      const route = routeAt(session, start, end)
      const choice = route === undefined ? undefined : this.#byOneRoute(route, tried)
      if (choice !== undefined) return choice
      start = end + 1
    }
    return undefined
  }

  /** The member of a route; where that one cannot, its redirect or else another member of its domain (4.5). */
  #byOneRoute(route: string, tried: TriedMembers | undefined): Choice | undefined {
    const member = this.#byRoute.get(route)
    if (member === undefined) return this.#byDomain(domainOf(route), tried)
    if (this.#isStickyUsable(member, tried)) return member.sticky
    if (this.#options.stickySessionForce) return undefined
    const { redirect, domain } = member.options
    if (redirect === '') return this.#byDomain(domain, tried)
    const standIn = this.#byRoute.get(redirect)
    return standIn !== undefined && this.#isStickyUsable(standIn, tried) ? standIn.free : undefined
  }

  #byDomain(domain: string, tried: TriedMembers | undefined): Choice | undefined {
    let best: Member | undefined
    for (const member of this.#byDomainName.get(domain) ?? NO_MEMBERS) {
      if ((best === undefined || isBetter(member, best)) && this.#isUsable(member, tried)) best = member
    }
    return best?.free
  }

  // ---- without one -------------------------------------------------------------------------------------------------

  #freely(isStateless: boolean, tried: TriedMembers | undefined): Choice | undefined {
    const members = this.#members
    const count = members.length
    let best: Member | undefined
    for (let i = 0, at = this.#offset; i < count; i++, at++) {
      if (at === count) at = 0
      const member = members[at]!
      // Of hundreds few would be better, and only those have to be well.
      if (best !== undefined && !(isStateless ? isNearer(member, best) : isBetter(member, best))) continue
      if (this.#isUsable(member, tried)) best = member
    }
    if (best === undefined) return this.#standby(tried)
    this.#offset = (best.index + 1) % count
    return best.free
  }

  /** A disabled hot standby gets its requests as the redirect of a member that is out. */
  #standby(tried: TriedMembers | undefined): Choice | undefined {
    const redirecting = this.#members.find((member) => member.options.redirect !== '')
    if (redirecting === undefined) return undefined
    const standIn = this.#byOneRoute(redirecting.options.redirect, tried)
    return standIn === undefined ? undefined : (standIn.member as Member).free
  }

  // ---- members -----------------------------------------------------------------------------------------------------

  #isUsable(member: Member, tried?: TriedMembers): boolean {
    return this.#activationOf(member) === 'active' && this.#isUp(member, tried)
  }

  #isStickyUsable(member: Member, tried: TriedMembers | undefined): boolean {
    return this.#activationOf(member) !== 'stopped' && this.#isUp(member, tried)
  }

  #activationOf(member: Member): Activation {
    return this.#activations?.get(member.name) ?? member.options.activation
  }

  #isUp(member: Member, tried: TriedMembers | undefined): boolean {
    return tried?.has(member) !== true && memberStates[member.numbers.state].isUsable
  }

  /** Every request looks whether members that had enough to do have room again (mod_jk.md 4.6, BUSY). */
  #relieve(): void {
    for (const member of this.#members)
      if (member.numbers.state === 'busy' && !member.source.isFull()) this.#move(member, RELIEVED, 0)
  }

  #move(member: LbMember, event: MemberEvent, nowMs: number): void {
    const { numbers } = member
    const before = numbers.state
    const after = next(numbers, event, nowMs, this.#options)
    if (after === numbers) return
    numbers.state = after.state
    numbers.errors = after.errors
    numbers.firstErrorAtMs = after.firstErrorAtMs
    numbers.lastErrorAtMs = after.lastErrorAtMs
    if (after.state === before) return
    if (after.state === 'busy') this.#busyMembers++
    else if (before === 'busy') this.#busyMembers--
    this.#onState?.(this, member, before)
  }
}

function isNearer(member: Member, best: Member): boolean {
  return member.distance < best.distance
}

function isBetter(member: Member, best: Member): boolean {
  if (member.distance !== best.distance) return isNearer(member, best)
  return member.numbers.lbValue < best.numbers.lbValue
}

function domainOf(route: string): string {
  const dot = route.indexOf('.')
  return dot === -1 ? route : route.slice(0, dot)
}

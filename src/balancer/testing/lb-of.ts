/** For tests: balancers built from options, and requests sent through them without any network. */
import type { Outcome } from '../errors.ts'
import { createLb, type Lb, type LbMember, type LbRequest } from '../lb.ts'
import type { MemberState } from '../member-state.ts'
import { createWorkerNumbers } from '../numbers.ts'
import type { EndpointWorkerOptions, LbWorkerOptions } from '../options.ts'
import { resolveOptions } from '../resolve-options.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from '../resolved-options.ts'
import { NO_USAGE } from '../worker-life.ts'

export type Members = Readonly<Record<string, Partial<EndpointWorkerOptions>>>

export const NEW: LbRequest = { session: undefined, isStateless: false }
export const STATELESS: LbRequest = { session: undefined, isStateless: true }
export const withSession = (session: string): LbRequest => ({ session, isStateless: false })

/** Named by letters, so that a letter in a test is a member. */
export function lbOf(members: Members, options: Partial<LbWorkerOptions> = {}, full: () => boolean = () => false): Lb {
  const names = Object.keys(members)
  const resolved = resolveOptions({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'http' as const, ...members[name] }])),
      lb: { type: 'lb', balanceWorkers: names, ...options },
    },
    workerList: ['lb'],
    hosts: [{ names: [], mounts: [], access: [] }],
  })
  const sources = names.map((name) => ({
    options: resolved.workers[name] as ResolvedEndpointWorker,
    numbers: createWorkerNumbers(0),
    isFull: full,
  }))
  return createLb(resolved.workers.lb as ResolvedLbWorker, sources, 0)
}

export const weights = (...lbfactors: number[]): Members =>
  Object.fromEntries(lbfactors.map((lbfactor, index) => [String.fromCharCode(97 + index), { lbfactor }]))

export function member(lb: Lb, name: string): LbMember {
  return lb.members.find((each) => each.name === name)!
}

/** One request from beginning to end; the name of its member, `-` for none. */
export function send(lb: Lb, request = NEW, outcome: Outcome = 'ok', nowMs = 0): string {
  const choice = lb.select(request)
  if (choice === undefined) return '-'
  lb.begin(choice.member, request)
  lb.end(choice.member, outcome, NO_USAGE, nowMs)
  return choice.member.name
}

export const sendMany = (lb: Lb, count: number, request = NEW): string =>
  Array.from({ length: count }, () => send(lb, request)).join('')
export const values = (lb: Lb): number[] => lb.members.map(({ numbers }) => numbers.lbValue)
export const states = (lb: Lb): MemberState[] => lb.members.map(({ numbers }) => numbers.state)

/** Puts members into a state without going the long way; busy is what only a refusal makes them. */
export function put(lb: Lb, state: MemberState, ...names: string[]): Lb {
  for (const name of names) {
    const { numbers } = member(lb, name)
    if (state !== 'busy') numbers.state = state
    else {
      lb.begin(member(lb, name), withSession('S'))
      lb.end(member(lb, name), 'busy', NO_USAGE, 0)
      numbers.lbValue = 0
    }
  }
  return lb
}

export const TWO: Members = { a: {}, b: {} }

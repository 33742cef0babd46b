/** What choosing a member costs, from 2 members to 200: 2 µs more at most. */
import type { MicroBench } from '../../bench/micro.ts'
import type { Lb, LbRequest } from './lb.ts'
import type { LbMethod } from './options.ts'
import { lbOf, type Members, NEW, STATELESS, withSession } from './testing/lb-of.ts'
import { NO_USAGE } from './worker-life.ts'

const membersOf = (count: number, more: (n: number) => Members[string] = () => ({})): Members =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`node${n}`, { lbfactor: 1 + (n % 3), ...more(n) }]))

/** A request from its choice to its end. */
function serving(lb: Lb, request: LbRequest): () => unknown {
  return () => {
    const choice = lb.select(request)!
    lb.begin(choice.member, request)
    lb.end(choice.member, 'ok', NO_USAGE, 0)
    return choice.isSticky
  }
}

function bench(
  name: string,
  request: LbRequest,
  method: LbMethod = 'request',
  more?: (n: number) => Members[string],
): MicroBench {
  const of = (count: number) => serving(lbOf(membersOf(count, more), { method }), request)
  return { name: `lb: ${name}`, contestants: { '2 members': of(2), '200 members': of(200) } }
}

export const benches: readonly MicroBench[] = [
  bench('a new session, method Request', NEW),
  bench('a new session, method Busyness', NEW, 'busyness'),
  bench('a new session, members at several distances', NEW, 'request', (n) => ({ distance: n % 4 })),
  bench('a new session, all but one are stopped', NEW, 'request', (n) => ({
    activation: n === 1 ? 'active' : 'stopped',
  })),
  bench('a stateless rule', STATELESS),
  bench('a session of a member', withSession('S.node1')),
  bench('a session of a domain', withSession('S.east'), 'request', () => ({ domain: 'east' })),
]

/** The status workers of a balancer: each with the options it was given, all over the same balancer. */
import type { Balancer, BalancerOptions, StatusPage } from '../balancer/index.ts'
import type { Clock } from '../clock/clock.ts'
import { writtenOptions } from '../config/index.ts'
import { answerStatus, resolveOptions, type StatusSource } from '../status/index.ts'

/** A name that takes longer to be looked up is taken for one that has no address. */
const LOOKUP_MS = 5_000

/** `balancer` is asked for with each request, since it is made with this page. */
export function statusPages(options: BalancerOptions, clock: Clock, balancer: () => Balancer): StatusPage {
  const { properties = writtenOptions(options) } = options
  const pages = new Map(
    Object.entries(options.workers).flatMap(([name, worker]) =>
      worker.type === 'status' ? [[name, resolveOptions({ ...worker, properties })]] : [],
    ),
  )
  const source: StatusSource = {
    snapshot: () => balancer().snapshot(),
    edit: (edits, by) => balancer().edit(edits, by),
    canResolve: (host) => within(LOOKUP_MS, balancer().canResolve(host), clock),
  }
  return (request) => answerStatus(request, source, pages.get(request.worker)!)
}

/** False when it takes longer. */
function within(ms: number, answer: Promise<boolean>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false))
    void answer.then((is) => {
      clock.clear(timer)
      resolve(is)
    })
  })
}

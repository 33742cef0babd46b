/** What every format needs besides the command: the moment, the server and what the status worker was told. */
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import type { StatusOptions } from './options.ts'
import type { ServerFacts } from './server-facts.ts'

export interface AnswerContext {
  readonly snapshot: BalancerSnapshot
  readonly server: ServerFacts
  readonly options: StatusOptions
  /** The path the page is at, without its query. */
  readonly path: string
}

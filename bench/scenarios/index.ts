/** All scenarios, in the order in which they run. */
import type { Scenario } from '../scenario.ts'
import { cluster } from './cluster.ts'
import { idleMemory } from './idle-memory.ts'
import { micro } from './micro.ts'
import { proxy1Mib } from './proxy-1mib.ts'
import { proxySmall } from './proxy-small.ts'
import { sessionMiddleware } from './session-middleware.ts'
import { startup } from './startup.ts'

export const SCENARIOS: readonly Scenario[] = [
  proxySmall,
  proxy1Mib,
  cluster,
  sessionMiddleware,
  idleMemory,
  startup,
  micro,
]

/** All scenarios, in the order in which they run. */
import type { Scenario } from '../scenario.ts'
import { cluster } from './cluster.ts'
import { clusterDelay } from './cluster-delay.ts'
import { clusterSize } from './cluster-size.ts'
import { connector } from './connector.ts'
import { hostileConfig } from './hostile-config.ts'
import { idleMemory } from './idle-memory.ts'
import { micro } from './micro.ts'
import { proxy1Mib } from './proxy-1mib.ts'
import { proxyAjp, proxyAjpLog } from './proxy-ajp.ts'
import { proxySmall } from './proxy-small.ts'
import { sessionJoin } from './session-join.ts'
import { sessionMemory } from './session-memory.ts'
import { sessionMiddleware, sessionPeer } from './session-middleware.ts'
import { startup } from './startup.ts'

export const SCENARIOS: readonly Scenario[] = [
  proxySmall,
  proxy1Mib,
  proxyAjp,
  proxyAjpLog,
  connector,
  cluster,
  sessionMiddleware,
  sessionPeer,
  sessionMemory,
  sessionJoin,
  clusterDelay,
  clusterSize,
  idleMemory,
  startup,
  hostileConfig,
  micro,
]

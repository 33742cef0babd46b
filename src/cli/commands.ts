/** The commands, in the order in which the help lists them. */
import { balancer } from './balancer.ts'
import { check } from './check.ts'
import { cluster } from './cluster.ts'
import type { Command } from './command.ts'
import { convert } from './convert.ts'
import { status } from './status.ts'
import { up } from './up.ts'
import { worker } from './worker.ts'

export const COMMANDS: readonly Command[] = [up, balancer, worker, status, cluster, check, convert]

/**
 * The acceptance scenarios of mod_jk.md 10.1, and the rules and tables of sections 4 and 5 where they are a matter of order
 * and not of chance: each was seen on mod_jk 1.2.48, and is played on both sides.
 */
import { ACCOUNTING } from './balancing-accounting.ts'
import { CHOICES } from './balancing-choices.ts'
import { EXECUTIONS } from './balancing-executions.ts'
import { FAILURES } from './balancing-failures.ts'
import { MAINTAINED } from './balancing-maintained.ts'
import type { Scenario } from './balancing-scenario.ts'

export { MAINTAINED }

/** Nothing in them waits for maintenance; it is far away. */
export const ORDERLY: readonly Scenario[] = [...ACCOUNTING, ...CHOICES, ...FAILURES, ...EXECUTIONS]

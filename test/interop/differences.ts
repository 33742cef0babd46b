/**
 * Every difference that we know and mean. The table under "Over AJP" in docs/reference/differences.md is made of this
 * list (differences-page.ts), and the test fails for a difference that does not occur any more.
 */
import type { OursName } from './arrangement.ts'
import { connectorDifferences } from './connector-differences.ts'
import { frontDifferences } from './front-differences.ts'
import { knownDefects } from './known-defects.ts'

export type Pattern = string | RegExp | undefined

export interface Difference {
  readonly id: string
  readonly in: readonly OursName[]
  /** Names of cases; default: wherever the facts are so. */
  readonly cases?: readonly string[]
  /** Which fact, what it is there, what it is here; undefined = missing. */
  readonly facts: readonly (readonly [fact: string, there: Pattern, here: Pattern])[]
  /**
   * Depends on what one read of a socket brings: need not occur in each way each time. `or never`: has one way only, and may
   * not occur at all.
   */
  readonly sometimes?: true | 'or never'
  /** What httpd, its modules and Tomcat do. */
  readonly there: string
  readonly here: string
  readonly why: string
}

export const differences: readonly Difference[] = [...frontDifferences, ...connectorDifferences, ...knownDefects]

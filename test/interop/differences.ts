/**
 * Every difference from httpd with mod_jk before a Tomcat that we know and mean. The table under "Over AJP" in
 * docs/reference/differences.md is made of this list, and the test fails for one that does not occur any more.
 */
import type { OursName } from './arrangement.ts'

type Pattern = string | RegExp | undefined

export interface Difference {
  readonly id: string
  readonly in: readonly OursName[]
  /** Names of cases; default: wherever the facts are so. */
  readonly cases?: readonly string[]
  /** Which fact, what it is in the reference, what it is here; undefined = missing. */
  readonly facts: readonly (readonly [fact: string | RegExp, reference: Pattern, ours: Pattern])[]
  /** What mod_jk and Tomcat do. */
  readonly there: string
  readonly here: string
  readonly why: string
}

export const differences: readonly Difference[] = []

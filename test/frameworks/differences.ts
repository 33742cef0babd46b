/**
 * Every difference between an app that is asked straight and the same app behind the balancer, with its reason; told
 * in `docs/reference/differences.md`. The test fails for a difference that no entry explains, and for an entry that no
 * difference needs.
 */
import type { KnownDifference } from './explain.ts'

const BOTH = ['over http', 'over ajp'] as const
const HTTP = ['over http'] as const
const AJP = ['over ajp'] as const

/** Entries are tried in order. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = []
void [BOTH, HTTP, AJP]

/**
 * Differences that are not meant but known. They stand in the page like the others, as what they are, and the test fails
 * for one that was repaired, so that its entry goes.
 */
import type { Difference } from './differences.ts'

export const knownDefects: readonly Difference[] = []

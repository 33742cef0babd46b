/** Which entry of the list of known differences explains a difference, if one does. */
import type { Framework } from './apps/app.ts'
import type { Arrangement } from './arrangements.ts'
import type { Difference } from './compare.ts'

export interface KnownDifference {
  /** What differs, in words. */
  readonly what: string
  readonly why: string
  readonly over: readonly Exclude<Arrangement, 'straight'>[]
  /** Names of facets, without the number of the answer or request. */
  readonly facets: RegExp
  /** Names of scenes; default all. */
  readonly scenes?: RegExp
  /** Default all. */
  readonly frameworks?: readonly Framework[]
  /** What the values must look like; null: absent. */
  readonly straight?: RegExp | null
  readonly there?: RegExp | null
  /** Only names of fields may differ, and only in the case of their letters. */
  readonly isSpelling?: true
}

export interface Occurrence extends Difference {
  readonly over: Arrangement
  readonly framework: Framework
  readonly scene: string
}

/** The first entry that explains it. */
export function explanationOf(found: Occurrence, known: readonly KnownDifference[]): KnownDifference | undefined {
  return known.find(
    ({ over, facets, scenes, frameworks, straight, there, isSpelling }) =>
      over.some((each) => each === found.over) &&
      facets.test(found.facet.replace(/ \d+:/, ':')) &&
      (scenes === undefined || scenes.test(found.scene)) &&
      (frameworks === undefined || frameworks.includes(found.framework)) &&
      looksLike(found.straight, straight) &&
      looksLike(found.there, there) &&
      (isSpelling !== true || withSmallNames(found.straight) === withSmallNames(found.there)),
  )
}

function looksLike(value: string | undefined, wanted: RegExp | null | undefined): boolean {
  if (wanted === undefined) return true
  return wanted === null ? value === undefined : value !== undefined && wanted.test(value)
}

/** Lines `Name: value` with names in lower case. */
function withSmallNames(lines: string | undefined): string | undefined {
  return lines?.replace(/^[^:]*(?=:)/gm, (name) => name.toLowerCase())
}

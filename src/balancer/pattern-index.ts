/**
 * Which of many patterns matches a text, for as many patterns as an operator cares to write: a lookup costs what the text
 * is long, not what the list is (mod_jk walks the list, which takes 10 000 comparisons for the last of 10 000 mounts).
 *
 * Every pattern begins with a literal, which ends at its first `*` or `?`. The literals stand in a hash table; the hash of
 * the text is taken one byte at a time, and where a literal of that length exists, the table is asked. What stands behind
 * the literal decides the rest: nothing (exact), a star alone (`/app/*`), a star and a literal end (`/app/*.jsp`), or
 * anything else, which is compared. Of all patterns that match, the one that stands first in the list is found.
 */
import { compileWildcard, type Matcher } from './wildcard.ts'

/** No pattern matches. */
export const NO_MATCH = -1

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const NEVER = 0x7fffffff

/** The patterns that share a literal beginning, by their place in the list. */
interface Bucket {
  readonly literal: string
  exact: number
  /** The literal and a star: matches whatever begins so. */
  open: number
  /** The literal, a star and an end without wildcards, by that end. */
  readonly ends: Map<string, number>
  readonly endLengths: number[]
  /** In the order of the list. */
  readonly others: { readonly rank: number; readonly matches: Matcher }[]
  /** The first of `ends` and `others`: what cannot win is not compared. */
  firstOfRest: number
}

export class PatternIndex {
  readonly #table: (Bucket | undefined)[]
  readonly #mask: number
  /** By length: whether there is a literal of it. */
  readonly #hasLength: Uint8Array

  /** The patterns in their order, as bytes (latin-1); of equal ones the first counts. */
  constructor(patterns: readonly string[]) {
    const literals = patterns.map(literalOf)
    this.#hasLength = new Uint8Array(literals.reduce((most, { length }) => Math.max(most, length), 0) + 1)
    this.#mask = 2 ** Math.ceil(Math.log2(2 * patterns.length + 2)) - 1
    this.#table = new Array(this.#mask + 1).fill(undefined)
    for (const [rank, pattern] of patterns.entries()) {
      const literal = literals[rank]!
      this.#hasLength[literal.length] = 1
      addTo(this.#bucket(literal), pattern, rank)
    }
  }

  /** The place in the list of the first pattern that matches, or {@link NO_MATCH}. */
  find(text: string): number {
    const hasLength = this.#hasLength
    const last = Math.min(text.length, hasLength.length - 1)
    let best = NEVER
    let hash = FNV_OFFSET
    for (let length = 0; ; length++) {
      if (hasLength[length] === 1) {
        const bucket = this.#lookUp(hash, text, length)
        if (bucket !== undefined) best = bestOf(bucket, text, best)
      }
      if (length === last) break
      hash = Math.imul(hash ^ text.charCodeAt(length), FNV_PRIME)
    }
    return best === NEVER ? NO_MATCH : best
  }

  #lookUp(hash: number, text: string, length: number): Bucket | undefined {
    for (let slot = spread(hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const bucket = this.#table[slot]
      if (bucket === undefined) return undefined
      if (bucket.literal.length === length && text.startsWith(bucket.literal)) return bucket
    }
  }

  /** The bucket of a literal, made if there is none. The table is at most half full, so there is a free place. */
  #bucket(literal: string): Bucket {
    let hash = FNV_OFFSET
    for (let i = 0; i < literal.length; i++) hash = Math.imul(hash ^ literal.charCodeAt(i), FNV_PRIME)
    let slot = spread(hash) & this.#mask
    for (; ; slot = (slot + 1) & this.#mask) {
      const bucket = this.#table[slot]
      if (bucket === undefined) break
      if (bucket.literal === literal) return bucket
    }
    const bucket: Bucket = {
      literal,
      exact: NEVER,
      open: NEVER,
      ends: new Map(),
      endLengths: [],
      others: [],
      firstOfRest: NEVER,
    }
    this.#table[slot] = bucket
    return bucket
  }
}

function literalOf(pattern: string): string {
  const wild = pattern.search(/[*?]/)
  return wild === -1 ? pattern : pattern.slice(0, wild)
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}

function addTo(bucket: Bucket, pattern: string, rank: number): void {
  const rest = pattern.slice(bucket.literal.length)
  if (rest === '') {
    bucket.exact = Math.min(bucket.exact, rank)
    return
  }
  if (/^\*+$/.test(rest)) {
    bucket.open = Math.min(bucket.open, rank)
    return
  }
  bucket.firstOfRest = Math.min(bucket.firstOfRest, rank)
  const end = /^\*+([^*?]+)$/.exec(rest)?.[1]
  if (end === undefined) {
    bucket.others.push({ rank, matches: compileWildcard(pattern) })
  } else if (!bucket.ends.has(end)) {
    bucket.ends.set(end, rank)
    if (!bucket.endLengths.includes(end.length)) bucket.endLengths.push(end.length)
  }
}

/** The text is known to begin with the literal. */
function bestOf(bucket: Bucket, text: string, before: number): number {
  let best = before
  if (bucket.open < best) best = bucket.open
  const spare = text.length - bucket.literal.length
  if (spare === 0 && bucket.exact < best) best = bucket.exact
  if (bucket.firstOfRest >= best) return best
  for (const length of bucket.endLengths) {
    if (length > spare) continue
    const rank = bucket.ends.get(text.slice(text.length - length))
    if (rank !== undefined && rank < best) best = rank
  }
  for (const { rank, matches } of bucket.others) {
    if (rank >= best) break
    if (matches(text)) return rank
  }
  return best
}

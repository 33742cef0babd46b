/**
 * The few statistics a bench needs. Medians, because one disturbed round must not move the result; ratios of paired
 * rounds, because what disturbs a machine disturbs neighbours in time alike.
 */

/** A figure per round; undefined where the round is void. */
export type Rounds = readonly (number | undefined)[]

/** The middle of the values that are there; undefined when there is none. */
export function median(values: Rounds): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length >> 1
  const upper = sorted[middle]!
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2
}

/** The median over the rounds of value ÷ reference of the same round; rounds with a void side are left out. */
export function pairedRatio(values: Rounds, reference: Rounds): number | undefined {
  return median(
    values.map((value, round) => {
      const against = reference[round]
      return value === undefined || against === undefined || against === 0 ? undefined : value / against
    }),
  )
}

/** Half the distance between lowest and highest, as a share of the median: how far the rounds disagree. */
export function spread(values: Rounds): number | undefined {
  const there = values.filter((value) => value !== undefined)
  const middle = median(there)
  if (middle === undefined || middle === 0) return undefined
  return (Math.max(...there) - Math.min(...there)) / 2 / middle
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank). */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  if (sorted.length === 0) return undefined
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)))
  return sorted[rank - 1]
}

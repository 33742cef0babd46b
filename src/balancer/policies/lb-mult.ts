/**
 * Weights as steps: a member's lb value grows by `lb_mult` per request, the least common multiple of all weights
 * divided by its own (mod_jk.md 1.4), so that heavier members take smaller steps and come out chosen more often.
 */

/**
 * Largest common multiple that is used as it is. Weights that share no factors would soon be past 2^53, where counting
 * by ones stops being exact; past this limit steps are rounded, which puts shares wrong by less than one in a million.
 */
export const MAX_MULTIPLE = 2 ** 40

export function lbMults(weights: readonly number[]): number[] {
  let multiple = 1
  for (const weight of weights) {
    multiple = (multiple / greatestCommonDivisor(multiple, weight)) * weight
    if (multiple > MAX_MULTIPLE) return weights.map((each) => Math.max(1, Math.round(MAX_MULTIPLE / each)))
  }
  return weights.map((weight) => multiple / weight)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

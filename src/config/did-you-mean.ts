/** Finds the name someone probably meant. Knows nothing of files. */
import { visible } from './complaint.ts'
import { maxCandidates, maxNameBytes } from './limits.ts'

/**
 * The candidate nearest to `name`: equal but for case, width, spaces and `-` or `_`; else within two typing errors (one,
 * for names of up to four letters). Undefined when none is that near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const plain = folded(name)
  let best: string | undefined
  let bestDistance = Math.min(plain.length, plain.length <= 4 ? 2 : 3)
  let looked = 0
  for (const candidate of candidates) {
    if (++looked > maxCandidates) break
    if (candidate === name) continue
    const other = folded(candidate)
    if (other === plain) return candidate
    const distance = editDistance(plain, other, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function folded(name: string): string {
  return name
    .slice(0, 4 * maxNameBytes)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Cf}_-]+/gu, '')
    .slice(0, maxNameBytes)
}

/** Optimal string alignment (a swap of neighbours counts once); `limit` when it is not below that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let least = row
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (same ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, before[column - 2]! + 1)
      }
      current.push(cost)
      if (cost < least) least = cost
    }
    if (least >= limit) return limit
    before = previous
    previous = current
  }
  return previous[b.length]!
}

/** ` did you mean X?` as a hint, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(name, candidates)
  return found === undefined ? undefined : `did you mean ${visible(found)}?`
}

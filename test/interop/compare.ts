/** What two plays of a case have different, and which of that is on the list of intended differences. */
import type { OursName } from './arrangement.ts'
import type { Difference } from './differences.ts'
import type { Facts } from './play.ts'

export interface Found {
  readonly fact: string
  /** Undefined where the fact is missing. */
  readonly reference: string | undefined
  readonly ours: string | undefined
}

/** An answer with another status is another answer: what it says and how it is framed follows from that. */
const FOLLOWS_FROM_STATUS =
  /^client\.(?:reason|framing|bytes|text|sha256|interim|header\.(?:content-.*|www-authenticate|location|allow|retry-after))$/
/** And from an answer where there is none, everything that an answer has. */
const FOLLOWS_FROM_SILENCE = /^client\.(?:version|reason|framing|bytes|text|sha256|interim|header\..*)$/

export function compare(reference: Facts, ours: Facts): Found[] {
  const statuses = [reference.get('client.status'), ours.get('client.status')]
  const isOtherAnswer = statuses[0] !== statuses[1]
  const follows = statuses.includes('none') ? FOLLOWS_FROM_SILENCE : FOLLOWS_FROM_STATUS
  const isReached = reference.get('app') === 'reached' && ours.get('app') === 'reached'
  const order = fieldOrder(reference, ours)
  const found =
    order === fieldOrder(ours, reference)
      ? []
      : [{ fact: 'app.order', reference: order, ours: fieldOrder(ours, reference) }]
  const differing = [...new Set([...reference.keys(), ...ours.keys()])]
    .filter((fact) => reference.get(fact) !== ours.get(fact))
    .filter((fact) => !(isOtherAnswer && follows.test(fact)))
    .filter((fact) => isReached || !fact.startsWith('app.'))
    .map((fact) => ({ fact, reference: reference.get(fact), ours: ours.get(fact) }))
  return [...found, ...differing]
}

/** In which order the application sees the fields that both have. */
function fieldOrder(facts: Facts, others: Facts): string {
  return [...facts.keys()].filter((fact) => fact.startsWith('app.header.') && others.has(fact)).join(' ')
}

/** Which difference of the list this is, and by which of its rows. */
export function explain(
  found: Found,
  arrangement: OursName,
  name: string,
  list: readonly Difference[],
): readonly [Difference, number] | undefined {
  for (const difference of list) {
    if (!difference.in.includes(arrangement)) continue
    if (difference.cases !== undefined && !difference.cases.includes(name)) continue
    const row = difference.facts.findIndex(
      ([fact, reference, ours]) =>
        isLike(found.fact, fact) && isLike(found.reference, reference) && isLike(found.ours, ours),
    )
    if (row !== -1) return [difference, row]
  }
  return undefined
}

function isLike(value: string | undefined, pattern: string | RegExp | undefined): boolean {
  return pattern instanceof RegExp ? value !== undefined && pattern.test(value) : value === pattern
}

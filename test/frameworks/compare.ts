/**
 * Two observations of one scene, taken apart into facets that are compared one by one, so that a difference says what
 * differs: a field of an answer, its place, the order of the app's events.
 */
import { digest, type Visit } from './journal.ts'
import type { Answer, Observation } from './player.ts'

export interface Difference {
  readonly facet: string
  /** Undefined: absent. */
  readonly straight: string | undefined
  readonly there: string | undefined
}

/** Bodies up to this size are shown as they are. */
const SHOWN_BYTES = 300

type Facets = Map<string, string>

/** `isEarly`: see `early` of a scene. */
export function compare(straight: Observation, there: Observation, isEarly = false): Difference[] {
  const ours = facetsOf(straight, isEarly)
  const theirs = facetsOf(there, isEarly)
  const differences: Difference[] = []
  for (const facet of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = facet.endsWith('order')
      ? commonOrder(ours.get(facet), theirs.get(facet))
      : [ours.get(facet), theirs.get(facet)]
    if (a !== b) differences.push({ facet, straight: a, there: b })
  }
  return differences
}

/** What both have, in the order of each. */
function commonOrder(a = '', b = ''): [string, string] {
  const common = (list: string, other: string) => {
    const others = new Set(other.split(', '))
    return list
      .split(', ')
      .filter((name) => others.has(name))
      .join(', ')
  }
  return [common(a, b), common(b, a)]
}

function facetsOf({ answers, visits, afterwards }: Observation, isEarly: boolean): Facets {
  const facets: Facets = new Map(isEarly ? [] : [['connection afterwards', afterwards]])
  const label = (what: string, n: number, all: number) => (all === 1 ? what : `${what} ${n + 1}`)
  for (const [n, answer] of answers.entries()) addAnswer(facets, label('answer', n, answers.length), answer)
  for (const [n, visit] of visits.entries()) addVisit(facets, label('app', n, visits.length), visit, isEarly)
  if (isEarly) for (const facet of facets.keys()) if (facet.endsWith('field connection')) facets.delete(facet)
  return facets
}

function addAnswer(
  facets: Facets,
  label: string,
  { interim, statusLine, lines, body, trailers, complete }: Answer,
): void {
  facets.set(`${label}: status line`, statusLine)
  facets.set(`${label}: interim`, interim.map((head) => head.split('\r\n', 1)[0]).join(', '))
  addFields(facets, `${label}: field`, lines)
  facets.set(`${label}: body`, body.length > SHOWN_BYTES ? digest(body) : body.toString('latin1'))
  facets.set(`${label}: complete`, `${complete}`)
  facets.set(`${label}: trailers`, trailers.join('\n'))
}

function addVisit(facets: Facets, label: string, visit: Visit, isEarly: boolean): void {
  facets.set(`${label}: request line`, visit.requestLine ?? 'did not come')
  const lines: string[] = []
  for (let i = 0; i < visit.rawHeaders.length; i += 2) lines.push(`${visit.rawHeaders[i]}: ${visit.rawHeaders[i + 1]}`)
  addFields(facets, `${label}: field`, lines)
  for (const [name, value] of visit.facts) facets.set(`${label}: noted ${name}`, value)
  const events = isEarly ? visit.events.filter((event) => !event.startsWith('request ')) : visit.events
  facets.set(`${label}: events`, events.join('; '))
}

/** Each field by its name in lower case; the spelling of the name is a part of what is compared. */
function addFields(facets: Facets, label: string, lines: readonly string[]): void {
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
  for (const name of new Set(names)) {
    const own = lines.filter((_, i) => names[i] === name)
    facets.set(`${label} ${name}`, own.map(withoutTime).join('\n'))
  }
  facets.set(`${label} order`, names.join(', '))
}

/** Two answers are not given in the same second; what says that it is about now, says the same. */
const NOW_MS = 120_000

function withoutTime(line: string): string {
  return line.replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, (date) =>
    Math.abs(Date.now() - Date.parse(date)) < NOW_MS ? 'now' : date,
  )
}

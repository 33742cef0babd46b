/** Where our codec and llhttp may differ, and what it means when they do. */
import { METHODS } from 'node:http'
import type { FoundRequest, Opinion } from './oracle.ts'

/** Where we take more than llhttp, and why that is no second reading of the same bytes. */
const intended: readonly [
  reason: string,
  isIt: (text: string, ours: readonly FoundRequest[], theirs: Opinion) => boolean,
][] = [
  [
    'methods that llhttp does not know are tokens all the same (RFC 9110 9.1)',
    (_, ours, theirs) => !METHODS.includes(ours[theirs.requests.length]?.method ?? 'GET'),
  ],
  [
    'an upgrade is declined and the connection goes on (RFC 9110 7.8); node:http reads no further',
    (text, _, { error }) => error === undefined && /\nupgrade:/i.test(text) && /\nconnection:.*upgrade/i.test(text),
  ],
  [
    'a tab behind a value is not part of it (RFC 9112 5.1); llhttp forgets that behind `chunked` and a length',
    (text, _, { error }) =>
      /^HPE_INVALID_(?:TRANSFER_ENCODING|CONTENT_LENGTH)$/.test(error ?? '') &&
      /(?:chunked|\d)[ \t]*\t[ \t]*\r\n/i.test(text),
  ],
]

export function intendedDifference(text: string, ours: readonly FoundRequest[], theirs: Opinion): string | undefined {
  return intended.find(([, isIt]) => isIt(text, ours, theirs))?.[0]
}

/**
 * What ours took and llhttp did not, or took for something else; undefined when they agree or ours is the stricter.
 * Targets are compared by `isSameTarget`, since they are rewritten on their way.
 */
export function laxer(
  ours: readonly FoundRequest[],
  theirs: Opinion,
  isSameTarget: (ours: string, theirs: string) => boolean,
): string | undefined {
  for (const [i, request] of ours.entries()) {
    const other = theirs.requests[i]
    if (other === undefined) return `request ${i} is none to llhttp: ${theirs.error ?? 'not complete'}`
    const isSame = request.method === other.method && request.body === other.body
    if (!isSame || !isSameTarget(request.target, other.target))
      return `request ${i} is ${JSON.stringify(other)} to llhttp, and ${JSON.stringify(request)} to us`
  }
  return undefined
}

/**
 * Whether what the copies of a session hold fits what its writers were told, when several nodes were written to at once.
 * Each writer numbers its writes and puts the number into an attribute of its own, and into one that all share. Pure.
 *
 * An attribute of one's own has no rival: whatever was acknowledged last must be there. Of the shared one a merge keeps
 * one of the rival writes, and that must not be one which its own writer has replaced since.
 */

/** What one writer knows of its writes to one session. */
export interface Written {
  /** The last number that was sent. */
  readonly asked: number
  /** The last number that was acknowledged; 0 = none. */
  readonly acknowledged: number
}

export type Writers = ReadonlyMap<string, Written>

export const SHARED = 'shared'

export function ownAttribute(writer: string): `by-${string}` {
  return `by-${writer}`
}

/** What is wrong with a copy; empty when nothing is. */
export function judgeCopy(values: Readonly<Record<string, unknown>>, writers: Writers): string[] {
  const faults: string[] = []
  for (const [writer, { asked, acknowledged }] of writers) {
    const own = Number(values[ownAttribute(writer)] ?? 0)
    if (own < acknowledged) faults.push(`write-lost: ${own} of ${writer}, which was told ${acknowledged}`)
    if (own > asked) faults.push(`never-asked: ${own} of ${writer}, which has sent ${asked}`)
  }
  const [writer = '', number = ''] = String(values[SHARED] ?? '').split(':')
  const winner = writers.get(writer)
  const hasRivals = [...writers.values()].some(({ acknowledged }) => acknowledged > 0)
  if (winner === undefined) {
    if (hasRivals || writer !== '') faults.push(`write-lost: the shared attribute is "${writer}"`)
  } else if (Number(number) < winner.acknowledged) {
    faults.push(`write-lost: shared ${number} of ${writer}, which was told ${winner.acknowledged}`)
  } else if (Number(number) > winner.asked) {
    faults.push(`never-asked: shared ${number} of ${writer}, which has sent ${winner.asked}`)
  }
  return faults
}

/** On how many of the `sides` of a cut somebody had a write acknowledged between two moments. */
export function writtenSides(before: Writers, after: Writers, sides: readonly (readonly string[])[]): number {
  const isWritten = (writer: string) => (after.get(writer)?.acknowledged ?? 0) > (before.get(writer)?.acknowledged ?? 0)
  return sides.filter((side) => side.some(isWritten)).length
}

/**
 * The digests of a whole table, one number per bucket: what two nodes compare that do not know what the other one lacks. Of
 * a table of 100,000 sessions that is 32 KB, and a bucket holds some 24 of them; buckets that agree need not be sent. Ended
 * sessions count, since who does not know of an end would bring the session back.
 */
import { digest } from './digest.ts'
import type { Grave } from './graves.ts'
import { BUCKETS, bucketOf } from './parts.ts'
import { hash, mix } from './placement.ts'
import type { Replica } from './replica.ts'

/** Sums stay exact: two numbers below this add up to an integer that a double holds. */
const MODULUS = 2 ** 52
/** Entries looked at before the event loop gets a turn: below a millisecond. */
const SLICE = 256

/** `turn` gives the event loop a turn. What changes meanwhile is in the sums or not: it only makes a bucket differ. */
export async function digestTable(
  { sessions, graves }: Pick<Replica, 'sessions' | 'graves'>,
  turn: () => Promise<void>,
): Promise<number[]> {
  const sums = new Array<number>(BUCKETS).fill(0)
  let looked = 0
  for (const session of sessions.values()) {
    if (session.announced) add(sums, session.key, digest(session))
    if (++looked % SLICE === 0) await turn()
  }
  for (const grave of graves.values()) {
    add(sums, grave.key, digestOfGrave(grave))
    if (++looked % SLICE === 0) await turn()
  }
  return sums
}

/** Of an end that is final only the fact counts. */
function digestOfGrave({ fate, to, accessedMs }: Grave): number {
  const said = fate === 'expired' ? accessedMs : 0
  return (hash(fate + to, fate.length + to.length) >>> 0) * 2 ** 20 + (said % 2 ** 20)
}

function add(sums: number[], key: string, digested: number): void {
  const named = hash(key, key.length)
  const low = mix(named ^ (digested % 2 ** 32))
  const high = mix(Math.imul(named, 31) ^ Math.floor(digested / 2 ** 32)) % 2 ** 20
  const bucket = bucketOf(key)
  // A sum: copies may hold their sessions in any order.
  sums[bucket] = (sums[bucket]! + high * 2 ** 32 + low) % MODULUS
}

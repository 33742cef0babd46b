/**
 * The table of all sessions cut by key, so that several nodes can give one part each and two nodes can find out in which
 * places they differ. Keys are random hexadecimal digits, so the first of them do for a hash.
 */

/** By the first digit of the key. */
export const PARTS = 16
/** A set of parts is a number, one bit for each. */
export const ALL_PARTS = 2 ** PARTS - 1
/** By the first three digits: places that two nodes compare. */
export const BUCKETS = 16 ** 3

/** Whether a session of this key is in one of the parts. */
export function isInParts(key: string, parts: number): boolean {
  return ((parts >> digit(key, 0)) & 1) === 1
}

export function bucketOf(key: string): number {
  return (digit(key, 0) << 8) | (digit(key, 1) << 4) | digit(key, 2)
}

export function countParts(parts: number): number {
  let count = 0
  for (let rest = parts; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The lowest `count` of them. */
export function firstParts(parts: number, count: number): number {
  let rest = parts
  for (let taken = 0; taken < count && rest !== 0; taken++) rest &= rest - 1
  return parts ^ rest
}

/** Of an upper-case hexadecimal key (`isKey`). */
function digit(key: string, at: number): number {
  const code = key.charCodeAt(at)
  return code <= NINE ? code - ZERO : code - LETTERS
}

const ZERO = 0x30
const NINE = 0x39
const LETTERS = 0x41 - 10

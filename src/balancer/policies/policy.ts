/**
 * What a balancing method must say: how a member's lb value grows with its requests and fades with time (mod_jk.md 4.9
 * and 4.10). The member with the smallest value is chosen next; choosing is in `lb.ts`, the same for all methods.
 */

export interface Policy {
  /** The lb value when a request is given to the member. `isNew`: it came without a session, and not by a stateless rule. */
  begin(lbValue: number, lbMult: number, isNew: boolean): number
  /** The lb value when that request has ended; `bytes` have travelled either way. */
  end(lbValue: number, lbMult: number, bytes: number): number
  /** The lb value after a maintenance. `intervals` have passed; `least` is the smallest value of a usable member. */
  decay(lbValue: number, intervals: number, least: number): number
  /** A member that comes back, and all members after an edit, are put level with the others; false where values are counts. */
  readonly isReset: boolean
}

/** Halves once per interval, as `>>=` does, for numbers of any size. */
export function halve(lbValue: number, intervals: number): number {
  return Math.floor(lbValue / 2 ** Math.min(intervals, 1_000))
}

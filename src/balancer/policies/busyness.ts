/** Method Busyness: each member has as many requests in flight as its weight says. The value is a count, so nothing resets it. */
import type { Policy } from './policy.ts'

export const busyness: Policy = {
  begin: (lbValue, lbMult) => lbValue + lbMult,
  end: (lbValue, lbMult) => Math.max(0, lbValue - lbMult),
  decay: (lbValue) => lbValue,
  isReset: false,
}

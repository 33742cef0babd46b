/** Method Next: like Session, but what has been counted is not forgotten, only what all members have in common. */
import type { Policy } from './policy.ts'

export const next: Policy = {
  begin: (lbValue, lbMult, isNew) => (isNew ? lbValue + lbMult : lbValue),
  end: (lbValue) => lbValue,
  decay: (lbValue, _intervals, least) => Math.max(0, lbValue - least),
  isReset: true,
}

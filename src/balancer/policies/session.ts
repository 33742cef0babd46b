/** Method Session: each member gets as many requests without a session, that is new sessions, as its weight says. */
import { halve, type Policy } from './policy.ts'

export const session: Policy = {
  begin: (lbValue, lbMult, isNew) => (isNew ? lbValue + lbMult : lbValue),
  end: (lbValue) => lbValue,
  decay: halve,
  isReset: true,
}

/** Method Request: each member gets as many requests as its weight says. */
import { halve, type Policy } from './policy.ts'

export const request: Policy = {
  begin: (lbValue, lbMult) => lbValue + lbMult,
  end: (lbValue) => lbValue,
  decay: halve,
  isReset: true,
}

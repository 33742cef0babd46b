/** Method Traffic: each member moves as many bytes as its weight says. They are known only when a request has ended. */
import { halve, type Policy } from './policy.ts'

export const traffic: Policy = {
  begin: (lbValue) => lbValue,
  end: (lbValue, lbMult, bytes) => lbValue + bytes * lbMult,
  decay: halve,
  isReset: true,
}

/** How well a member is, in one word, by the rules of the status worker (mod_jk.md 7.9). */
import type { MemberSnapshot } from '../balancer/snapshot.ts'

export type Rating = 'good' | 'degraded' | 'bad'
export type RateMember = (member: Pick<MemberSnapshot, 'activation' | 'state'>) => Rating

/** Classes of states; probing and forced members are recovering. */
const stateLetters: Readonly<Record<MemberSnapshot['state'], string>> = {
  ok: 'o',
  idle: 'i',
  busy: 'b',
  recover: 'r',
  force: 'r',
  probe: 'r',
  error: 'e',
}

/** Only the first letter of each part of a rule counts. What is bad is bad, whatever else holds. */
export function compileRating({ good, bad }: { good: readonly string[]; bad: readonly string[] }): RateMember {
  const goodRules = good.map(lettersOf)
  const badRules = bad.map(lettersOf)
  return ({ activation, state }) => {
    const letters = [activation[0]!, stateLetters[state]]
    const holds = (rule: readonly string[]): boolean => rule.every((letter) => letters.includes(letter))
    if (badRules.some(holds)) return 'bad'
    return goodRules.some(holds) ? 'good' : 'degraded'
  }
}

/** `idle` may be written `n`, for `not used`. */
function lettersOf(rule: string): readonly string[] {
  return rule.split('.').map((part) => {
    const letter = part.slice(0, 1).toLowerCase()
    return letter === 'n' ? 'i' : letter
  })
}

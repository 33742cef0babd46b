/** What silence, a probe, or a suspicion that grows old means for a member. Pure; the failure detector acts on the answers. */
import { widen } from '../lateness.ts'
import type { ProbeOutcome } from '../transport/transport.ts'

/** Probes of one inquiry that must stay without an answer before the member counts as dead. */
export const PROBES = 5
/** Pings of a member that may be missing before it is asked after. */
export const MISSED_PINGS = 2

export type Verdict = 'alive' | 'dead' | 'ask-on' | 'wait'

/**
 * @param silentBefore probes of this inquiry that stayed without an answer so far
 * @see TcpFailureDetector: refused, no route and timeout mean dead (tomcat-cluster.md 3.5)
 */
export function judgeProbe(outcome: ProbeOutcome, silentBefore: number): Verdict {
  switch (outcome) {
    case 'alive':
      return 'alive'
    case 'dead':
      return 'dead'
    case 'silent':
      return silentBefore + 1 >= PROBES ? 'dead' : 'ask-on'
    case 'unknown':
      // This node could not ask; it tries again later.
      return 'wait'
  }
}

/**
 * Whether a member that promised a ping every `pingMs` was silent for too long. Silence is counted in looks of this node
 * that were on time, not in time: a node that was blocked has not listened.
 */
export function isTooSilent(silentLooks: number, lookMs: number, pingMs: number, lateness: number): boolean {
  return silentLooks * lookMs >= widen(MISSED_PINGS * pingMs, lateness)
}

/** A suspicion that probes keep refuting is dropped after a while; 0 or less: never (removeSuspectsTimeout). */
export function isSuspicionOver(suspectSince: number, now: number, removeSuspectsMs: number): boolean {
  return removeSuspectsMs > 0 && now - suspectSince > removeSuspectsMs
}

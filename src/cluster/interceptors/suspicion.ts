/** What a probe, or a suspicion that grows old, means for a member. Pure; the failure detector acts on the answers. */
import type { ProbeOutcome } from '../transport/transport.ts'

/** Probes in a row that may stay without an answer before the member counts as dead: one lost packet is not enough. */
export const SILENT_PROBES = 2

export type Verdict = 'alive' | 'dead' | 'probe-again' | 'wait'

/**
 * @param silentBefore probes just before this one that stayed without an answer
 * @see TcpFailureDetector: refused, no route and timeout mean dead (tomcat-cluster.md 3.5)
 */
export function judgeProbe(outcome: ProbeOutcome, silentBefore: number): Verdict {
  switch (outcome) {
    case 'alive':
      return 'alive'
    case 'dead':
      return 'dead'
    case 'silent':
      return silentBefore + 1 >= SILENT_PROBES ? 'dead' : 'probe-again'
    case 'unknown':
      // This node could not ask; the next heartbeat tries again.
      return 'wait'
  }
}

/** A suspicion that probes keep refuting is dropped after a while; 0 or less: never (removeSuspectsTimeout). */
export function isSuspicionOver(suspectSince: number, now: number, removeSuspectsMs: number): boolean {
  return removeSuspectsMs > 0 && now - suspectSince > removeSuspectsMs
}

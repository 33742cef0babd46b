/**
 * How members agree on a leader, as pure functions (Tomcat `NonBlockingCoordinator`; tomcat-cluster.md 3.7). The leader is
 * the first in absolute order. Whoever begins sends a request to the next in line; each merges in whom it knows and passes
 * it on; when it has come round unchanged, its source confirms it to all.
 */
import { compareAbsolute, sameMember } from '../identity.ts'
import type { Member } from '../member.ts'
import type { ElectionMessage } from './election-message.ts'

export type ElectionStep =
  /** It came round, and all know the same: tell everybody. */
  | { readonly type: 'confirm'; readonly members: readonly Member[] }
  /** To the next in line, with everybody this node knows. */
  | { readonly type: 'forward'; readonly members: readonly Member[] }
  /** It came round, and somebody knew more; or this node has a better claim. */
  | { readonly type: 'begin' }
  /** Its source is gone, or knows nothing of this node: nobody waits for it. */
  | { readonly type: 'drop' }

/** Everybody once, in absolute order. */
export function electors(...lists: (readonly Member[])[]): readonly Member[] {
  const sorted = lists.flat().sort(compareAbsolute)
  return sorted.filter((member, i) => i === 0 || !sameMember(sorted[i - 1]!, member))
}

export function sameElectors(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every((member, i) => sameMember(member, b[i]!))
}

/** The others in the order in which a request is offered to them: those behind this node first, then from the front. */
export function inLine(members: readonly Member[], local: Member): readonly Member[] {
  const others = members.filter((member) => !sameMember(member, local))
  const behind = others.filter((member) => compareAbsolute(member, local) > 0)
  return [...behind, ...others.filter((member) => !behind.includes(member))]
}

/** @param known this node and its members, in absolute order; @param gone whom the request names and nobody reaches */
export function onRequest(
  { source, members }: Pick<ElectionMessage, 'source' | 'members'>,
  local: Member,
  known: readonly Member[],
  gone: readonly Member[],
): ElectionStep {
  const merged = electors(
    known,
    members.filter((member) => !gone.some((other) => sameMember(member, other))),
  )
  if (sameMember(source, local)) {
    return sameElectors(merged, electors(members)) ? { type: 'confirm', members: merged } : { type: 'begin' }
  }
  if (!merged.some((member) => sameMember(member, source))) return { type: 'drop' }
  return sameMember(merged[0]!, local) ? { type: 'begin' } : { type: 'forward', members: merged }
}

/**
 * Where members come from: anything that can tell addresses, or members, that come and go. A source introduces and takes
 * back; whether somebody is there, and who, is found out over TCP, and whoever answers stays a member however many
 * sources forget about it (DESIGN: slow is not dead).
 */
import type { Clock } from '../../clock/clock.ts'
import type { Endpoint, Member } from '../member.ts'

export interface MembershipSource {
  /** For events; unlike that of any other source of the channel. */
  readonly name: string
  /** Resolves after the first look, within {@link firstLookMs}. Rejects when it can never work: then the channel does not start. */
  start(group: MembershipGroup): Promise<void>
  readonly firstLookMs: number
  /** Says goodbye where that can be said. */
  stop(): void | Promise<void>
}

/** What a source may ask, and whom it tells. */
export interface MembershipGroup {
  readonly clock: Clock
  /** This node, with its age. */
  local(): Member
  /** Somebody may be at this address; known already or not. */
  found(endpoint: Endpoint): void
  /** This member says that it lives; to be told as often as it says so. */
  seen(member: Member): void
  /** The source does not name the address any more, or has not heard from there in time. */
  lost(endpoint: Endpoint, why: 'unlisted' | 'silent'): void
  /** The member says goodbye. */
  left(member: Member): void
  /** Something did not work now; the source goes on. */
  failed(cause: unknown): void
}

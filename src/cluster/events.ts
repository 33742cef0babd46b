/** What the channel tells programs about itself, for logs, dashboards and tests: one union, told apart by `type`. */
import type { ClusterError } from './errors.ts'
import type { Endpoint, Member } from './member.ts'

/** Why a member left the view. */
export type DisappearReason =
  /** It said goodbye. */
  | 'stopped'
  /** Nobody answers at its address. */
  | 'unreachable'
  /** Another process says it is the member at that address. */
  | 'replaced'
  /** It came back under the same unique id. */
  | 'restarted'
  /** It says something else of itself than before. */
  | 'changed'
  /** Its port is open, but it did not say who it is for longer than suspicions last. */
  | 'silent'
  /** It was taken out of the list of members. */
  | 'removed'

/**
 * Events with a `count` may come thick and fast. The first of a kind is told at once; those that follow before the next
 * heartbeat are told with it, as one event with their number.
 */
export type ClusterEvent =
  | { readonly type: 'started'; readonly local: Member }
  | { readonly type: 'stopped' }
  | { readonly type: 'member-added'; readonly member: Member }
  | { readonly type: 'member-disappeared'; readonly member: Member; readonly reason: DisappearReason }
  /** The member is being probed; it stays in the view. */
  | { readonly type: 'member-suspect'; readonly member: Member; readonly cause: ClusterError }
  /** The member was heard again, or was alive for as long as suspicions last. */
  | { readonly type: 'member-trusted'; readonly member: Member }
  /** A configured member cannot be connected; told once until it can. */
  | { readonly type: 'member-unreachable'; readonly endpoint: Endpoint; readonly cause: ClusterError }
  /** The host name of a configured member has no address now; told once until it has. */
  | { readonly type: 'member-unresolved'; readonly host: string; readonly cause: unknown }
  /** Somebody at the address of a configured member has another unique id than the configuration says. */
  | { readonly type: 'member-mismatch'; readonly configured: Member; readonly found: Member }
  /** A message of somebody who is not configured was refused. */
  | { readonly type: 'stranger'; readonly sender: Member; readonly count: number }
  /** A layer refused a message of this sender, or of somebody who says it is this sender; the cause tells why. */
  | {
      readonly type: 'message-refused'
      readonly layer: string
      readonly sender: Member
      readonly cause: ClusterError
      readonly count: number
    }
  /** A source of members could not be asked, or got something it cannot read; what it named last still holds. */
  | { readonly type: 'membership-failed'; readonly source: string; readonly cause: unknown; readonly count: number }
  /** This node is among the majority now, or not any more (`quorum`). */
  | { readonly type: 'quorum'; readonly held: boolean; readonly present: number; readonly needed: number }
  /** A throughput layer has counted its interval of messages. */
  | { readonly type: 'throughput'; readonly report: ThroughputReport }
  /** The members agree on another leader, or, undefined, on none for now (`leaderElection`). */
  | { readonly type: 'leader-changed'; readonly leader: Member | undefined }
  /** An asynchronous message did not reach these members, or may not have. */
  | {
      readonly type: 'send-failed'
      readonly members: readonly Member[]
      readonly cause: ClusterError
      readonly count: number
    }
  /** A connection to the receiver was closed for what it sent. `from` is `address:port`. */
  | {
      readonly type: 'connection-refused'
      readonly from: string
      readonly cause: ClusterError
      readonly count: number
    }
  /** A listener or an interceptor threw. */
  | { readonly type: 'listener-failed'; readonly cause: unknown; readonly count: number }
  /** This node's event loop was blocked; its timeouts are `1 + score` times as long. */
  | { readonly type: 'late-heartbeat'; readonly lateMs: number; readonly score: number }

/** Since the start; rates since the last report. */
export interface ThroughputReport {
  readonly sent: number
  readonly sentBytes: number
  readonly failed: number
  readonly received: number
  readonly receivedBytes: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
}

export type ClusterEventListener = (event: ClusterEvent) => void

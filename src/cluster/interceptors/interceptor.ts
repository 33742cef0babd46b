/**
 * One layer of the channel. Outgoing messages pass the layers top to bottom, incoming ones and news about members
 * bottom to top; a layer that leaves out a hook is not in the way (Tomcat `ChannelInterceptor`).
 */
import type { Clock } from '../../clock/clock.ts'
import type { ReceivedMessage } from '../channel.ts'
import type { ClusterError } from '../errors.ts'
import type { ClusterEvent, DisappearReason } from '../events.ts'
import type { Member } from '../member.ts'

/** A message on its way down. A layer may change it or hand on another. */
export interface OutgoingMessage {
  to: readonly Member[]
  /** Bits of SEND, and what receivers' layers need. */
  options: number
  /** Epoch ms. */
  timestamp: number
  /** 16 bytes. */
  uniqueId: Uint8Array
  /** Belongs to the sender's caller, who may use it again when `send` has returned: copy it to keep it. */
  body: Uint8Array
}

/** A message on its way up. A layer may change it or hand on another. */
export type IncomingMessage = { -readonly [Field in keyof ReceivedMessage]: ReceivedMessage[Field] }

/** Resolves when the message was written, or acknowledged; rejects with a ClusterError. Does not throw. */
export type SendNext = (message: OutgoingMessage) => Promise<void>
/** Whether some listener took it. A throw or a rejection makes a synchronised acknowledgement negative. */
export type ReceiveNext = (message: IncomingMessage) => boolean | Promise<boolean>
export type MemberAddedNext = (member: Member) => void
export type MemberDisappearedNext = (member: Member, reason: DisappearReason) => void

/** The channel a layer stands in. */
export interface ChannelContext {
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  /** Largest frame the channel takes; a layer that joins or inflates bodies makes none that are larger. */
  readonly maxFrameBytes: number
  /** This node. Its address is known once layers start. */
  readonly local: () => Member
  /** Asks by a connection whether a member, or somebody at its address, is there. */
  readonly isReachable: (member: Member) => Promise<boolean>
  readonly emit: (event: ClusterEvent) => void
  /** Something that a layer called threw, and nobody else hears of it: told as `listener-failed`, once per heartbeat. */
  readonly failed: (cause: unknown) => void
  /** A layer did not pass a message on: counted, and told once per heartbeat, layer and code. */
  readonly refused: (layer: string, sender: Member, cause: ClusterError) => void
}

/** What lies beyond a layer, for things it does on its own account rather than while passing something on. */
export interface Neighbours {
  readonly channel: ChannelContext
  readonly below: { readonly send: SendNext }
  readonly above: {
    readonly receive: ReceiveNext
    readonly memberAdded: MemberAddedNext
    readonly memberDisappeared: MemberDisappearedNext
  }
}

/**
 * @example
 * const countBytes = (total: { bytes: number }): Interceptor => ({
 *   name: 'count-bytes',
 *   send: (message, next) => {
 *     total.bytes += message.body.length
 *     return next(message)
 *   },
 * })
 */
export interface Interceptor {
  readonly name: string
  /** Called once, before everything else. */
  attach?(neighbours: Neighbours): void
  /** The transport is open. Layers start bottom to top. */
  start?(): void | Promise<void>
  /** The transport is still open. Layers stop top to bottom, also when one of them cannot start. */
  stop?(): void | Promise<void>
  /** Called top to bottom. */
  heartbeat?(): void
  /** Counters for the snapshot of the channel. */
  snapshot?(): Readonly<Record<string, number>>
  send?(message: OutgoingMessage, next: SendNext): Promise<void>
  receive?(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean>
  memberAdded?(member: Member, next: MemberAddedNext): void
  memberDisappeared?(member: Member, reason: DisappearReason, next: MemberDisappearedNext): void
}

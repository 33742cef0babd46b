/**
 * What the rooms above see of the group: who is in it, and a way to send bytes to some or all of them.
 * A channel is a chain of interceptors over a transport (spec: Tomcat 10.1 `org.apache.catalina.tribes.Channel`).
 */
import type { ClusterError } from './errors.ts'
import type { Member } from './member.ts'

/** Bits of `channelSendOptions`. They travel in every message header: only append. */
export const SEND = {
  /** The body is raw bytes, not a Java object stream. */
  BYTE_MESSAGE: 1,
  /** The sender waits for an acknowledgement of receipt. */
  USE_ACK: 2,
  /** With USE_ACK: the receiver acknowledges after its listeners have processed the message. */
  SYNCHRONIZED_ACK: 4,
  /** The caller does not wait; the message goes through the dispatch queue. */
  ASYNCHRONOUS: 8,
} as const

/** A message as it reaches listeners. */
export interface ReceivedMessage {
  /** The same object that `memberAdded` announced, once it did. */
  readonly sender: Member
  readonly options: number
  /** Wall-clock time at the sender when the message was made, epoch ms. */
  readonly timestamp: number
  /** 16 bytes. The same message can arrive twice with the same id after a sender's retry. */
  readonly uniqueId: Uint8Array
  /** Valid only until the listener returns (or its promise settles); copy what is to be kept. */
  readonly body: Uint8Array
}

export interface ChannelListener {
  /**
   * Handles one message. Return true when it was for this listener. A promise delays the synchronised acknowledgement
   * and the next message of the same connection; a throw or a rejection makes the acknowledgement negative.
   */
  message?(message: ReceivedMessage): boolean | Promise<boolean>
  memberAdded?(member: Member): void
  memberDisappeared?(member: Member): void
  /**
   * These members of the view did not get, or may not have got, an ASYNCHRONOUS message: what they hold may lack it until
   * they are brought up to date. The cause tells why; `memberDisappeared` may follow.
   */
  sendFailed?(members: readonly Member[], cause: ClusterError): void
}

export interface Channel {
  /** This node. Its port is known after `start`. */
  readonly local: Member
  /** The other members that are believed alive, oldest first. The same array until somebody comes or goes. */
  members(): readonly Member[]
  /**
   * As many members are in view, this one included, as the options ask for (`quorum`). Absent: the channel does not count.
   */
  readonly hasQuorum?: boolean
  /**
   * Opens the receiver, the sender and the membership service, and looks once for every configured member. Rejects with
   * a ClusterError when it cannot listen.
   */
  start(): Promise<void>
  /** Says goodbye, finishes what is queued and closes all sockets. May be called twice. */
  stop(): Promise<void>
  /**
   * Sends one message to some members. Resolves as the option bits demand: at once (ASYNCHRONOUS), when written, when
   * acknowledged. Rejects with a ClusterError whose `faulty` lists the members that did not get it; failures of
   * ASYNCHRONOUS messages go to `sendFailed` instead.
   * The body is copied before `send` returns, so a writer may be used again at once.
   */
  send(to: readonly Member[], body: Uint8Array, options: number): Promise<void>
  addListener(listener: ChannelListener): void
  removeListener(listener: ChannelListener): void
}

/** The channel as plain data, for dashboards and `--json`: what is printed is built from it, so it may grow. */
import type { DisappearReason } from './events.ts'

export interface ChannelSnapshot {
  readonly name: string
  readonly state: ChannelState
  readonly local: MemberFacts
  /** Oldest first. */
  readonly members: readonly MemberSnapshot[]
  /** Configured members that nobody is known for now: `host:port`. */
  readonly missing: readonly string[]
  /** Undefined where the options ask for none. */
  readonly quorum: QuorumSnapshot | undefined
  readonly counters: ChannelCounters
  /** Bytes of asynchronous messages that are not yet written. */
  readonly dispatchBytes: number
  /** What layers of the channel count, by the name of the layer. */
  readonly layers: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** 0: this node is on time; its timeouts are 1 + this many times as long. */
  readonly lateness: number
}

/** As in the event `quorum`. */
export interface QuorumSnapshot {
  readonly held: boolean
  /** Members in view, this one included. */
  readonly present: number
  readonly needed: number
}

export type ChannelState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

export interface MemberFacts {
  /** As Tomcat writes it: `tcp://{10, 0, 0, 11}:4000`. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** Hex. */
  readonly uniqueId: string
  /** Latin-1. */
  readonly domain: string
  readonly aliveMs: number
}

export interface MemberSnapshot extends MemberFacts {
  readonly suspect: boolean
  readonly link: 'closed' | 'connecting' | 'open'
  /** Bytes that wait for it. */
  readonly queueBytes: number
  /** Messages written to it, or acknowledged by it. */
  readonly sent: number
  readonly received: number
  readonly failed: number
}

export interface ChannelCounters {
  /** Messages the program asked to send, whatever became of them. */
  readonly sent: number
  /** Messages that reached listeners. */
  readonly received: number
  /** Asynchronous messages that at least one member did not get. */
  readonly failed: number
  /** Messages of strangers. */
  readonly refused: number
  /** Connections closed for what they sent. */
  readonly connectionsRefused: number
  readonly disappeared: Readonly<Partial<Record<DisappearReason, number>>>
}

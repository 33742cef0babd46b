/**
 * How frames get from node to node: what the channel asks of a transport, and what it hears from it. A transport knows
 * endpoints and frames; who is a member and what a message means is decided above.
 */
import type { Clock } from '../../clock/clock.ts'
import type { ClusterError } from '../errors.ts'
import type { Endpoint, Member } from '../member.ts'

/** What an attempt to connect says about the other end. */
export type ProbeOutcome =
  /** Something accepts connections there. */
  | 'alive'
  /** Refused, or no route: nobody is there. */
  | 'dead'
  /** No answer within the time: gone, or very slow. */
  | 'silent'
  /** This node could not even ask (no free descriptors, ports or memory). */
  | 'unknown'

/** Told once for each member that a frame was sent to. */
export interface Outcome {
  settled(to: Member, failure: ClusterError | undefined): void
}

/** Handles the data of one frame. A promise holds back the next frame of that connection; a throw closes it. */
export type FrameHandler = (data: Buffer) => void | Promise<void>

export interface TransportHandler {
  /**
   * A peer connected; `reply` writes an acknowledgement frame back to it. `welcome` is called with each frame that was
   * taken rather than refused: such a connection is worth more than others when there are too many.
   */
  accepted(reply: (frame: Buffer) => void, welcome?: () => void): FrameHandler
  /** The link to a peer is open. The frame this returns, if any, is written before everything else. */
  linkUp(to: Endpoint): Buffer | undefined
  /** An open link was closed by the other end. `mayHaveLost`: it had carried messages that nobody acknowledges. */
  linkDown(to: Endpoint, cause: ClusterError, mayHaveLost: boolean): void
  /** Connecting to a peer, or getting an answer from it, failed: a reason to ask whether it is alive. */
  doubt(to: Endpoint, cause: ClusterError): void
  /** A connection was closed for what its peer did. `from` is `address:port`. */
  refused(from: string, cause: ClusterError): void
}

export interface Transport {
  /** Starts to listen and returns the port. Rejects with CLUSTER_PORT_IN_USE or CLUSTER_BIND. */
  open(handler: TransportHandler): Promise<number>
  /** Writes what is queued, within `graceMs`, then closes everything. May be called twice. */
  close(graceMs: number): Promise<void>
  /** Opens a link to a peer and opens it again when it breaks; while nobody listens there, once per heartbeat. */
  keep(to: Endpoint): void
  /** The opposite of `keep`: closes the link; what is queued fails. */
  release(to: Endpoint): void
  /** Whether the link to a peer is open now. */
  isOpen(to: Endpoint): boolean
  /**
   * Sends one frame, without `wantsAck` in the order of the calls. Never throws: failures, a full queue included, go to
   * `outcome`; without one nobody minds the loss. The frame must not change any more.
   */
  send(to: Member, frame: Buffer, wantsAck: boolean, outcome: Outcome | undefined): void
  /** Connects, writes one frame, closes: whether anybody is there. Never rejects; `unknown` when the transport closes. */
  probe(to: Endpoint, frame: Buffer, timeoutMs: number): Promise<ProbeOutcome>
  heartbeat(): void
  snapshot(to: Endpoint): PeerSnapshot
}

/** Plain numbers about one peer. */
export interface PeerSnapshot {
  readonly link: 'closed' | 'connecting' | 'open'
  /** Bytes accepted for sending and not yet written or acknowledged. */
  readonly queuedBytes: number
  /** Messages written or acknowledged. */
  readonly sent: number
  readonly failed: number
}

/** What a transport needs to know; filled by `resolveOptions`. */
export interface TransportOptions {
  readonly bind: { readonly host: Uint8Array; readonly port: number; readonly autoBind: number }
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly ackConnections: number
  readonly limits: TransportLimits
  readonly clock: Clock
  /** How much this node distrusts itself now (`lateness.ts`). */
  readonly lateness: () => number
}

export interface TransportLimits {
  readonly maxFrameBytes: number
  readonly maxQueuedBytesPerMember: number
  readonly maxReceiveBytes: number
  readonly maxConnections: number
  readonly frameStallMs: number
}

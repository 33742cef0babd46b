/** What a channel can be told. People write these; `resolve-options.ts` fills, checks and freezes them. */
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../clock/clock.ts'
import type { Interceptor } from './interceptors/interceptor.ts'
import type { MembershipOptions } from './membership/options.ts'
import type { Transport, TransportLimits, TransportOptions } from './transport/transport.ts'

export interface ChannelOptions {
  /**
   * For logs and the snapshot, and part of what is authenticated where there are keys: then all members need the same one.
   * Default `clowder`. Tomcat: Cluster `clusterName`.
   */
  readonly name?: string
  readonly receiver?: ReceiverOptions
  /** Encrypts and authenticates everything between members. Default none. Tomcat: `EncryptInterceptor`. */
  readonly encryption?: EncryptionOptions
  /**
   * Lets the receiver listen beyond loopback although no key protects it: whoever reaches the port can read and write
   * all sessions. Default false.
   */
  readonly insecure?: boolean
  /** 16 bytes; default random per start, so that a restarted process is a new member. Tomcat peers need a fixed one. */
  readonly uniqueId?: Uint8Array
  /** Text (Latin-1) or bytes; default empty. Tomcat: Membership `domain`. */
  readonly domain?: string | Uint8Array
  /** What this member says of itself; default {@link encodePayload} of version 1 without entries. */
  readonly payload?: Uint8Array
  /** The other members, and this one if that is easier: an entry with its own address is skipped. Default none. */
  readonly members?: readonly StaticMemberOptions[]
  /** Where members come from beside that list; default nothing. A source of one's own is possible, too. */
  readonly membership?: readonly MembershipOptions[]
  /**
   * Members, this one included, that must be in view for this node to count itself among the majority: for those who want
   * a cut-off minority to refuse rather than to serve. It changes nothing in the channel; `hasQuorum` tells. Default 0:
   * there is always a quorum. For n nodes use floor(n / 2) + 1.
   */
  readonly quorum?: number
  /**
   * Pause between heartbeats: re-checks of suspects, new tries for members that cannot be reached.
   * Ms, default 5000. Tomcat: Channel `heartbeatSleeptime`.
   * Lower: a returned or vanished host is noticed sooner. Higher: fewer probes.
   */
  readonly heartbeatMs?: number
  readonly sender?: SenderOptions
  readonly failureDetector?: FailureDetectorOptions
  /** Default `drop`. Tomcat: MessageDispatchInterceptor `alwaysSend`. */
  readonly whenDispatchFull?: WhenFull
  /** Layers of one's own, top to bottom; they stand above the built-in ones. Default none. */
  readonly interceptors?: readonly Interceptor[]
  readonly limits?: Partial<ChannelLimits>
  /** How long `stop` waits for what is queued, and for the others to have read it. Ms, default 2000. */
  readonly stopGraceMs?: number
  /** Default the system's clock. */
  readonly clock?: Clock
  /** Default `randomBytes` of node:crypto. */
  readonly randomBytes?: (count: number) => Uint8Array
  /**
   * Address of a host name, of the given family if there is one; default the system's resolver. Names of members without
   * an address are asked again per heartbeat.
   */
  readonly lookup?: (host: string, family: 4 | 6) => Promise<string>
  /** Default TCP. */
  readonly transport?: (options: TransportOptions) => Transport
}

/**
 * What becomes of an asynchronous message beyond `limits.maxDispatchBytes`. `drop`: `sendFailed` tells of it. `throw`: `send`
 * rejects (Tomcat: `alwaysSend` false). `wait`: `send` resolves when the message was written (Tomcat: `alwaysSend` true).
 */
export type WhenFull = 'drop' | 'throw' | 'wait'

/** Tomcat: `<Receiver>` (tomcat-cluster.md 1.8). */
export interface ReceiverOptions {
  /** Where to listen: an address or a name. Default 127.0.0.1. */
  readonly address?: string
  /** First port to try, default 4000; 0 = any free one. */
  readonly port?: number
  /** Ports to try, upwards; default 100, less than 1 means 1. */
  readonly autoBind?: number
  /** The address the others connect to, where it is not the one to listen on (containers). Default `address`. */
  readonly advertise?: string
}

/** Tomcat: `<Transport>` (tomcat-cluster.md 1.7). */
export interface SenderOptions {
  /** For opening a connection. Ms, default 1000. */
  readonly connectTimeoutMs?: number
  /**
   * For one message with its acknowledgement, and for a write that makes no progress. Ms, default 3000; large messages get
   * 1 ms more per KB. Tomcat: `timeout`.
   */
  readonly timeoutMs?: number
  /** Messages with acknowledgement under way at once per member, each on a connection of its own. Default 4. */
  readonly ackConnections?: number
}

/** Tomcat: `EncryptInterceptor` (tomcat-cluster.md 8.1; docs/guides/channel.md). */
export interface EncryptionOptions {
  /**
   * 16, 24 or 32 bytes each, as hex, base64 or bytes; at most 8. The first one encrypts, each of them decrypts, so that
   * keys can be changed one member after the other. Tomcat: `encryptionKey`.
   */
  readonly keys: readonly (string | Uint8Array)[]
  /**
   * `clowder`: members prove themselves, and a message is accepted by the one it is for, once. `tomcat`: as Tomcat's
   * EncryptInterceptor with AES/GCM/NoPadding, for clusters with Tomcat members, of which each needs a configured unique id.
   * Default `clowder`.
   */
  readonly format?: 'clowder' | 'tomcat'
  /**
   * How far the clocks of members may be apart. Format clowder: when one of them starts; format tomcat: always.
   * Ms, default 10 000. Tomcat: `replayWindowTime`.
   * Lower: less can be replayed to a member that was restarted. Higher: worse clocks are borne.
   */
  readonly clockToleranceMs?: number
  /**
   * Format tomcat: nonces that are remembered, default 8192. Tomcat: `replayWindowMessageCount`.
   * Lower: less memory. Higher: clocks may differ by as long as it takes this many messages to arrive; by more, and those of
   * members whose clock is behind are refused.
   */
  readonly replayMessages?: number
}

/** Tomcat: `TcpFailureDetector` (tomcat-cluster.md 1.9, 3.5). */
export interface FailureDetectorOptions {
  /**
   * For a probe. Ms, default 1000. A suspect is asked five times within this; if nothing answers it is dropped.
   * Lower: a vanished host is dropped sooner. Higher: a network that loses packets is forgiven.
   */
  readonly connectTimeoutMs?: number
  /**
   * How often clowder members that have nothing else to say tell each other that they live. One that is silent for twice
   * this is a suspect and is probed. Ms, default 500: a cut cable is noticed within 2.25 s.
   * Lower: sooner, for more packets. Higher: fewer packets.
   */
  readonly pingMs?: number
  /** A suspicion that probes refute this long is forgotten. Ms, default 300 000; 0 or less = never. */
  readonly removeSuspectsMs?: number
}

/** Another member (Tomcat: `StaticMember`, tomcat-cluster.md 1.5). */
export interface StaticMemberOptions {
  /** Name or address. */
  readonly host: string
  readonly port: number
  /** 16 bytes; needed for Tomcat peers, which never say who they are unasked. Default: learned from what it sends. */
  readonly uniqueId?: Uint8Array
  /** Text (Latin-1) or bytes; default empty. */
  readonly domain?: string | Uint8Array
}

export interface ChannelLimits extends TransportLimits {
  /**
   * Largest frame that is sent or accepted, head included. Bytes, default 32 MiB.
   * Lower: less memory per connection. It must hold the largest block of a state transfer.
   */
  readonly maxFrameBytes: number
  /** Addresses where members may be that are known at once; more are not looked at. Default 1024. */
  readonly maxMembers: number
  /** Bytes that may wait for one member, acknowledged ones included. Default 64 MiB. */
  readonly maxQueuedBytesPerMember: number
  /** Sum of the bodies of asynchronous messages that are not yet written. Default 64 MiB. Tomcat: `maxQueueSize`. */
  readonly maxDispatchBytes: number
  /** Bytes of unfinished frames that all connections together may have sent. Default 128 MiB. */
  readonly maxReceiveBytes: number
  /** Connections that others may hold open. Default 512; a Tomcat opens up to 25. */
  readonly maxConnections: number
  /** A connection that stops within a frame, or never sends one, is closed after one to two times this. Ms, default 30 000. */
  readonly frameStallMs: number
}

/** A member of the list, filled and checked. */
export interface ResolvedStaticMember {
  readonly host: string
  readonly port: number
  readonly uniqueId: Uint8Array | undefined
  readonly domain: Uint8Array
}

export interface ResolvedEncryption extends Required<Omit<EncryptionOptions, 'keys'>> {
  readonly keys: readonly KeyObject[]
}

export interface ResolvedChannelOptions {
  readonly name: string
  readonly receiver: Required<ReceiverOptions>
  readonly encryption: ResolvedEncryption | undefined
  readonly insecure: boolean
  readonly uniqueId: Uint8Array
  readonly domain: Uint8Array
  readonly payload: Uint8Array
  readonly members: readonly ResolvedStaticMember[]
  readonly membership: readonly MembershipOptions[]
  readonly quorum: number
  readonly heartbeatMs: number
  readonly sender: Required<SenderOptions>
  readonly failureDetector: Required<FailureDetectorOptions>
  readonly whenDispatchFull: WhenFull
  readonly interceptors: readonly Interceptor[]
  readonly limits: ChannelLimits
  readonly stopGraceMs: number
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  readonly lookup: (host: string, family: 4 | 6) => Promise<string>
  readonly transport: (options: TransportOptions) => Transport
}

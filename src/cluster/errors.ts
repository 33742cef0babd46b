/** Everything that can fail between this node and the group: one class, one table of codes with what to try next. */
import type { Member } from './member.ts'

export const clusterErrors = {
  CLUSTER_OPTIONS: { says: 'the channel options are wrong', next: 'mend each complaint in the message' },
  CLUSTER_INSECURE_BIND: {
    says: 'an unprotected channel port would be reachable from other machines',
    next: 'set encryption.keys, bind a loopback address, or set insecure: true on a network that only the cluster can reach',
  },
  CLUSTER_PORT_IN_USE: {
    says: 'every port that autoBind allows is taken',
    next: 'free a port, or change receiver.port or receiver.autoBind',
  },
  CLUSTER_BIND: { says: 'the receiver cannot listen', next: 'check receiver.address and the rights of the process' },
  CLUSTER_MULTICAST: {
    says: 'the multicast group cannot be joined',
    next: 'check address and bind of the membership, and that the interface has multicast and a route for the group',
  },
  CLUSTER_NOT_RUNNING: { says: 'the channel is not running', next: 'send between start and stop' },
  CLUSTER_STOPPED: {
    says: 'the channel was stopped before the message left',
    next: 'nothing, unless stop came too early',
  },

  CLUSTER_FRAME_START: { says: 'the bytes are not a Tribes frame', next: 'see who else connects to the channel port' },
  CLUSTER_FRAME_LENGTH: { says: 'a frame has a negative length', next: 'see who else connects to the channel port' },
  CLUSTER_FRAME_TOO_LARGE: {
    says: 'a frame is over limits.maxFrameBytes',
    next: 'raise the limit if the sender is a member, or have it send smaller blocks',
  },
  CLUSTER_FRAME_END: { says: 'a frame does not end where it said', next: 'see who else connects to the channel port' },
  CLUSTER_FRAME_STALLED: { says: 'a connection stopped in the middle of a frame', next: 'look at the sender' },
  CLUSTER_MESSAGE: { says: 'a frame holds no well-formed message', next: 'see who else connects to the channel port' },
  CLUSTER_MEMBER_PACKET: { says: 'a member packet is malformed', next: 'see who else connects to the channel port' },
  CLUSTER_NOT_A_MEMBER: {
    says: 'the sender is not one of the configured members',
    next: 'add it to members on this node, or take this node out of its list',
  },
  CLUSTER_DECRYPT: {
    says: 'a message is not encrypted, was changed, or was made with another key or for another cluster name or member',
    next: 'give all members the same keys, name and encryption.format; else see who connects to the channel port',
  },
  CLUSTER_REPLAYED: {
    says: 'an encrypted message came a second time',
    next: 'nothing after a broken connection; if it goes on, see who connects to the channel port',
  },
  CLUSTER_STALE: {
    says: 'an encrypted message is older than this node, or, in the format of Tomcat, than its window of time',
    next: 'set the clocks of the members to the same time',
  },
  CLUSTER_OTHER_DOMAIN: {
    says: 'a message of a member in another domain',
    next: 'give members that belong together the same domain, and others other members',
  },
  CLUSTER_GZIP: { says: 'a compressed message cannot be inflated', next: 'look at the sender' },
  CLUSTER_INFLATED_TOO_LARGE: {
    says: 'a compressed message inflates to more than maxInflatedBytes',
    next: 'raise the limit if the sender is a member, or have it send smaller blocks',
  },
  CLUSTER_FRAGMENT: {
    says: 'a message is no fragment, or does not fit the others of its set',
    next: 'give every member a fragmentation layer',
  },
  CLUSTER_FRAGMENTS_FULL: {
    says: 'fragments of unfinished messages are over the limit of bytes or sets',
    next: 'raise maxMessageBytes, maxWaitingBytes or maxSets, or look for a member that sends without end',
  },
  CLUSTER_ORDER: { says: 'a message has no number', next: 'give every member an order layer' },
  CLUSTER_ORDER_FULL: {
    says: 'messages behind a gap are over the limit; those before the gap are given up',
    next: 'look at the network to that member',
  },
  CLUSTER_EXPIRED: {
    says: 'what a message needed to be complete did not come in time',
    next: 'look at the network to that member; resynchronise it',
  },
  CLUSTER_UNCOMMITTED_FULL: {
    says: 'messages whose commit has not come are over the limit',
    next: 'raise maxWaitingBytes, or look for a member that sends without end',
  },
  CLUSTER_RECEIVE_FULL: {
    says: 'unfinished frames of all connections together are over limits.maxReceiveBytes',
    next: 'raise the limit, or look for a peer that sends without end',
  },
  CLUSTER_ACKS_UNREAD: {
    says: 'a peer asks for acknowledgements and does not read them',
    next: 'see who else connects to the channel port',
  },
  CLUSTER_TOO_MANY_CONNECTIONS: {
    says: 'limits.maxConnections connections are open',
    next: 'raise the limit, or look for a peer that connects without end',
  },

  CLUSTER_SEND: { says: 'some members did not get a message', next: 'see faulty: one cause per member' },
  CLUSTER_BODY_TOO_LARGE: { says: 'a message is over limits.maxFrameBytes', next: 'send it in smaller blocks' },
  CLUSTER_QUEUE_FULL: {
    says: 'limits.maxQueuedBytesPerMember bytes wait for a member that is slower than its senders',
    next: 'look at that member; resynchronise it when it has caught up',
  },
  CLUSTER_DISPATCH_FULL: {
    says: 'asynchronous messages that are not yet written are over limits.maxDispatchBytes',
    next: 'look for a slow member in the snapshot; resynchronise it when it has caught up',
  },
  CLUSTER_CONNECT: { says: 'a member could not be connected', next: 'nothing: it is probed and dropped if it is dead' },
  CLUSTER_CONNECTION_LOST: {
    says: 'the connection broke under a message, and once more under its retry',
    next: 'nothing: the member is probed and dropped if it is dead',
  },
  CLUSTER_WRITE_TIMEOUT: { says: 'a member reads nothing any more', next: 'look at that member: it may hang' },
  CLUSTER_ACK_TIMEOUT: {
    says: 'a member did not acknowledge in time',
    next: 'it may be slow or hang; what was sent may have been applied',
  },
  CLUSTER_FAIL_ACK: {
    says: 'a member got the message and could not process it',
    next: 'look at the log of that member',
  },
  CLUSTER_LINK_LOST: {
    says: 'a connection broke that had carried messages nobody acknowledges; some may not have arrived',
    next: 'resynchronise that member',
  },
  CLUSTER_SILENT: {
    says: 'a member sent nothing for longer than it promised',
    next: 'nothing: it is probed, and dropped if nobody answers at its address',
  },
  CLUSTER_UNEXPECTED_REPLY: { says: 'a peer answered where no answer was due', next: 'see what listens on that port' },
} as const satisfies Record<string, { says: string; next: string }>

export type ClusterErrorCode = keyof typeof clusterErrors

/** A member that did not get a message, and why. */
export interface FaultyMember {
  readonly member: Member
  readonly cause: ClusterError
}

export interface ClusterErrorFacts {
  readonly cause?: unknown
  readonly faulty?: readonly FaultyMember[]
  readonly complaints?: readonly string[]
}

export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  readonly code: ClusterErrorCode
  /** The members that did not get a message; empty where the error is not about a send. */
  readonly faulty: readonly FaultyMember[]
  /** Everything wrong with the options at once; empty where the error is not about them. */
  readonly complaints: readonly string[]

  constructor(code: ClusterErrorCode, message: string, facts: ClusterErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.faulty = facts.faulty ?? []
    this.complaints = facts.complaints ?? []
  }
}

/** What a thrown value has to say, for the end of a message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && !error.message.includes(code) ? `${code}: ${error.message}` : error.message
}

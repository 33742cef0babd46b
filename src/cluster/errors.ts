/** Everything that can fail between this node and the group: one class, one table of codes with what to try next. */
import type { Member } from './member.ts'

export const clusterErrors = {
  CLUSTER_OPTIONS: { says: 'the channel options are wrong', next: 'mend each complaint in the message' },
  CLUSTER_INSECURE_BIND: {
    says: 'an unprotected channel port would be reachable from other machines',
    next: 'bind a loopback address, or set insecure: true on a network that only the cluster can reach',
  },
  CLUSTER_PORT_IN_USE: {
    says: 'every port that autoBind allows is taken',
    next: 'free a port, or change receiver.port or receiver.autoBind',
  },
  CLUSTER_BIND: { says: 'the receiver cannot listen', next: 'check receiver.address and the rights of the process' },
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

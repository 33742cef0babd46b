/**
 * The group of workers: who is in it, and a way to send bytes to some or all of them, on the wire compatible with Tomcat's
 * Tribes. A channel finds members, by a list or by asking around, notices soon when one dies, and tells listeners what arrives,
 * who comes, who goes, and who may have missed something. It knows nothing of sessions.
 */
export { type Channel, type ChannelListener, type ReceivedMessage, SEND } from './channel.ts'
export { ClusterError, type ClusterErrorCode, clusterErrors, type FaultyMember } from './errors.ts'
export type { ClusterEvent, ClusterEventListener, DisappearReason, ThroughputReport } from './events.ts'
export { createChannel, type GroupChannel } from './group-channel.ts'
export { endpointKey, memberKey, memberName, sameMember } from './identity.ts'
export { keyFromPassphrase } from './interceptors/cluster-key.ts'
export { type DomainFilterOptions, domainFilter } from './interceptors/domain-filter.ts'
export { type FragmentationOptions, fragmentation } from './interceptors/fragmentation.ts'
export { type GzipOptions, gzip } from './interceptors/gzip.ts'
export type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptors/interceptor.ts'
export { type LeaderElection, type LeaderElectionOptions, leaderElection } from './interceptors/leader-election.ts'
export { type OrderOptions, order } from './interceptors/order.ts'
export { type PingOptions, ping } from './interceptors/ping.ts'
export { type ThroughputOptions, throughput } from './interceptors/throughput.ts'
export { type TwoPhaseCommitOptions, twoPhaseCommit } from './interceptors/two-phase-commit.ts'
export type { Endpoint, Member } from './member.ts'
export type { DnsMembershipOptions, DnsResolver } from './membership/dns.ts'
export type { SeedsMembershipOptions } from './membership/gossip.ts'
export type { KubernetesMembershipOptions } from './membership/kubernetes.ts'
export type { MulticastMembershipOptions } from './membership/multicast.ts'
export type { MembershipOptions } from './membership/options.ts'
export type { MembershipGroup, MembershipSource } from './membership/source.ts'
export type {
  ChannelLimits,
  ChannelOptions,
  EncryptionOptions,
  FailureDetectorOptions,
  ReceiverOptions,
  SenderOptions,
  StaticMemberOptions,
  WhenFull,
} from './options.ts'
export {
  decodePayload,
  encodePayload,
  type MemberPayload,
  PAYLOAD_ENTRY,
  type PayloadEntry,
  payloadValue,
} from './payload.ts'
export { resolveOptions } from './resolve-options.ts'
export type {
  ChannelCounters,
  ChannelSnapshot,
  ChannelState,
  MemberFacts,
  MemberSnapshot,
  QuorumSnapshot,
} from './snapshot.ts'
export { type Disturbance, MemoryNetwork, type Troublemaker } from './transport/memory.ts'
export type { Transport, TransportOptions } from './transport/transport.ts'

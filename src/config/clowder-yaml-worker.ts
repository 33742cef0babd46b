/** The `workers` of a clowder.yaml: one table per options type of the worker room. What the options do stands there. */
import type {
  CloudFileOptions,
  ClusterFileOptions,
  DnsFileOptions,
  InterceptorFileOptions,
  KubernetesFileOptions,
  LocalMemberFileOptions,
  ManagerFileOptions,
  MembershipFileOptions,
  MulticastFileOptions,
  ReceiverFileOptions,
  SeedsFileOptions,
  SenderFileOptions,
  SessionFileOptions,
  StaticMemberFileOptions,
  WorkerFileOptions,
} from '../worker/options.ts'
import type { AdminOptions, ClusterOptions, WorkerConnectorOptions, WorkerOptions } from '../worker/worker-options.ts'
import {
  anyText,
  type BytesKind,
  choice,
  duration,
  durationOrNone,
  type FieldsOf,
  field,
  host,
  integer,
  list,
  type ObjectKind,
  object,
  port,
  required,
  short,
  someDuration,
  type VariantsKind,
  variant,
  type YamlKind,
  yes,
} from './clowder-yaml-kinds.ts'
import { store } from './clowder-yaml-store.ts'
import { maxClusterKeys, maxInterceptors, maxListeners, maxMembers } from './limits.ts'

/** What a clowder.yaml says about one worker: what a server.xml says, and what else can be said in a file. */
export interface WorkerYamlOptions extends Omit<WorkerFileOptions, 'connectors' | 'cluster'> {
  readonly connectors: readonly WorkerConnectorOptions[]
  readonly cluster?: ClusterOptions
  /** Path of the app’s module. */
  readonly app?: string
  /** Where `clowder cluster` asks. */
  readonly admin?: AdminOptions
  readonly stopGraceMs?: number
}

const uniqueId: BytesKind = { is: 'bytes', length: 16 }
const domain: BytesKind = { is: 'bytes', text: true }
const later = { later: true } as const
const limitOrNone = integer(-1)

const connectorFields = {
  protocol: required(choice('http', 'ajp'), 'What it speaks.'),
  address: field(host, 'all for http, loopback for ajp', 'Address to listen on.'),
  port: required(port, '0 = any free port.'),
  connectionTimeoutMs: field(
    durationOrNone,
    '60s for http, none for ajp',
    'For the request head, with ajp also the body.',
  ),
  keepAliveTimeoutMs: field(durationOrNone, 'connectionTimeout', 'Between requests.'),
  maxKeepAliveRequests: field(limitOrNone, 'no limit', 'Requests on one connection; -1 = no limit.'),
  maxConnections: field(limitOrNone, '8192', 'Connections at once; -1 = no limit.'),
  acceptCount: field(integer(0), '100', 'Length of the system’s accept queue.'),
  maxHeaderBytes: field(integer(1), '8192', 'Bytes of a request head.'),
  secret: field(anyText, 'none', 'What the balancer must send along.', { secret: true }),
  secretRequired: field(yes, 'true', 'Refuse to start without a secret.'),
  packetSize: field(integer(8192, 65_536), '8192', 'Bytes of an AJP packet; the balancer’s maxPacketSize.'),
  allowedRequestAttributesPattern: field(anyText, 'none', 'Request attributes that are let in; a regular expression.'),
  maxHeaderCount: field(integer(1, 65_535), '100', 'Header fields of a request.'),
  tomcatAuthentication: field(yes, 'true', 'False: believe the web server’s authentication.'),
  tomcatAuthorization: field(yes, 'false', 'True: believe the user that the web server names.'),
  insecure: field(
    yes,
    'false',
    'Listen beyond loopback without a secret: whoever reaches the port can pose as any user.',
  ),
} as const satisfies FieldsOf<WorkerConnectorOptions>

const httpOnly: readonly (keyof WorkerConnectorOptions)[] = ['maxKeepAliveRequests', 'maxHeaderBytes']
const ajpOnly: readonly (keyof WorkerConnectorOptions)[] = [
  'secret',
  'secretRequired',
  'packetSize',
  'allowedRequestAttributesPattern',
  'maxHeaderCount',
  'tomcatAuthentication',
  'tomcatAuthorization',
  'insecure',
]

const connector: VariantsKind = {
  is: 'variants',
  by: 'protocol',
  of: {
    http: variant(connectorFields, 'protocol', 'http', ajpOnly),
    ajp: variant(connectorFields, 'protocol', 'ajp', httpOnly),
  },
}

const sessionFields = {
  timeoutMs: field(durationOrNone, '30m', 'Idle time after which a session ends; none or 0 = never.'),
  cookieName: field(anyText, 'JSESSIONID', 'Name of the session cookie.'),
  cookiePath: field(anyText, '/', 'Its path.'),
  cookieDomain: field(anyText, 'none', 'Its domain.'),
  httpOnly: field(yes, 'true', 'Scripts in the browser do not see it.'),
} as const satisfies FieldsOf<SessionFileOptions>

const managerFields = {
  kind: field(
    choice('delta', 'backup', 'persistent'),
    'delta',
    'delta: all sessions on all nodes; backup: each on the node that serves it and on one more; persistent: in a store.',
    { preset: 'delta' },
  ),
  store: field(store, 'none', 'Of kind persistent, which needs it: where sessions are, in place of a channel.'),
  maxInactiveMs: field(
    durationOrNone,
    'session.timeout',
    'Idle time after which a session ends, where session.timeout is absent.',
  ),
  expireSessionsOnShutdown: field(yes, 'false', 'On stop end all sessions on the other nodes, too.', later),
  notifyListenersOnReplication: field(yes, 'true', 'Tell attribute listeners of replicated changes.', later),
  notifySessionListenersOnReplication: field(yes, 'true', 'Tell session listeners of replicated changes.', later),
  stateTransferTimeoutMs: field(durationOrNone, '60s', 'Longest wait for the sessions of the others at start.'),
  mapSendOptions: field(integer(0), '6', 'Of kind backup, in place of channelSendOptions.'),
  rpcTimeoutMs: field(duration, '2s', 'Of kind backup: longest wait for a session that is on other nodes.'),
  maxActiveSessions: field(limitOrNone, '1000000', 'Most sessions on this node, copies included.'),
  whenFull: field(
    choice('refuse', 'end-idlest'),
    'refuse',
    'Beyond that: refuse new sessions, or end the one that was idle for longest.',
  ),
  whenMinority: field(
    choice('serve', 'refuse'),
    'serve',
    'While fewer members are in view than quorum says: go on, or fail with 503.',
  ),
  sessionAttributeNameFilter: field(anyText, 'all', 'Attributes that are replicated; a regular expression.', later),
  sessionIdLength: field(integer(16, 128), '16', 'Random bytes of a session id.', later),
} as const satisfies FieldsOf<ManagerFileOptions>

const multicastFields = {
  kind: required(choice('multicast'), 'Members hear each other, as Tomcats do.'),
  address: field(host, '228.0.0.4', 'Group.'),
  port: field(port, '45564', 'Port of the group.'),
  bind: field(host, 'the system’s choice', 'Address of the interface.'),
  frequencyMs: field(someDuration, '500ms', 'Between announcements.'),
  dropTimeMs: field(someDuration, '3s', 'Silence after which a member is gone.'),
  ttl: field(integer(0, 255), '1', 'Networks that announcements pass.'),
  domain: field(domain, 'empty', 'Part of the cluster.'),
  localLoopbackDisabled: field(yes, 'false', 'Members on one host do not hear each other.'),
  recoveryEnabled: field(yes, 'true', 'Open the socket again after errors.'),
  recoveryCounter: field(integer(1), '10', 'Errors in a row until then.'),
  recoverySleepMs: field(someDuration, '5s', 'Between tries to open it.'),
} as const satisfies FieldsOf<MulticastFileOptions>

const staticFields = {
  kind: required(choice('static'), 'Members are named in the file.'),
  expirationTimeMs: field(duration, '5s', 'Life of a member without news.', later),
  connectTimeoutMs: field(duration, '500ms', 'Limit of the connect that probes a member.', later),
} as const satisfies FieldsOf<Extract<MembershipFileOptions, { kind: 'static' }>>

const cloudFields = {
  kind: required(choice('cloud'), 'Members are asked for; the environment says where, as with Tomcat.'),
  provider: required(choice('kubernetes', 'dns'), 'Whom to ask.'),
  connectTimeoutMs: field(someDuration, '1s', 'With the next one the limit for a question to Kubernetes.'),
  readTimeoutMs: field(someDuration, '1s', 'See there.'),
} as const satisfies FieldsOf<CloudFileOptions>

const memberPort = integer(1, 65_535)
/** A shorter pause would be a burden for whoever is asked. */
const lookUps: YamlKind = { is: 'duration', min: 1000, max: 86_400_000 }

const dnsFields = {
  kind: required(choice('dns'), 'Members are the addresses of a name: a headless service.'),
  name: required(anyText, 'The name; with srv: `_port._tcp.name`.'),
  srv: field(yes, 'false', 'Ask for SRV records, which carry ports.'),
  port: field(memberPort, 'this node’s', 'Of all members, without srv.'),
  intervalMs: field(lookUps, '5s', 'Between look-ups.'),
  timeoutMs: field(someDuration, '2s', 'For one look-up.'),
} as const satisfies FieldsOf<DnsFileOptions>

const kubernetesFields = {
  kind: required(choice('kubernetes'), 'Members are pods, asked for at the API of Kubernetes.'),
  service: field(anyText, 'none: pods are listed', 'The endpoints of this service.'),
  labelSelector: field(anyText, 'all', 'Which pods: `app=shop`.'),
  namespace: field(anyText, 'the service account’s', 'Where they are.'),
  port: field(memberPort, 'this node’s', 'Of all members.'),
  portName: field(anyText, 'none', 'Name of a port of the service, in place of port.'),
  apiUrl: field(anyText, 'the cluster’s own', 'Where to ask.'),
  tokenFile: field(anyText, 'the service account’s', 'What to prove oneself with; read again for every question.'),
  caFile: field(anyText, 'the service account’s', 'Who signs the certificate of the API.'),
  intervalMs: field(lookUps, '5s', 'Between questions.'),
  timeoutMs: field(someDuration, '2s', 'For one question.'),
} as const satisfies FieldsOf<KubernetesFileOptions>

const memberFields = {
  host: required(host, 'Name or address of its receiver.'),
  port: required(memberPort, 'Port of its receiver.'),
  uniqueId: field(uniqueId, 'learned from what it sends', 'Its 16 bytes; Tomcat members need it.'),
  domain: field(domain, 'empty', 'Its part of the cluster.'),
} as const satisfies FieldsOf<StaticMemberFileOptions>

const seedsFields = {
  kind: required(choice('seeds'), 'Members tell each other of the others.'),
  seeds: required(
    list(short({ host: memberFields.host, port: memberFields.port }), maxMembers, 1),
    'Some members; one that runs is enough.',
  ),
} as const satisfies FieldsOf<SeedsFileOptions>

const membership: VariantsKind = {
  is: 'variants',
  by: 'kind',
  of: {
    static: object(staticFields),
    multicast: object(multicastFields),
    cloud: object(cloudFields),
    dns: object(dnsFields),
    kubernetes: object(kubernetesFields),
    seeds: object(seedsFields),
  },
}

const receiverFields = {
  address: field(
    host,
    'auto = the first address of the machine’s name',
    'Where to listen, and what to tell the others.',
  ),
  port: field(port, '4000', 'First port to try.'),
  autoBind: field(integer(-65_536), '100', 'Ports to try, upwards; less than 1 means 1.'),
} as const satisfies FieldsOf<ReceiverFileOptions>

const senderFields = {
  timeoutMs: field(someDuration, '3s', 'For one message with its acknowledgement.'),
  maxRetryAttempts: field(integer(0), '1', 'Further attempts.', later),
  keepAliveCount: field(limitOrNone, '-1 = never', 'Close a socket after this many messages.', later),
  keepAliveTimeMs: field(durationOrNone, 'none', 'Close a socket this long after its connect.', later),
  throwOnFailedAck: field(yes, 'true', 'Treat a negative acknowledgement as a failure.', later),
} as const satisfies FieldsOf<SenderFileOptions>

type Interceptor<Name> = Extract<InterceptorFileOptions, { name: Name }>

const detectorFields = {
  name: required(choice('TcpFailureDetector'), 'Probes suspects before they are dropped.'),
  connectTimeoutMs: field(someDuration, '1s', 'Limit of the probing connect.'),
  performSendTest: field(yes, 'true', 'Write the probe frame.', later),
  performReadTest: field(yes, 'false', 'Ask for an acknowledgement of the probe.', later),
  readTestTimeoutMs: field(someDuration, '5s', 'Limit of that read.', later),
  removeSuspectsTimeoutMs: field(durationOrNone, '5m', 'Forget a suspicion after this time.'),
} as const satisfies FieldsOf<Interceptor<'TcpFailureDetector'>>

const dispatchFields = {
  name: required(choice('MessageDispatchInterceptor'), 'Sends asynchronous messages in turn.'),
  maxQueueBytes: field(integer(1), '67108864', 'Sum of the queued bodies.'),
  alwaysSend: field(
    yes,
    'neither',
    'Full queue: the caller waits (true) or fails (false); else the message is dropped.',
  ),
} as const satisfies FieldsOf<Interceptor<'MessageDispatchInterceptor'>>

const expireMs = (preset: string) => field(someDuration, preset, 'Longest wait for what belongs together.')

const encryptFields = {
  name: required(choice('EncryptInterceptor'), 'Encrypts as Tomcat does. Without Tomcat members use encryption.'),
  encryptionKey: required(anyText, '16, 24 or 32 bytes in hex; several with commas: the first encrypts.', {
    secret: true,
  }),
  encryptionAlgorithm: field(choice('AES/GCM/NoPadding'), 'AES/GCM/NoPadding', 'There is no other.'),
  replayWindowTimeMs: field(someDuration, '10s', 'Difference of clocks that is accepted.'),
  replayWindowMessageCount: field(integer(1), '8192', 'Messages that are remembered.'),
} as const satisfies FieldsOf<Interceptor<'EncryptInterceptor'>>

const gzipFields = {
  name: required(choice('GzipInterceptor'), 'Compresses messages. Every member needs it.'),
  compressionMinSize: field(integer(0), '0', 'Bytes up to which a body stays as it is.'),
  optionFlag: field(integer(1), '256', 'Bit that marks compressed messages.'),
} as const satisfies FieldsOf<Interceptor<'GzipInterceptor'>>

const fragmentationFields = {
  name: required(choice('FragmentationInterceptor'), 'Sends large messages in pieces. Every member needs it.'),
  maxSize: field(integer(1), '102400', 'Bytes of the largest body in one piece.'),
  expireMs: expireMs('60s'),
} as const satisfies FieldsOf<Interceptor<'FragmentationInterceptor'>>

const orderFields = {
  name: required(choice('OrderInterceptor'), 'Keeps the order of messages. Every member needs it.'),
  expireMs: expireMs('3s'),
  forwardExpired: field(yes, 'true', 'Deliver what waits behind a gap, or drop it.'),
  maxQueue: field(integer(1), '10000', 'Messages that may wait per member.'),
} as const satisfies FieldsOf<Interceptor<'OrderInterceptor'>>

const layerFields = {
  TwoPhaseCommitInterceptor: object({
    name: required(choice('TwoPhaseCommitInterceptor'), 'Delivers when all have it. Every member needs it.'),
    expireMs: expireMs('60s'),
  } as const satisfies FieldsOf<Interceptor<'TwoPhaseCommitInterceptor'>>),
  DomainFilterInterceptor: object({
    name: required(choice('DomainFilterInterceptor'), 'Members of other domains are no members.'),
    domain: field(domain, 'this node’s', 'The domain that is let in.'),
  } as const satisfies FieldsOf<Interceptor<'DomainFilterInterceptor'>>),
  ThroughputInterceptor: object({
    name: required(choice('ThroughputInterceptor'), 'Counts messages and bytes.'),
    interval: field(integer(1), '10000', 'Messages between two reports.'),
  } as const satisfies FieldsOf<Interceptor<'ThroughputInterceptor'>>),
  TcpPingInterceptor: object({
    name: required(choice('TcpPingInterceptor'), 'Pings members with every heartbeat.'),
    intervalMs: field(someDuration, '1s', 'Pause between pings, with useThread.'),
    useThread: field(yes, 'false', 'Ping at intervalMs rather than with heartbeats.'),
  } as const satisfies FieldsOf<Interceptor<'TcpPingInterceptor'>>),
  NonBlockingCoordinator: object({
    name: required(choice('NonBlockingCoordinator'), 'Elects a leader. Every member needs it.'),
  } as const satisfies FieldsOf<Interceptor<'NonBlockingCoordinator'>>),
}

const encryptionFields = {
  keys: required(list(anyText, maxClusterKeys, 1), '16, 24 or 32 bytes each, in hex or base64; the first encrypts.', {
    secret: true,
  }),
  format: field(choice('clowder', 'tomcat'), 'clowder', 'tomcat where there are Tomcat members.'),
  clockToleranceMs: field(someDuration, '10s', 'How far clocks may be apart.'),
  replayMessages: field(integer(1), '8192', 'With tomcat: messages that are remembered.'),
} as const satisfies FieldsOf<NonNullable<ClusterOptions['encryption']>>

const interceptor: VariantsKind = {
  is: 'variants',
  by: 'name',
  of: {
    TcpFailureDetector: object(detectorFields),
    MessageDispatchInterceptor: object(dispatchFields),
    EncryptInterceptor: object(encryptFields),
    GzipInterceptor: object(gzipFields),
    FragmentationInterceptor: object(fragmentationFields),
    OrderInterceptor: object(orderFields),
    ...layerFields,
    StaticMembershipInterceptor: object({
      name: required(choice('StaticMembershipInterceptor'), 'Members are named in the file, under staticMembers.'),
    } as const satisfies FieldsOf<Interceptor<'StaticMembershipInterceptor'>>),
  },
}

const localFields = {
  uniqueId: required(uniqueId, 'The 16 bytes of this node.'),
  domain: field(domain, 'empty', 'Its part of the cluster.'),
} as const satisfies FieldsOf<LocalMemberFileOptions>

const clusterFields = {
  scope: field(choice('engine', 'host'), 'engine', 'Where the Cluster element stood.', { preset: 'engine' }),
  clusterName: field(anyText, 'clowder', 'For logs; with encryption the same on all members.'),
  channelSendOptions: field(
    integer(0),
    '8; of kind persistent 6',
    'Option bits of session messages: 8 asynchronous, 6 wait for all, or for the store.',
  ),
  channelStartOptions: field(integer(0, 15), '15', 'Tomcat’s bits: 3 = static members only.'),
  heartbeatMs: field(someDuration, '5s', 'Pause between heartbeats of the channel.'),
  manager: field(object(managerFields), 'delta', 'Who holds the sessions.', { preset: { kind: 'delta' } }),
  membership: field(membership, 'static', 'How members find each other.', { preset: { kind: 'static' } }),
  quorum: field(integer(0, 1024), '0', 'Members, this one included, that make a majority; 0: there is always one.'),
  receiver: field(object(receiverFields), 'see there', 'Where the others reach this node.', { preset: {} }),
  sender: field(object(senderFields), 'see there', 'How messages go out.', { preset: {} }),
  interceptors: field(
    list(interceptor, maxInterceptors),
    'dispatch, failure detector',
    'Layers of the channel, top to bottom.',
  ),
  staticMembers: field(list(short(memberFields), maxMembers), 'none', 'The other nodes.', { preset: [] }),
  localMember: field(object(localFields), 'none', 'What the others know this node by.'),
  replicate: field(yes, 'true', 'Replicate at the end of a request.', { preset: true }),
  replicationFilter: field(anyText, 'none', 'Requests that send nothing; a regular expression.', later),
  bindRoute: field(yes, 'true', 'A session that failed over gets the route of its new node.', { preset: true }),
  encryption: field(object(encryptionFields), 'none', 'Encrypts and authenticates what members say.'),
  insecure: field(yes, 'false', 'Let the channel listen beyond loopback although no key protects it.'),
} as const satisfies FieldsOf<Required<ClusterFileOptions> & ClusterOptions>

const adminFields = {
  address: field(host, '127.0.0.1', 'An address of loopback.'),
  port: required(port, '0 = any free port.'),
} as const satisfies FieldsOf<AdminOptions>

/** Everything but `name`, which is the key in the file. */
const workerFields = {
  app: field({ is: 'file' }, '--app', 'Path of the app’s module; relative to this file.'),
  jvmRoute: field(
    { is: 'text', pattern: '[A-Za-z0-9_.-]+', what: 'made of letters, digits, -, _ and .' },
    'none',
    'Appended to session ids, for the balancer.',
  ),
  defaultHost: field(anyText, 'none', 'Tomcat’s defaultHost.'),
  connectors: field(list(connector, maxListeners), '--ajp and --http', 'Where to listen for the balancer.', {
    preset: [],
  }),
  session: field(object(sessionFields), 'see there', 'Sessions and their cookie.', { preset: {} }),
  cluster: field(
    object(clusterFields),
    'none: sessions stay in this process',
    'The other nodes, and how sessions get there.',
  ),
  admin: field(object(adminFields), 'none', 'Where clowder cluster may ask what this worker knows of its cluster.'),
  stopGraceMs: field(duration, '10s', 'Longest wait for what is in flight at a stop.'),
} as const satisfies FieldsOf<Omit<WorkerYamlOptions, 'name'> & Pick<WorkerOptions, 'stopGraceMs'>>

export const workerKind: ObjectKind = object(workerFields)

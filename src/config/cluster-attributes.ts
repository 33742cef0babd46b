/**
 * The elements below `<Cluster>` with their classes and attributes, and the classes that Tomcat has retired: the table behind
 * the parser and the reference page. Source: tomcat-cluster.md 1 and 1.1 to 1.10.
 */
import {
  acts,
  boolean,
  host,
  integer,
  later,
  moot,
  port,
  renamed,
  text,
  type XmlAttribute,
  type XmlElement,
} from './tomcat-attributes.ts'

const ha = 'org.apache.catalina.ha'
const tribes = 'org.apache.catalina.tribes'
const interceptors = `${tribes}.group.interceptors`

const threads = 'clowder has no thread pools'
const sockets = 'Node.js has no such socket option, or it is always so'
const java = 'Java’s own'
const own = 'clowder’s own, a Tomcat warns of it'
const versions = 'clowder sends its state in pieces and merges by versions'

const bytes = { is: 'bytes' } as const
const sendOptions = { is: 'send-options' } as const
const count = { is: 'integer', min: 0 } as const
const positive = { is: 'integer', min: 1 } as const

const managerAttributes: readonly XmlAttribute[] = [
  acts('maxInactiveInterval', integer, '1800', 'maxInactiveMs', { unit: 's', note: 'gone since Tomcat 8.5' }),
  later('expireSessionsOnShutdown', boolean, 'false', { option: 'expireSessionsOnShutdown' }),
  later('notifyListenersOnReplication', boolean, 'true', { option: 'notifyListenersOnReplication' }),
  later('notifySessionListenersOnReplication', boolean, 'true', { option: 'notifySessionListenersOnReplication' }),
  acts('stateTransferTimeout', { is: 'integer', min: -1 }, '60', 'stateTransferTimeoutMs', {
    unit: 's',
    note: '-1 = for ever, 0 = do not wait',
  }),
  ...moot(['sendAllSessions', 'sendAllSessionsSize', 'sendAllSessionsWaitTime', 'stateTimestampDrop'], versions),
  acts('maxActiveSessions', { is: 'integer', min: -1 }, '-1 = no limit', 'maxActiveSessions'),
  acts('whenFull', { is: 'choice', of: ['refuse', 'end-idlest'] }, 'refuse', 'whenFull', {
    note: `${own}; what becomes of a new session beyond \`maxActiveSessions\``,
  }),
  acts('whenMinority', { is: 'choice', of: ['serve', 'refuse'] }, 'serve', 'whenMinority', {
    note: `${own}; what becomes of sessions without \`quorum\``,
  }),
  later('sessionAttributeNameFilter', text, '–', { option: 'sessionAttributeNameFilter' }),
  later('name', text, '–'),
  later('processExpiresFrequency', positive, '6'),
  later('sessionAttributeValueClassNameFilter', text, '–'),
  later('notifyContainerListenersOnReplication', boolean, 'true'),
  ...moot(['warnOnSessionAttributeFilterFailure', 'recordAllActions', 'enableStatistics'], java),
  ...moot(['secureRandomClass', 'secureRandomProvider', 'secureRandomAlgorithm', 'persistAuthentication'], java),
  ...moot(['sessionActivityCheck', 'sessionLastAccessAtStart', 'notifyBindingListenerOnUnchangedValue'], java),
  ...moot(['notifyAttributeListenerOnUnchangedValue'], java),
]

const mapAttributes: readonly XmlAttribute[] = [
  acts('mapSendOptions', sendOptions, '6', 'mapSendOptions', { note: 'in place of `channelSendOptions`' }),
  acts('rpcTimeout', positive, '2000', 'rpcTimeoutMs', { unit: 'ms', note: 'Tomcat’s default is 15000' }),
  later('accessTimeout', integer, '5000', { unit: 'ms' }),
  later('terminateOnStartFailure', boolean, 'false'),
]

const memberAttributes: readonly XmlAttribute[] = [
  acts('host', { is: 'member-host' }, 'required', 'host', { required: true, note: 'name, address or `{10,0,0,1}`' }),
  acts('port', { is: 'integer', min: 1, max: 65_535 }, 'required', 'port', { required: true }),
  acts('uniqueId', { is: 'unique-id' }, 'required', 'uniqueId', { required: true, note: '16 signed bytes: `{0,1,…}`' }),
  acts('domain', bytes, 'empty', 'domain'),
  ...moot(['securePort'], 'advertised only'),
  later('udpPort', integer, '-1'),
]

/** Managers that keep sessions in a store. A server.xml has no words for one that Node.js has a client of. */
export const storedManagers: readonly XmlElement[] = [
  {
    element: 'Manager',
    classes: ['org.apache.catalina.session.PersistentManager'],
    effect: 'later',
    note: 'its stores hold Java objects; for sessions in Redis or Valkey write cluster.manager.store into a clowder.yaml',
    attributes: [],
  },
  {
    element: 'Manager',
    classes: ['org.redisson.tomcat.RedissonSessionManager', 'org.redisson.tomcat.JndiRedissonSessionManager'],
    effect: 'later',
    note: 'for sessions in the same Redis or Valkey, of a form of its own, write cluster.manager.store into a clowder.yaml',
    attributes: [],
  },
]

export const clusterElements: readonly XmlElement[] = [
  {
    element: 'Cluster',
    classes: [`${ha}.tcp.SimpleTcpCluster`],
    effect: 'acts',
    attributes: [
      acts('channelSendOptions', sendOptions, '8', 'channelSendOptions', { note: 'number, or names: `use_ack,sync`' }),
      acts('channelStartOptions', { is: 'integer', min: 0, max: 15 }, '15', 'channelStartOptions', {
        note: 'bits 1 and 2 (receiver, sender) are always on; without 4 and 8 the `<Membership>` is not used',
      }),
      acts('clusterName', text, 'name of the container', 'clusterName'),
      acts('quorum', { is: 'integer', min: 0, max: 1024 }, '0', 'quorum', {
        note: `${own}; members, this one included, that make a majority`,
      }),
      ...moot(['heartbeatBackgroundEnabled', 'notifyLifecycleListenerOnFailure'], java),
    ],
  },
  { element: 'Manager', classes: [`${ha}.session.DeltaManager`], effect: 'acts', attributes: managerAttributes },
  {
    element: 'Manager',
    classes: [`${ha}.session.BackupManager`],
    effect: 'acts',
    attributes: [...managerAttributes, ...mapAttributes],
  },
  ...storedManagers,
  {
    element: 'SessionIdGenerator',
    classes: ['org.apache.catalina.util.StandardSessionIdGenerator'],
    effect: 'acts',
    attributes: [
      later('sessionIdLength', { is: 'integer', min: 16, max: 128 }, '16', {
        option: 'sessionIdLength',
        unit: 'bytes',
        note: 'shorter ids can be guessed and are refused',
      }),
      later('jvmRoute', text, 'the Engine’s'),
    ],
  },
  {
    element: 'Channel',
    classes: [`${tribes}.group.GroupChannel`],
    effect: 'acts',
    attributes: [
      acts('heartbeatSleeptime', positive, '5000', 'heartbeatMs', { unit: 'ms' }),
      later('heartbeat', boolean, 'true'),
      later('optionCheck', boolean, 'false'),
      ...moot(['jmxEnabled', 'jmxDomain', 'jmxPrefix', 'name'], java),
    ],
  },
  {
    element: 'Membership',
    classes: [`${tribes}.membership.McastService`],
    effect: 'acts',
    note: 'the default',
    attributes: [
      acts('address', host, '228.0.0.4', 'address'),
      acts('port', port, '45564', 'port'),
      acts('frequency', positive, '500', 'frequencyMs', { unit: 'ms' }),
      acts('dropTime', positive, '3000', 'dropTimeMs', { unit: 'ms' }),
      acts('bind', host, '–', 'bind'),
      acts('ttl', { is: 'integer', min: 0, max: 255 }, '1', 'ttl'),
      acts('domain', bytes, 'empty', 'domain'),
      renamed('mcastBindAddress', 'bind'),
      renamed('mcastDropTime', 'dropTime'),
      renamed('mcastAddr', 'address'),
      acts('localLoopbackDisabled', boolean, 'false', 'localLoopbackDisabled'),
      acts('recoveryEnabled', boolean, 'true', 'recoveryEnabled'),
      acts('recoveryCounter', positive, '10', 'recoveryCounter'),
      acts('recoverySleepTime', positive, '5000', 'recoverySleepMs', { unit: 'ms' }),
      ...moot(['soTimeout'], 'silence is looked for every `frequency`'),
    ],
  },
  {
    element: 'Membership',
    classes: [`${tribes}.membership.StaticMembershipService`],
    effect: 'acts',
    note: 'its members are taken; the messages by which Tomcats ask each other are not understood yet',
    attributes: [
      later('expirationTime', positive, '5000', { option: 'expirationTimeMs', unit: 'ms' }),
      later('connectTimeout', positive, '500', { option: 'connectTimeoutMs', unit: 'ms' }),
      later('rpcTimeout', integer, '3000', { unit: 'ms' }),
      later('useThread', boolean, 'false'),
      later('pingInterval', integer, '1000', { unit: 'ms' }),
    ],
  },
  {
    element: 'Membership',
    classes: [`${tribes}.membership.cloud.CloudMembershipService`],
    effect: 'acts',
    note: 'for clusters of clowder nodes: a Tomcat there takes its unique id from its address',
    attributes: [
      acts('membershipProviderClassName', text, '`kubernetes`', 'provider', { note: '`kubernetes` or `dns`' }),
      acts('connectTimeout', positive, '1000', 'connectTimeoutMs', { unit: 'ms' }),
      acts('readTimeout', positive, '1000', 'readTimeoutMs', { unit: 'ms' }),
      ...moot(['expirationTime'], 'who is not listed any more stays until it does not answer'),
    ],
  },
  { element: 'Member', classes: [`${tribes}.membership.StaticMember`], effect: 'acts', attributes: memberAttributes },
  {
    element: 'LocalMember',
    classes: [`${tribes}.membership.StaticMember`],
    effect: 'acts',
    note: 'this node; host and port are the receiver’s',
    attributes: [
      ...memberAttributes.filter(({ name }) => name === 'uniqueId' || name === 'domain'),
      ...moot(['host', 'port', 'securePort', 'udpPort'], 'taken from the receiver'),
    ],
  },
  { element: 'Sender', classes: [`${tribes}.transport.ReplicationTransmitter`], effect: 'acts', attributes: [] },
  {
    element: 'Transport',
    classes: [`${tribes}.transport.nio.PooledParallelSender`],
    effect: 'acts',
    attributes: [
      acts('timeout', positive, '3000', 'timeoutMs', { unit: 'ms' }),
      later('maxRetryAttempts', count, '1', { option: 'maxRetryAttempts' }),
      later('keepAliveCount', { is: 'integer', min: -1 }, '-1 = never', { option: 'keepAliveCount' }),
      later('keepAliveTime', { is: 'integer', min: -1 }, '-1 = never', { option: 'keepAliveTimeMs', unit: 'ms' }),
      later('throwOnFailedAck', boolean, 'true', { option: 'throwOnFailedAck' }),
      ...moot(['poolSize'], 'one connection to a member carries many messages'),
      later('maxWait', integer, '3000', { unit: 'ms' }),
      ...moot(['directBuffer', 'rxBufSize', 'txBufSize', 'udpRxBufSize', 'udpTxBufSize', 'tcpNoDelay'], sockets),
      ...moot(['soKeepAlive', 'ooBInline', 'soReuseAddress', 'soLingerOn', 'soLingerTime', 'soTrafficClass'], sockets),
    ],
  },
  {
    element: 'Receiver',
    classes: [`${tribes}.transport.nio.NioReceiver`],
    effect: 'acts',
    attributes: [
      acts('address', host, '`auto`', 'address'),
      renamed('host', 'address'),
      acts('port', port, '4000', 'port'),
      acts('autoBind', integer, '100', 'autoBind'),
      later('udpPort', integer, '-1'),
      ...moot(['securePort'], 'advertised only'),
      ...moot(['maxThreads', 'minThreads', 'maxIdleTime', 'maxTasks', 'minTasks', 'daemon'], threads),
      ...moot(['selectorTimeout', 'timeout', 'direct', 'useBufferPool', 'rxBufSize', 'txBufSize'], java),
      ...moot(['udpRxBufSize', 'udpTxBufSize', 'tcpNoDelay', 'soKeepAlive', 'ooBInline', 'soReuseAddress'], sockets),
      ...moot(['soLingerOn', 'soLingerTime', 'soTrafficClass'], sockets),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.TcpFailureDetector`],
    effect: 'acts',
    attributes: [
      acts('connectTimeout', positive, '1000', 'connectTimeoutMs', { unit: 'ms' }),
      later('performSendTest', boolean, 'true', { option: 'performSendTest' }),
      later('performReadTest', boolean, 'false', { option: 'performReadTest' }),
      later('readTestTimeout', positive, '5000', { option: 'readTestTimeoutMs', unit: 'ms' }),
      acts('removeSuspectsTimeout', integer, '300', 'removeSuspectsTimeoutMs', { unit: 's' }),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.MessageDispatchInterceptor`, `${interceptors}.MessageDispatch15Interceptor`],
    effect: 'acts',
    attributes: [
      acts('maxQueueSize', positive, '67108864', 'maxQueueBytes', { unit: 'bytes' }),
      acts('alwaysSend', boolean, 'neither', 'alwaysSend', {
        note: 'written out it acts: true, the caller waits; false, it fails',
      }),
      later('optionFlag', sendOptions, '8'),
      ...moot(['useDeepClone', 'maxThreads', 'maxSpareThreads', 'keepAliveTime'], threads),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.TcpPingInterceptor`],
    effect: 'acts',
    note: 'between clowder members the failure detector pings by itself',
    attributes: [
      acts('interval', positive, '1000', 'intervalMs', { unit: 'ms', note: 'with `useThread`' }),
      acts('useThread', boolean, 'false', 'useThread'),
      later('staticOnly', boolean, 'false'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.StaticMembershipInterceptor`],
    effect: 'acts',
    attributes: [later('optionFlag', sendOptions, '0')],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.EncryptInterceptor`],
    effect: 'acts',
    note: 'below all other layers, wherever it stands; every member must have it',
    attributes: [
      acts('encryptionKey', text, 'required', 'encryptionKey', {
        required: true,
        note: '16, 24 or 32 bytes in hex; several with commas: the first encrypts, all decrypt',
      }),
      acts('encryptionAlgorithm', text, '`AES/GCM/NoPadding`', 'encryptionAlgorithm', { note: 'no other' }),
      acts('replayWindowTime', positive, '10000', 'replayWindowTimeMs', { unit: 'ms' }),
      acts('replayWindowMessageCount', positive, '8192', 'replayWindowMessageCount'),
      ...moot(['providerName'], java),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.GzipInterceptor`],
    effect: 'acts',
    note: 'every member must have it',
    attributes: [
      acts('optionFlag', positive, '256', 'optionFlag'),
      acts('compressionMinSize', count, '0', 'compressionMinSize', { unit: 'bytes' }),
      ...moot(['statsEnabled', 'interval'], 'counted always, in the snapshot of the channel'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.FragmentationInterceptor`],
    effect: 'acts',
    note: 'every member must have it',
    attributes: [
      acts('maxSize', positive, '102400', 'maxSize', { unit: 'bytes' }),
      acts('expire', positive, '60000', 'expireMs', { unit: 'ms' }),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.OrderInterceptor`],
    effect: 'acts',
    note: 'every member must have it',
    attributes: [
      acts('expire', positive, '3000', 'expireMs', { unit: 'ms' }),
      acts('forwardExpired', boolean, 'true', 'forwardExpired'),
      acts('maxQueue', positive, '10000', 'maxQueue', { note: 'Tomcat’s default is 2147483647' }),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.TwoPhaseCommitInterceptor`],
    effect: 'acts',
    note: 'every member must have it',
    attributes: [
      acts('expire', positive, '60000', 'expireMs', { unit: 'ms' }),
      ...moot(['deepclone'], 'a message that waits is always copied'),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.DomainFilterInterceptor`],
    effect: 'acts',
    attributes: [
      acts('domain', bytes, 'this node’s', 'domain', { note: 'Tomcat’s default is empty' }),
      ...moot(['logInterval'], 'told once per heartbeat'),
      later('optionFlag', sendOptions, '0'),
    ],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.ThroughputInterceptor`],
    effect: 'acts',
    attributes: [acts('interval', positive, '10000', 'interval'), later('optionFlag', sendOptions, '0')],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.NonBlockingCoordinator`],
    effect: 'acts',
    note: 'every member must have it',
    attributes: [later('optionFlag', sendOptions, '0')],
  },
  {
    element: 'Interceptor',
    classes: [`${interceptors}.SimpleCoordinator`],
    effect: 'later',
    note: 'use NonBlockingCoordinator',
    attributes: [],
  },
  {
    element: 'Valve',
    classes: [`${ha}.tcp.ReplicationValve`],
    effect: 'acts',
    attributes: [
      later('filter', text, 'empty', { option: 'replicationFilter', note: 'one regular expression' }),
      later('primaryIndicator', boolean, 'false'),
      later('primaryIndicatorName', text, '–'),
      later('statistics', boolean, 'false'),
    ],
  },
  {
    element: 'Valve',
    classes: [`${ha}.session.JvmRouteBinderValve`],
    effect: 'acts',
    attributes: [
      acts('enabled', boolean, 'true', 'bindRoute', { note: 'false has no effect yet, and says so' }),
      later('sessionIdAttribute', text, '–'),
    ],
  },
  {
    element: 'Valve',
    classes: [`${ha}.authenticator.ClusterSingleSignOn`],
    effect: 'later',
    attributes: mapAttributes,
  },
  { element: 'ClusterListener', classes: [`${ha}.session.ClusterSessionListener`], effect: 'acts', attributes: [] },
  {
    element: 'Deployer',
    classes: [`${ha}.deploy.FarmWarDeployer`],
    effect: 'later',
    note: 'clowder has no WAR files',
    attributes: [],
  },
]

/** Class names that stand in old files, with their successors; none: remove the line. */
export const retiredClasses: Readonly<Record<string, { readonly since: string; readonly successor?: string }>> = {
  [`${interceptors}.MessageDispatch15Interceptor`]: {
    since: 'Tomcat 8',
    successor: `${interceptors}.MessageDispatchInterceptor`,
  },
  [`${ha}.session.JvmRouteSessionIDBinderListener`]: { since: 'Tomcat 8' },
  [`${tribes}.transport.bio.BioReceiver`]: { since: 'Tomcat 10', successor: `${tribes}.transport.nio.NioReceiver` },
  [`${tribes}.transport.bio.PooledMultiSender`]: {
    since: 'Tomcat 10',
    successor: `${tribes}.transport.nio.PooledParallelSender`,
  },
  'org.apache.catalina.cluster.tcp.SimpleTcpCluster': { since: 'Tomcat 6', successor: `${ha}.tcp.SimpleTcpCluster` },
  'org.apache.catalina.cluster.tcp.ReplicationValve': { since: 'Tomcat 6', successor: `${ha}.tcp.ReplicationValve` },
}

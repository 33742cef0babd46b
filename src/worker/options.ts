/**
 * What a server.xml says about one worker, as plain values. The parser in `config/` fills these types, people may write
 * them by hand; defaults and checks belong to the rooms that act on them (worker, connector, session, cluster).
 * Absent means: take the default that stands in the docstring. Sources are Tomcat 10.1 attribute names.
 */

export interface WorkerFileOptions {
  /** Names the worker in logs and in its `ready` line: `jvmRoute`, else the Engine's name, else `worker`. */
  readonly name: string
  /** Appended to session ids after a dot; default none. Engine `jvmRoute`. */
  readonly jvmRoute?: string
  /** Name of the Host that answers for unknown names. Part of a Tomcat manager's name. Engine `defaultHost`. */
  readonly defaultHost?: string
  /** In the order of the file. Empty when the file has no Connector: the program then decides where to listen. */
  readonly connectors: readonly ConnectorFileOptions[]
  /** Absent: no cluster, sessions stay in this process. */
  readonly cluster?: ClusterFileOptions
  readonly session: SessionFileOptions
}

/** One `<Connector>`. */
export interface ConnectorFileOptions {
  readonly protocol: 'http' | 'ajp'
  /** Address to bind; default all for http, loopback for ajp. */
  readonly address?: string
  /** 0 = any free port. Required by Tomcat. */
  readonly port: number
  /**
   * For the request head, with ajp also for the body, and between requests where `keepAliveTimeoutMs` is absent; ms,
   * -1 = none; default 60 000 for http, none for ajp.
   */
  readonly connectionTimeoutMs?: number
  /** Between requests; ms, -1 = none, default `connectionTimeoutMs`. */
  readonly keepAliveTimeoutMs?: number
  /** Requests on one connection, default 100, -1 = no limit. http only. */
  readonly maxKeepAliveRequests?: number
  /** Connections at once, default 8192, -1 = no limit. */
  readonly maxConnections?: number
  /** Length of the system's accept queue, default 100. */
  readonly acceptCount?: number
  /** Bytes of a request head, default 8192. `maxHttpRequestHeaderSize`, else `maxHttpHeaderSize`. http only. */
  readonly maxHeaderBytes?: number
  /** AJP only. The balancer must send the same; never shown. `secret`, else `requiredSecret`. */
  readonly secret?: string
  /** AJP only. Refuse to start without a `secret`; default true. */
  readonly secretRequired?: boolean
  /** AJP only. Bytes, default 8192; must equal the balancer's `max_packet_size`. */
  readonly packetSize?: number
  /** AJP only. Regular expression for request attributes that may come from the web server; default none. */
  readonly allowedRequestAttributesPattern?: string
  /** AJP only. Header fields of a request, default 100. */
  readonly maxHeaderCount?: number
  /** AJP only. False: believe the web server's authentication; default true. */
  readonly tomcatAuthentication?: boolean
  /** AJP only. True: believe the user that the web server names, whatever `tomcatAuthentication` says; default false. */
  readonly tomcatAuthorization?: boolean
}

/** Session settings of the `<Context>`. */
export interface SessionFileOptions {
  /** Idle time after which a session ends; ms, 0 or less = never, default 1 800 000. `sessionTimeout`, in minutes. */
  readonly timeoutMs?: number
  /** Default `JSESSIONID`. `sessionCookieName`. */
  readonly cookieName?: string
  /** Default the context path. `sessionCookiePath`. */
  readonly cookiePath?: string
  /** Default none. `sessionCookieDomain`. */
  readonly cookieDomain?: string
  /** Default true. `useHttpOnly`. */
  readonly httpOnly?: boolean
}

/** `<Cluster>` (tomcat-cluster.md 1.1). */
export interface ClusterFileOptions {
  /** Where it stands: an Engine's managers are named `host#context`, a Host's just `context`. */
  readonly scope: 'engine' | 'host'
  /** Default the name of the container. */
  readonly clusterName?: string
  /** Option bits of every session message, default 8 (asynchronous); with a `store` 6: the answer waits for it. */
  readonly channelSendOptions?: number
  /** Bits: 1 receiver, 2 sender, 4 hear members, 8 announce oneself; default 15. 3 = static members only. */
  readonly channelStartOptions?: number
  /** Pause between heartbeats of the channel; ms, default 5000. Channel `heartbeatSleeptime`. */
  readonly heartbeatMs?: number
  readonly manager: ManagerFileOptions
  readonly membership: MembershipFileOptions
  /** Members, this one included, that make a majority; default 0: there is always one. */
  readonly quorum?: number
  readonly receiver: ReceiverFileOptions
  readonly sender: SenderFileOptions
  /** Top to bottom, the last is nearest the network. Absent: MessageDispatchInterceptor, then TcpFailureDetector. */
  readonly interceptors?: readonly InterceptorFileOptions[]
  /** Members named in the file, from a StaticMembershipInterceptor or a StaticMembershipService; default none. */
  readonly staticMembers: readonly StaticMemberFileOptions[]
  /** This node's own entry among the static members, where the file has one. */
  readonly localMember?: LocalMemberFileOptions
  /** Replicate at the end of a request; false when the file lists valves without a ReplicationValve. */
  readonly replicate: boolean
  /** Requests whose path matches fully send no delta; a Java regular expression. ReplicationValve `filter`. */
  readonly replicationFilter?: string
  /** Give a session that failed over the route of its new node; false when the file lists valves without the binder. */
  readonly bindRoute: boolean
}

/** `<Manager>` below `<Cluster>` (tomcat-cluster.md 1.2). */
export interface ManagerFileOptions {
  /** DeltaManager, BackupManager, or sessions in a `store`; a server.xml has no word for the last. */
  readonly kind: 'delta' | 'backup' | 'persistent'
  /** `persistent` only, and required there: where sessions are, in place of a channel. */
  readonly store?: StoreFileOptions
  /** Idle time after which a session ends; ms. `maxInactiveInterval`, in seconds, gone since Tomcat 8.5. */
  readonly maxInactiveMs?: number
  /** On stop also end all sessions on the other nodes; default false. */
  readonly expireSessionsOnShutdown?: boolean
  /** Call attribute listeners when a replicated change is applied; default true. */
  readonly notifyListenersOnReplication?: boolean
  /** Call session listeners for replicated events; default true. */
  readonly notifySessionListenersOnReplication?: boolean
  /** Longest wait for the full state at start; ms, -1 = for ever, 0 = do not wait, default 60 000. In seconds. */
  readonly stateTransferTimeoutMs?: number
  /** BackupManager only: option bits of session messages in place of `channelSendOptions`, default 6 (synchronised). */
  readonly mapSendOptions?: number
  /** BackupManager only: longest wait for a session that is on other nodes; ms, default 2000; Tomcat's is 15 000. */
  readonly rpcTimeoutMs?: number
  /** Most sessions; -1 = no limit, default -1. */
  readonly maxActiveSessions?: number
  /** What becomes of a new session beyond `maxActiveSessions`; default `refuse`. Clowder's own. */
  readonly whenFull?: 'refuse' | 'end-idlest'
  /** What becomes of sessions while fewer members are in view than `quorum`; default `serve`. Clowder's own. */
  readonly whenMinority?: 'serve' | 'refuse'
  /** Replicate only attributes whose name matches fully; a Java regular expression. */
  readonly sessionAttributeNameFilter?: string
  /** Random bytes of a session id, default 16. SessionIdGenerator `sessionIdLength`. */
  readonly sessionIdLength?: number
}

/** Redis or Valkey: one server, or a cluster. */
export type StoreFileOptions = RedisFileOptions | RedisClusterFileOptions

export interface RedisFileOptions extends StoreFileRest {
  readonly kind: 'redis'
  /** `redis://HOST:PORT`, `rediss://` with TLS; may hold user, password and the number of a database. Never shown. */
  readonly url: string
}

export interface RedisClusterFileOptions extends StoreFileRest {
  readonly kind: 'redis-cluster'
  /** Of some nodes, which tell of the others; these are spoken to as the first one says: with its user and TLS. Never shown. */
  readonly urls: readonly string[]
}

interface StoreFileRest {
  /** Default that of the url, else none. */
  readonly username?: string
  /** Default that of the url, else none. Never shown. */
  readonly password?: string
  /** What all keys begin with; default `clowder:`. Different for applications that share a store. */
  readonly prefix?: string
  /** Longest wait for one answer; ms, default 1000. */
  readonly timeoutMs?: number
  /** What a request does whose session cannot be read: `fail` with status 503, or go on `without`; default `fail`. */
  readonly whenFails?: 'fail' | 'without'
  /** Calls that wait for their answers; more fail; default 10 000. */
  readonly maxCalls?: number
  /** Sessions whose changes wait for a store that has failed; default 10 000. */
  readonly maxUnsaved?: number
  /** Sessions of one user that are found; default 1000. */
  readonly maxUserSessions?: number
}

/** `<Membership>`: how members find each other (tomcat-cluster.md 1.4 to 1.6). */
export type MembershipFileOptions =
  | MulticastFileOptions
  | {
      readonly kind: 'static'
      /** Life of a member without news; ms, default 5000. */
      readonly expirationTimeMs?: number
      /** Limit of the connect that probes a member; ms, default 500. */
      readonly connectTimeoutMs?: number
    }
  | CloudFileOptions
  | DnsFileOptions
  | KubernetesFileOptions
  | SeedsFileOptions

export interface MulticastFileOptions {
  readonly kind: 'multicast'
  /** Group, default 228.0.0.4. */
  readonly address?: string
  /** Default 45564. */
  readonly port?: number
  /** Address of the interface; default the system's choice. */
  readonly bind?: string
  /** Between announcements; ms, default 500. */
  readonly frequencyMs?: number
  /** Silence after which a member is gone; ms, default 3000. */
  readonly dropTimeMs?: number
  /** 0 to 255; default 1. */
  readonly ttl?: number
  /** Default empty. */
  readonly domain?: Uint8Array
  /** Members on one host do not hear each other; default false. */
  readonly localLoopbackDisabled?: boolean
  /** Open the socket again after errors; default true. */
  readonly recoveryEnabled?: boolean
  /** Errors in a row until then; default 10. */
  readonly recoveryCounter?: number
  /** Between tries to open it; ms, default 5000. */
  readonly recoverySleepMs?: number
}

/** CloudMembershipService: everything else stands in the environment, as with Tomcat. */
export interface CloudFileOptions {
  readonly kind: 'cloud'
  readonly provider: 'kubernetes' | 'dns'
  /** For a question to Kubernetes, together; ms, default 1000 each. */
  readonly connectTimeoutMs?: number
  readonly readTimeoutMs?: number
}

/** All addresses of a name, or the targets of its SRV records. */
export interface DnsFileOptions {
  readonly kind: 'dns'
  readonly name: string
  /** Default false. */
  readonly srv?: boolean
  /** Of all members, without `srv`; default this node's. */
  readonly port?: number
  /** Between look-ups; ms, default 5000. */
  readonly intervalMs?: number
  /** For one look-up; ms, default 2000. */
  readonly timeoutMs?: number
}

/** The endpoints of a service, or the pods of a namespace. */
export interface KubernetesFileOptions {
  readonly kind: 'kubernetes'
  /** Default none: pods are listed. */
  readonly service?: string
  /** Default all. */
  readonly labelSelector?: string
  /** Default that of the service account. */
  readonly namespace?: string
  /** Of all members; default this node's. */
  readonly port?: number
  /** Name of a port of the service, in place of `port`. */
  readonly portName?: string
  /** Default the cluster's own. */
  readonly apiUrl?: string
  /** Default that of the service account. */
  readonly tokenFile?: string
  /** Default that of the service account. */
  readonly caFile?: string
  /** Between questions; ms, default 5000. */
  readonly intervalMs?: number
  /** For one question; ms, default 2000. */
  readonly timeoutMs?: number
}

/** Some members, of whom a newcomer learns the rest. */
export interface SeedsFileOptions {
  readonly kind: 'seeds'
  readonly seeds: readonly { readonly host: string; readonly port: number }[]
}

/** `<Receiver>` (tomcat-cluster.md 1.8). */
export interface ReceiverFileOptions {
  /** Address to bind and to tell the others; default `auto`, the first address of the host's name. */
  readonly address?: string
  /** First port to try, default 4000. */
  readonly port?: number
  /** Ports to try, upwards; default 100, less than 1 means 1. */
  readonly autoBind?: number
}

/** `<Transport>` below `<Sender>` (tomcat-cluster.md 1.7). */
export interface SenderFileOptions {
  /** For one send with its acknowledgements; ms, default 3000. */
  readonly timeoutMs?: number
  /** Further attempts per destination, default 1. */
  readonly maxRetryAttempts?: number
  /** Close a socket after this many messages; -1 = never, default -1. */
  readonly keepAliveCount?: number
  /** Close a socket this long after its connect; ms, -1 = never, default -1. */
  readonly keepAliveTimeMs?: number
  /** Treat a negative acknowledgement as a failure; default true. */
  readonly throwOnFailedAck?: boolean
}

/** One `<Interceptor>`, told apart by the last part of its class name (tomcat-cluster.md 1.9). */
export type InterceptorFileOptions =
  | {
      readonly name: 'TcpFailureDetector'
      /** Limit of the probing connect; ms, default 1000. */
      readonly connectTimeoutMs?: number
      /** Write the probe frame; default true. */
      readonly performSendTest?: boolean
      /** Ask for an acknowledgement of the probe; default false. */
      readonly performReadTest?: boolean
      /** Limit of that read; ms, default 5000. */
      readonly readTestTimeoutMs?: number
      /** Forget a suspicion after this time; ms, 0 or less = keep, default 300 000. In seconds. */
      readonly removeSuspectsTimeoutMs?: number
    }
  | {
      readonly name: 'MessageDispatchInterceptor'
      /** Sum of the queued bodies, default 67 108 864. */
      readonly maxQueueBytes?: number
      /** Full queue: send in the caller's turn (true) or fail (false); default true. */
      readonly alwaysSend?: boolean
    }
  | { readonly name: 'StaticMembershipInterceptor' }
  | LayerFileOptions

/** Layers that a program can add; those that change messages have to be the same on all members. */
export type LayerFileOptions =
  | {
      readonly name: 'EncryptInterceptor'
      /** 16, 24 or 32 bytes in hex; several separated by commas: the first encrypts, all decrypt. */
      readonly encryptionKey: string
      /** `AES/GCM/NoPadding`, and no other. */
      readonly encryptionAlgorithm?: string
      /** Accepted difference of clocks; ms, default 10 000. */
      readonly replayWindowTimeMs?: number
      /** Remembered nonces; default 8192. */
      readonly replayWindowMessageCount?: number
    }
  | {
      readonly name: 'GzipInterceptor'
      /** Compress only larger bodies; bytes, default 0. */
      readonly compressionMinSize?: number
      /** Bit of compressed messages; default 256. */
      readonly optionFlag?: number
    }
  | {
      readonly name: 'FragmentationInterceptor'
      /** Largest body in one piece; bytes, default 102 400. */
      readonly maxSize?: number
      /** Incomplete sets are dropped; ms, default 60 000. */
      readonly expireMs?: number
    }
  | {
      readonly name: 'OrderInterceptor'
      /** How long a gap is waited for; ms, default 3000. */
      readonly expireMs?: number
      /** Deliver messages behind a gap, or drop them; default true. */
      readonly forwardExpired?: boolean
      /** Messages that may wait per member; default 10 000. */
      readonly maxQueue?: number
    }
  | {
      readonly name: 'TwoPhaseCommitInterceptor'
      /** Uncommitted messages are dropped; ms, default 60 000. */
      readonly expireMs?: number
    }
  | {
      readonly name: 'DomainFilterInterceptor'
      /** Default: this node's own. */
      readonly domain?: Uint8Array
    }
  | {
      readonly name: 'ThroughputInterceptor'
      /** Report every so many messages; default 10 000. */
      readonly interval?: number
    }
  | {
      readonly name: 'TcpPingInterceptor'
      /** Pause between pings with useThread; ms, default 1000. */
      readonly intervalMs?: number
      /** Ping at `intervalMs` rather than with each heartbeat; default false. */
      readonly useThread?: boolean
    }
  | { readonly name: 'NonBlockingCoordinator' }

/** `<Member>`: another node (tomcat-cluster.md 1.5). */
export interface StaticMemberFileOptions {
  /** Name or address. */
  readonly host: string
  readonly port: number
  /** Exactly 16 bytes. */
  readonly uniqueId: Uint8Array
  /** Default empty. */
  readonly domain?: Uint8Array
}

/** `<LocalMember>`: this node; its address is the receiver's. */
export interface LocalMemberFileOptions {
  readonly uniqueId: Uint8Array
  readonly domain?: Uint8Array
}

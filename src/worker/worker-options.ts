/**
 * What `createWorker` takes: what a server.xml can say (`options.ts`), most of it optional, and the app. `resolveOptions`
 * fills and checks what the worker itself acts on; what concerns sessions and cluster is filled and checked in their rooms.
 */
import { isLoopback } from '../addresses/index.ts'
import { type Clock, systemClock } from '../clock/clock.ts'
import type { EncryptionOptions } from '../cluster/index.ts'
import type { SessionManager } from '../session/index.ts'
import type { AdminEndpointOptions } from './admin-endpoint.ts'
import type { AjpEndpointOptions } from './ajp-endpoint.ts'
import { WorkerError } from './errors.ts'
import type { HttpEndpointOptions } from './http-endpoint.ts'
import type { App } from './load-app.ts'
import type {
  ClusterFileOptions,
  ConnectorFileOptions,
  ManagerFileOptions,
  SessionFileOptions,
  StaticMemberFileOptions,
} from './options.ts'
import { storeProblems } from './session-store.ts'

/** What an app's set-up function is told of the worker it runs in. */
export interface WorkerContext {
  readonly name: string
  /** What the worker appends to session ids; empty without one. */
  readonly route: string
  /** All sessions of the app, also those that no request is using. */
  readonly sessions: SessionManager
}

export interface WorkerOptions {
  /** The app, or the path of its module, relative to the current folder. */
  readonly app: App<WorkerContext> | string
  /** Default `worker`. */
  readonly name?: string
  /** Appended to session ids after a dot, for the balancer; default none. */
  readonly jvmRoute?: string
  /**
   * Where to listen; at least one. What differs from Tomcat with `http`: idle connections are closed only where
   * `keepAliveTimeoutMs` says so, and are used for any number of requests unless `maxKeepAliveRequests` limits it;
   * `connectionTimeoutMs` counts for request heads alone. An `ajp` connector needs a `secret`, unless `secretRequired` is
   * false.
   */
  readonly connectors: readonly WorkerConnectorOptions[]
  /** Absent: no cluster, sessions stay in this process. */
  readonly cluster?: ClusterOptions
  readonly session?: SessionFileOptions
  /**
   * A port of loopback on which `clowder cluster` reads what the worker knows of its cluster; default none. Not to be passed
   * on by a proxy: see `admin-endpoint.ts`.
   */
  readonly admin?: AdminOptions
  /** Longest wait for what is in flight at a stop; ms, default 10 000. Then it is cut. */
  readonly stopGraceMs?: number
  readonly clock?: Clock
}

export interface AdminOptions {
  /** Default 127.0.0.1; nothing beyond loopback. */
  readonly address?: string
  /** 0 = any free port. */
  readonly port: number
}

/** A `<Connector>` of a server.xml, and what must be written out elsewhere. */
export interface WorkerConnectorOptions extends ConnectorFileOptions {
  /**
   * With ajp: listen beyond loopback without a secret, although whoever reaches the port can pose as any user and any
   * address. Default false.
   */
  readonly insecure?: boolean
}

/** The `<Cluster>` of a server.xml; what is left out has Tomcat's default, except that the receiver listens on loopback. */
export interface ClusterOptions extends Partial<Omit<ClusterFileOptions, 'staticMembers'>> {
  /** Other nodes, at the addresses of their receivers. */
  readonly staticMembers?: readonly ClusterMemberOptions[]
  /** Encrypts and authenticates everything between members; before an EncryptInterceptor of the file. Default none. */
  readonly encryption?: EncryptionOptions
  /**
   * Lets the receiver listen beyond loopback although no key protects it: whoever reaches the port can read and write
   * all sessions. Default false.
   */
  readonly insecure?: boolean
}

export type ClusterMemberOptions = Omit<StaticMemberFileOptions, 'uniqueId'> & { readonly uniqueId?: Uint8Array }

export interface ResolvedWorkerOptions {
  readonly app: App<WorkerContext> | string
  readonly name: string
  readonly route: string
  readonly endpoints: readonly EndpointOptions[]
  /** Undefined also where the file has a cluster that does not replicate. */
  readonly cluster: ClusterOptions | undefined
  readonly session: SessionFileOptions
  readonly admin: AdminEndpointOptions | undefined
  readonly stopGraceMs: number
  readonly clock: Clock
}

export type EndpointOptions =
  | { readonly protocol: 'http'; readonly http: HttpEndpointOptions }
  | { readonly protocol: 'ajp'; readonly ajp: AjpEndpointOptions }

const DEFAULT_HEAD_TIMEOUT_MS = 60_000
const DEFAULT_MAX_CONNECTIONS = 8192
const DEFAULT_HEAD_BYTES = 8192
const DEFAULT_BACKLOG = 100
const DEFAULT_STOP_GRACE_MS = 10_000
/** A name is one word of a ready line. */
const NAME = /^[\w.-]{1,64}$/

/** Throws WORKER_OPTIONS with everything that is wrong. */
export function resolveOptions(options: WorkerOptions): ResolvedWorkerOptions {
  const problems: string[] = []
  const name = options.name ?? 'worker'
  if (!NAME.test(name)) problems.push(`name ${JSON.stringify(name)} must be 1 to 64 letters, digits, ".", "_" or "-"`)
  if (options.connectors.length === 0) problems.push('connectors is empty: the worker would listen nowhere')
  const endpoints = options.connectors.map((connector, index) => resolveConnector(connector, index, problems))
  const admin = options.admin === undefined ? undefined : resolveAdmin(options.admin, problems)
  const stopGraceMs = options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS
  problems.push(...managerProblems(options.cluster?.manager))
  if (!(stopGraceMs >= 0)) problems.push(`stopGraceMs must be 0 or more, not ${stopGraceMs}`)
  if (problems.length > 0) throw new WorkerError('WORKER_OPTIONS', problems.join('; '))
  return Object.freeze({
    app: options.app,
    name,
    route: options.jvmRoute ?? '',
    endpoints,
    cluster: options.cluster?.replicate === false ? undefined : options.cluster,
    session: options.session ?? {},
    admin,
    stopGraceMs,
    clock: options.clock ?? systemClock,
  })
}

function managerProblems(manager: ManagerFileOptions | undefined): string[] {
  const store = manager?.store
  if ((manager?.kind === 'persistent') !== (store !== undefined))
    return ['cluster.manager of kind persistent needs a store, and only that has one']
  return store === undefined ? [] : storeProblems(store).map((problem) => `cluster.manager.store.${problem}`)
}

function resolveAdmin({ address = '127.0.0.1', port }: AdminOptions, problems: string[]): AdminEndpointOptions {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`admin.port is ${port}, not 0 to 65535`)
  if (!isLoopback(address)) problems.push(`admin.address is ${address}, which is beyond loopback; use an SSH tunnel`)
  return { host: address, port }
}

function resolveConnector(given: WorkerConnectorOptions, index: number, problems: string[]): EndpointOptions {
  const at = `connectors[${index}]`
  const { port } = given
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`${at}.port is ${port}, not 0 to 65535`)
  return given.protocol === 'ajp'
    ? { protocol: 'ajp', ajp: ajpEndpoint(given, at, problems) }
    : { protocol: 'http', http: httpEndpoint(given, at, problems) }
}

function httpEndpoint(given: ConnectorFileOptions, at: string, problems: string[]): HttpEndpointOptions {
  const maxHeadBytes = given.maxHeaderBytes ?? DEFAULT_HEAD_BYTES
  if (!(maxHeadBytes > 0)) problems.push(`${at}.maxHeaderBytes must be above 0, not ${maxHeadBytes}`)
  return {
    host: given.address,
    port: given.port,
    headTimeoutMs: limit(given.connectionTimeoutMs, DEFAULT_HEAD_TIMEOUT_MS),
    keepAliveTimeoutMs: limit(given.keepAliveTimeoutMs, 0),
    requestsPerConnection: limit(given.maxKeepAliveRequests, 0),
    maxConnections: limit(given.maxConnections, DEFAULT_MAX_CONNECTIONS),
    backlog: given.acceptCount ?? DEFAULT_BACKLOG,
    maxHeadBytes,
  }
}

/** What is not for an AJP connector is left out; the connector room has the defaults, and checks the rest. */
function ajpEndpoint(given: WorkerConnectorOptions, at: string, problems: string[]): AjpEndpointOptions {
  const { protocol, maxKeepAliveRequests, maxHeaderBytes, allowedRequestAttributesPattern: pattern, ...options } = given
  if (pattern === undefined || pattern === '') return options
  try {
    // With this flag classes nest and intersect as in Java; the config room reads the pattern so, too.
    return { ...options, allowedRequestAttributesPattern: new RegExp(pattern, 'v') }
  } catch {
    problems.push(`${at}.allowedRequestAttributesPattern ${JSON.stringify(pattern)} is no regular expression`)
    return options
  }
}

/** Tomcat writes -1 for "no limit", node:http 0. */
function limit(value: number | undefined, byDefault: number): number {
  return value === undefined ? byDefault : Math.max(0, value)
}

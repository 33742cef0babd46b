/**
 * A worker runs one Node app as a Tomcat runs a web application: it listens for the balancer, gives the app HTTP sessions
 * that live on all nodes of a cluster, and starts and stops so that no request and no session is lost. Everything can be
 * said in a server.xml (read by the config room) or as options; what is left out has Tomcat's default.
 *
 * @example
 * const worker = createWorker({
 *   name: 'worker1',
 *   jvmRoute: 'worker1',
 *   connectors: [{ protocol: 'http', address: '127.0.0.1', port: 8091 }],
 *   cluster: { receiver: { port: 4000 }, staticMembers: [{ host: '127.0.0.1', port: 4001 }] },
 *   app: (request, response) => response.end('hello'),
 * })
 * await worker.start()
 */
export { CLUSTER_PATH } from './admin-endpoint.ts'
export type {
  ChannelStatus,
  ClusterStatus,
  MemberStatus,
  SessionsStatus,
  TrafficStatus,
  TransferStatus,
} from './cluster-status.ts'
export { WorkerError, type WorkerErrorCode, workerErrors } from './errors.ts'
export type { WorkerEvent, WorkerListener } from './events.ts'
export { findHome } from './home.ts'
export { type App, type AppSetup, describeThrown, type RequestHandler } from './load-app.ts'
export type * from './options.ts'
export type { ConnectorFacts, WorkerSnapshot, WorkerState } from './snapshot.ts'
export { softwareVersion } from './software.ts'
export { createWorker, type Worker, type WorkerAddress, type WorkerAddresses } from './worker.ts'
export type {
  AdminOptions,
  ClusterMemberOptions,
  ClusterOptions,
  WorkerConnectorOptions,
  WorkerContext,
  WorkerOptions,
} from './worker-options.ts'

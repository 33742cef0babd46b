/**
 * The balancer: takes HTTP requests, finds the worker they are mounted on, keeps sessions on their member, goes to
 * another one where that is safe, and brings the answer back. It has its own HTTP/1.1 engine on sockets; everything it
 * decides is decided by pure functions over plain values. It knows nothing of clusters and sessions beyond the route
 * behind the first dot of a session id.
 */
export { type Balancer, type BalancerHooks, createBalancer } from './balancer.ts'
export { judgeOptions, type OverlayEntry, type OverlayVerdict } from './edit-overlay.ts'
export type {
  BackendSettings,
  Change,
  Edit,
  Editor,
  EditProblem,
  EditReason,
  EditResult,
  LbSettings,
  MemberSettings,
} from './edit-types.ts'
export { formatChange, formatEditor, formatProblem } from './edit-words.ts'
export { BalancerError, type BalancerErrorCode, balancerErrors } from './errors.ts'
export { DEFAULT_LOG_LEVEL, type EventLogOptions, type LogLevel, logged } from './event-log.ts'
export type { BalancerEvent } from './events.ts'
export type {
  AccessRule,
  Activation,
  BalancerOptions,
  EndpointWorkerOptions,
  FrontLimits,
  FrontTimeouts,
  LbMethod,
  LbWorkerOptions,
  ListenOptions,
  MountRule,
  StatusWorkerOptions,
  VirtualHostOptions,
  WorkerOptions,
} from './options.ts'
export type { StatusAnswer, StatusPage, StatusRequest } from './serve-status.ts'
export type * from './snapshot.ts'

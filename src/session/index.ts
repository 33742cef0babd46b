/**
 * HTTP sessions that live in the memory of the nodes of a cluster and outlive the node that made them. A session is a map
 * of versioned attributes: nodes tell each other only what changed, and copies that have heard the same agree, whatever
 * was late, lost or doubled on the way. Knows nothing of HTTP: cookies and requests are the adapters' business.
 */
export { type Binding, bindRoute } from './binder.ts'
export type { DelaySnapshot } from './delay.ts'
export { SessionError, type SessionErrorCode, sessionErrors } from './errors.ts'
export type { ListenOptions, Origin, SessionEvent, SessionListener } from './events.ts'
export { createSessionManager, SessionManager } from './manager.ts'
export { SESSION_FORMATS } from './message.ts'
export { BackupManager, DeltaManager } from './named-managers.ts'
export {
  type FullPolicy,
  type ManagerKind,
  type MinorityPolicy,
  SEND_MODES,
  type SendMode,
  type SessionLimits,
  type SessionManagerOptions,
  type StoreFailurePolicy,
} from './options.ts'
export type { SessionStore } from './persistent/store.ts'
export { type ReservedName, reservedName, type Session, type SessionValues } from './session.ts'
export { SessionCopy } from './session-copy.ts'
export { formatSessionId, isRoute, type PresentedId, parseSessionId } from './session-id.ts'
export type {
  ManagerCounts,
  ManagerSnapshot,
  MemberSnapshot,
  RoleCounts,
  TrafficCounts,
  TransferSnapshot,
} from './snapshot.ts'
export type { IndexedUsers, UserDirectory } from './user-directory.ts'
export { UserIndex, type UserIndexOptions } from './user-index.ts'
export { Visit } from './visit.ts'

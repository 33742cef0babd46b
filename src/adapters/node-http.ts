/**
 * `clowder/session`: HTTP sessions for plain `node:http` programs, and everything of the session room that programs need.
 * A handler gets `req.session` and `req.sessionID` as if they belonged to Node. Frameworks have entries of their own.
 */
import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { SessionManager } from '../session/index.ts'
import type { HttpSession } from './http-session.ts'
import { type HttpSessionOptions, type ResolvedHttpSessionOptions, resolveOptions } from './options.ts'
import { attachSession, isAttached } from './request-context.ts'

export type { Clock } from '../clock/clock.ts'
export {
  BackupManager,
  createSessionManager,
  type DelaySnapshot,
  DeltaManager,
  type FullPolicy,
  type ListenOptions,
  type ManagerCounts,
  type ManagerKind,
  type ManagerSnapshot,
  type MemberSnapshot,
  type MinorityPolicy,
  type Origin,
  type RoleCounts,
  SEND_MODES,
  type SendMode,
  type Session,
  SessionError,
  type SessionErrorCode,
  type SessionEvent,
  type SessionLimits,
  type SessionListener,
  type SessionManager,
  type SessionManagerOptions,
  type SessionStore,
  type StoreFailurePolicy,
  sessionErrors,
  type TrafficCounts,
  type TransferSnapshot,
  UserIndex,
  type UserIndexOptions,
  type Visit,
} from '../session/index.ts'
export { AdapterError, type AdapterErrorCode, adapterErrors } from './errors.ts'
export type { HttpSession, HttpSessionMethods, SessionCallback } from './http-session.ts'
export type { CookieOptions, HttpSessionOptions } from './options.ts'
export type { CookieAttributes, Priority, SameSite, SessionCookie } from './session-cookie.ts'
export type { Secret } from './signed-id.ts'
export type { TrustProxy } from './trust-proxy.ts'

/**
 * What the application keeps in its sessions. Declare it once, and `req.session` has types everywhere.
 *
 * @example
 * declare module 'clowder/session' {
 *   interface SessionData {
 *     user: { id: string }
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it
export interface SessionData {}

declare module 'http' {
  interface IncomingMessage {
    /** Undefined after `destroy`, and where no session middleware has run. */
    session: HttpSession<SessionData>
    /** As in the cookie, with the route of this node. */
    sessionID: string
  }
}

/** A request whose session holds `Data`, where an application has more than one kind. */
export type RequestWith<Data> = IncomingMessage & { session: HttpSession<Data> }

export interface HttpSessions {
  readonly manager: SessionManager
  /** Resolves when the manager has the sessions of the other nodes. */
  readonly ready: Promise<void>
  /**
   * Gives a request its session: `req.session` and `req.sessionID`. Call it before anything is written. Where it returns a
   * promise, the session is on its way from another node or a store: go on when it is here. It never rejects, except where a
   * store fails and `whenStoreFails` is `fail`.
   */
  attach(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined
  /**
   * For the `upgrade` event of a server: gives a WebSocket's request its session, when the promise resolves.
   * There is no response, so no cookie can be sent and nothing is committed at an end: `save` tells the other
   * nodes what was written, and `touch` with `save` keeps the session alive while the socket is open. Rejects where a
   * store fails.
   */
  handshake(request: IncomingMessage): Promise<void>
  /** Stops the manager, if it was made from these options. */
  close(): Promise<void>
}

/** For programs that call `attach` themselves, such as adapters for frameworks. Throws ADAPTER_OPTIONS. */
export function httpSessions(options: HttpSessionOptions = {}): HttpSessions {
  const resolved = resolveOptions(options)
  const { manager, ready, close } = resolved
  const handshake = async (request: IncomingMessage): Promise<void> => {
    // A response that never goes anywhere.
    await attachSession(request, new ServerResponse(request), resolved)
    // It counts as use, which nobody else would tell of.
    await (request.session as HttpSession<SessionData> | undefined)?.save()
  }
  return { manager, ready, attach: attacher(options, resolved), handshake, close }
}

/**
 * Wraps a request handler. What the handler returns is passed on, so that whoever calls the listener hears of an async
 * one that rejects. A worker does; for a plain server of Node it is an unhandled rejection, as without us.
 *
 * @example
 * createServer(sessions((req, res) => {
 *   req.session.count = (req.session.count ?? 0) + 1
 *   res.end(`${req.session.count}\n`)
 * }))
 */
export function sessions<Data = SessionData>(
  handler: (request: RequestWith<Data>, response: ServerResponse) => unknown,
  options: HttpSessionOptions = {},
): RequestListener {
  const attach = attacher(options, resolveOptions(options))
  return (request, response) => {
    const loading = attach(request, response)
    if (loading === undefined) return handler(request as RequestWith<Data>, response)
    return loading.then(
      () => handler(request as RequestWith<Data>, response),
      () => unavailable(response),
    )
  }
}

/** The store fails, and there is no framework to be told so. */
function unavailable(response: ServerResponse): void {
  response.writeHead(503, { 'Content-Type': 'text/plain', 'Retry-After': '1' }).end('Service Unavailable\n')
}

/** Without options of its own it leaves alone what a worker has attached with the options of its file. */
function attacher(given: HttpSessionOptions, resolved: ResolvedHttpSessionOptions): HttpSessions['attach'] {
  const yields = Object.keys(given).length === 0
  return (request, response) => attachSession(request, response, yields && isAttached(response) ? undefined : resolved)
}

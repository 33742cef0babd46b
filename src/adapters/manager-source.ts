/** Which session manager an adapter works with: one that it was given, the worker's, or one of its own. */
import { createSessionManager, type SessionManager, type SessionManagerOptions } from '../session/index.ts'

export interface ManagerSource {
  readonly manager: SessionManager
  /** Resolves when the manager is ready; at once for one that was given. */
  readonly ready: Promise<void>
  /** Stops the manager if it was made here; one that was given is its owner's business. */
  readonly close: () => Promise<void>
}

/** Of a manager that nobody else can see. */
const LONE_NAME = 'sessions'

const WORKER = Symbol.for('clowder.worker')

/** `maxInactiveMs`: idle time of the sessions of a manager that is made here, where its options say nothing of it. */
export function resolveManager(
  option: SessionManager<object> | SessionManagerOptions | undefined,
  maxInactiveMs: number | undefined,
): ManagerSource {
  const given = option ?? workerOfThisProcess()?.sessions
  if (given !== undefined && isManager(given)) {
    // What its sessions hold the application knows; here every name is as good.
    return { manager: given as SessionManager, ready: Promise.resolve(), close: () => Promise.resolve() }
  }
  const maxInactive = maxInactiveMs === undefined ? {} : { maxInactiveIntervalMs: maxInactiveMs }
  const manager = createSessionManager({ ...maxInactive, ...(given ?? { name: LONE_NAME }) })
  return { manager, ready: manager.start(), close: () => manager.stop() }
}

function isManager(given: SessionManager<object> | SessionManagerOptions): given is SessionManager<object> {
  return 'visit' in given
}

/** Where a clowder worker leaves its sessions for the app that it runs, whichever copy of clowder the app has loaded. */
function workerOfThisProcess(): { readonly sessions: SessionManager } | undefined {
  return (globalThis as { [WORKER]?: { readonly sessions: SessionManager } })[WORKER]
}

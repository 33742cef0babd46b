/**
 * `req.session`: an object per request over the session that all requests of the process share. Properties are the
 * session's attributes, so reading, setting, deleting, listing and spreading work as on any object; methods are those of
 * express-session. What the response has to do with it is in `request-context.ts`.
 */
import { inspect } from 'node:util'
import { type Session, SessionError, type Visit } from '../session/index.ts'
import type { SessionCookie } from './session-cookie.ts'

export type SessionCallback = (error?: unknown) => void

/** What every `req.session` can do, whatever its data. Each returns a promise if no callback is given. */
export interface HttpSessionMethods {
  /** With the route of this node, as in the cookie. */
  readonly id: string
  /** Attributes of the cookie; setting one makes it this session's own and sends the cookie again. */
  get cookie(): SessionCookie
  set cookie(cookie: Partial<SessionCookie>)
  /** Ends the session on all nodes and puts an empty one with a new id in its place. For logging in. */
  regenerate(): Promise<void>
  regenerate(callback: SessionCallback): this
  /** Gives the session a new id and keeps its data; the old id is dead. For logging in while keeping a cart. */
  changeId(): Promise<void>
  changeId(callback: SessionCallback): this
  /** Ends the session on all nodes; `req.session` is undefined from then on. */
  destroy(): Promise<void>
  destroy(callback: SessionCallback): this
  /** Tells the other nodes, or the store, now what changed, not at the end of the request. Rejects where the store fails. */
  save(): Promise<void>
  save(callback: SessionCallback): this
  /**
   * Puts a fresh object in place of `req.session`; fails with SESSION_GONE if the session has ended. Seldom needed: all
   * requests see each other's changes, and those that arrive from other nodes, at once.
   */
  reload(): Promise<void>
  reload(callback: SessionCallback): this
  /** Counts as use of the session: its idle time begins anew. Every request does so anyway. */
  touch(): this
  resetMaxAge(): this
}

export type HttpSession<Data> = HttpSessionMethods & Partial<Data>

/** What the methods need of the request; see `request-context.ts`. */
export interface SessionHost {
  /** The present one; that of an object which was replaced is another. */
  readonly visit: Visit
  readonly cookie: SessionCookie
  idOf(visit: Visit): string
  /** Something was written and there is a session now. */
  created(): void
  regenerate(): Promise<void> | undefined
  changeId(): Promise<void> | undefined
  destroy(): Promise<void> | undefined
  /** False when the session has ended. */
  reload(): boolean | Promise<boolean>
  touch(): void
}

/** Names that are not the application's. */
const RESERVED = new Set([
  'id',
  'cookie',
  'regenerate',
  'changeId',
  'destroy',
  'save',
  'reload',
  'touch',
  'resetMaxAge',
  '__proto__',
  'constructor',
])

/** Through this the methods find the target behind the proxy that they are called on. */
const TARGET = Symbol('target')

/**
 * The target of the proxy. Its prototype is where the methods are; itself it has no property, so the proxy may say what
 * it likes of its own.
 */
class SessionObject implements HttpSessionMethods {
  readonly #host: SessionHost
  readonly #visit: Visit

  constructor(host: SessionHost, visit: Visit) {
    this.#host = host
    this.#visit = visit
  }

  /** For the target only, not for its proxy. */
  static host(target: SessionObject): SessionHost {
    return target.#host
  }

  static visit(target: SessionObject): Visit {
    return target.#visit
  }

  declare readonly [TARGET]: SessionObject

  get id(): string {
    const target = this[TARGET]
    return target.#host.idOf(target.#visit)
  }

  get cookie(): SessionCookie {
    return this[TARGET].#host.cookie
  }
  set cookie(cookie: Partial<SessionCookie>) {
    this[TARGET].#host.cookie.assign(cookie)
  }

  regenerate(): Promise<void>
  regenerate(callback: SessionCallback): this
  regenerate(callback?: SessionCallback): Promise<void> | this {
    return answer(this, callback, this[TARGET].#host.regenerate())
  }

  changeId(): Promise<void>
  changeId(callback: SessionCallback): this
  changeId(callback?: SessionCallback): Promise<void> | this {
    return answer(this, callback, this[TARGET].#host.changeId())
  }

  destroy(): Promise<void>
  destroy(callback: SessionCallback): this
  destroy(callback?: SessionCallback): Promise<void> | this {
    return answer(this, callback, this[TARGET].#host.destroy())
  }

  save(): Promise<void>
  save(callback: SessionCallback): this
  save(callback?: SessionCallback): Promise<void> | this {
    const visit = this[TARGET].#visit
    const committed = visit.commit()
    const { refused } = visit
    return answer(this, callback, refused === undefined ? stored(committed, visit.session) : Promise.reject(refused))
  }

  reload(): Promise<void>
  reload(callback: SessionCallback): this
  reload(callback?: SessionCallback): Promise<void> | this {
    const { id } = this
    const check = (isThere: boolean): void => {
      if (!isThere) throw new SessionError('SESSION_GONE', `session ${id} has ended`)
    }
    return answer(this, callback, Promise.resolve(this[TARGET].#host.reload()).then(check))
  }

  touch(): this {
    this[TARGET].#host.touch()
    return this
  }

  resetMaxAge(): this {
    return this.touch()
  }

  /** For console.log, which looks behind proxies. */
  [inspect.custom](): unknown {
    const visit = this[TARGET].#visit
    return { id: this.id, ...Object.fromEntries(visit.names().map((name) => [name, visit.peek(name)])) }
  }
}

/** Callbacks are called later, never while the method runs; promises reject, callbacks get the error. */
function answer<T>(
  session: T,
  callback: SessionCallback | undefined,
  settled: Promise<void> = Promise.resolve(),
): Promise<void> | T {
  if (callback === undefined) {
    // Who does not wait for it, as apps of express-session do, is not ended by an unhandled rejection: a store that fails and
    // a value that is refused are events as well.
    settled.catch(() => {})
    return settled
  }
  // Not inside the promise: what the callback throws is its caller's affair, not an unhandled rejection.
  void settled.then(
    () => process.nextTick(callback, undefined),
    (error: unknown) => process.nextTick(callback, error),
  )
  return session
}

/** What was committed, or not: rejects where a store has not taken it. */
export function stored(settled: Promise<void> | undefined, session: Session | undefined): Promise<void> | undefined {
  if (settled === undefined || session === undefined) return settled
  return settled.then(() => {
    if (session.unsaved !== undefined) throw session.unsaved
  })
}

/** One for all requests; the state is in the target. */
const handler: ProxyHandler<SessionObject> = {
  get(target, name, receiver) {
    if (name === TARGET) return target
    if (typeof name === 'string' && !RESERVED.has(name)) {
      const value = SessionObject.visit(target).get(name)
      if (value !== undefined) return value
    }
    return Reflect.get(target, name, receiver)
  },

  set(target, name, value, receiver) {
    if (name === 'cookie') return Reflect.set(target, name, value, receiver)
    const [host, visit] = [SessionObject.host(target), SessionObject.visit(target)]
    if (visit.session !== undefined) {
      visit.set(attributeName(name), value)
    } else if (visit === host.visit) {
      visit.set(attributeName(name), value)
      host.created()
    }
    return true
  },

  has(target, name) {
    return (typeof name === 'string' && SessionObject.visit(target).has(name)) || Reflect.has(target, name)
  },

  deleteProperty(target, name) {
    if (typeof name === 'string' && !RESERVED.has(name)) SessionObject.visit(target).delete(name)
    return true
  },

  ownKeys(target) {
    return SessionObject.visit(target).names()
  },

  getOwnPropertyDescriptor(target, name) {
    const visit = SessionObject.visit(target)
    if (typeof name !== 'string' || !visit.has(name)) return undefined
    return { value: visit.peek(name), writable: true, enumerable: true, configurable: true }
  },

  defineProperty(target, name, descriptor) {
    return 'value' in descriptor && handler.set!(target, name, descriptor.value, target)
  },

  preventExtensions() {
    return false
  },
}

function attributeName(name: string | symbol): string {
  if (typeof name === 'string' && !RESERVED.has(name)) return name
  throw new SessionError('SESSION_NAME', `${String(name)} cannot be a session attribute`, { attribute: String(name) })
}

export function createHttpSession<Data>(host: SessionHost, visit: Visit): HttpSession<Data> {
  return new Proxy(new SessionObject(host, visit), handler) as unknown as HttpSession<Data>
}

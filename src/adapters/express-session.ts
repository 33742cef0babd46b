/**
 * `clowder/express-session`: a store for apps that stay with express-session: `store: new ClowderStore()`. Sessions live in
 * clowder's memory on all nodes. express-session loads a session when a request begins and hands back the whole of it at
 * the end; the store finds out what the request has changed and writes only that, so two requests of one user do not
 * undo each other's changes.
 */
import { hash } from 'node:crypto'
import expressSession, { type SessionData } from 'express-session'
import {
  reservedName,
  type Session,
  SessionCopy,
  SessionError,
  type SessionManager,
  type SessionManagerOptions,
  type UserDirectory,
  Visit,
} from '../session/index.ts'
import { stored } from './http-session.ts'
import { resolveManager } from './manager-source.ts'
import { type CookieFields, formatFields, parseFields } from './store-cookie.ts'

export { ClowderStore as default }

export interface ClowderStoreOptions {
  /**
   * Default: that of the worker which runs the app, else a new one that shares its sessions with nobody. Options make a
   * new one, and requests wait until it has the sessions of the other nodes.
   */
  readonly manager?: SessionManager<object> | SessionManagerOptions | undefined
}

type Callback<T = void> = (error?: unknown, result?: T) => void
type Request = Parameters<expressSession.Store['createSession']>[0]
type Values = Record<string, unknown>
type Listed = readonly [id: string, session: Session]
/** A stored session: express-session's types want a Cookie, stores hand out its fields. */
type Stored = SessionData & { id?: string }

/** Reserved attributes: the id as express-session made it, and the fields of the cookie. */
const ID = reservedName('express-session.id')
const COOKIE = reservedName('express-session.cookie')
/** Sessions that are read from a store together. */
const LOOKS_AT_ONCE = 64

/**
 * @example
 * app.use(session({ store: new ClowderStore({ manager: { name: 'shop', channel } }), secret, resave: false, saveUninitialized: false }))
 */
export class ClowderStore extends expressSession.Store {
  readonly manager: SessionManager
  /** Resolves when the manager has the sessions of the other nodes. */
  readonly ready: Promise<void>
  readonly #close: () => Promise<void>
  /** By the objects that requests work with. */
  readonly #copies = new WeakMap<object, SessionCopy>()

  constructor(options: ClowderStoreOptions = {}) {
    super()
    const { manager, ready, close } = resolveManager(options.manager, undefined)
    this.manager = manager
    this.ready = ready
    this.#close = close
  }

  /** Stops the manager, if it was made from the options. */
  close(): Promise<void> {
    return this.#close()
  }

  /** Undefined where there is no such session. Does not count as using it. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#answer(callback, () => this.#load(keyOf(sid), (session) => session && this.#show(session)))
  }

  /**
   * Writes what is different from what the request was given. A plain object that no request was given replaces all. A
   * session that was destroyed meanwhile stays destroyed.
   */
  override set(sid: string, values: SessionData, callback?: Callback): void {
    const key = keyOf(sid)
    const write = () => {
      const session = this.manager.open(key)
      if (session === undefined) return undefined
      const copy = this.#copies.get(values) ?? SessionCopy.replacing(session)
      const visit = this.manager.visit(session)
      const { cookie, ...attributes } = values as unknown as Values & { cookie?: CookieFields }
      try {
        writeFittingly(copy, visit, attributes)
        if (visit.getReserved(ID) === undefined) visit.setReserved(ID, sid)
        this.#writeCookie(visit, cookie)
      } catch (error) {
        // A value that is refused makes no session.
        if (!session.announced) void this.manager.destroy(session)
        throw error
      }
      this.#copies.set(values, copy)
      return stored(visit.commit(), session)
    }
    this.#answer(callback, () => this.#load(key, write))
  }

  /** The session's idle time begins anew, with what its cookie says now. */
  override touch(sid: string, values: SessionData, callback?: Callback): void {
    const touch = (session: Session | undefined) => {
      if (session === undefined) return undefined
      const visit = this.manager.visit(session)
      this.#writeCookie(visit, values.cookie as CookieFields | undefined)
      return stored(visit.commit(), session)
    }
    this.#answer(callback, () => this.#load(keyOf(sid), touch))
  }

  override destroy(sid: string, callback?: Callback): void {
    this.#answer(callback, () =>
      this.#load(keyOf(sid), (session) => session && stored(this.manager.destroy(session), session)),
    )
  }

  /**
   * All sessions of the cluster that came through such a store, each with its `id`. It, `length` and `clear` fail with
   * SESSION_STATE where the manager is of kind `backup`: no node knows all sessions.
   */
  override all(callback: (error: unknown, sessions?: SessionData[]) => void): void {
    this.#answer(callback, () =>
      this.#withAll((sessions) => sessions.map(([id, session]) => Object.assign(this.#show(session), { id }))),
    )
  }

  override length(callback: (error: unknown, length?: number) => void): void {
    this.#answer(callback, () => this.#withAll((sessions) => sessions.length))
  }

  /** Ends all sessions on all nodes. */
  override clear(callback?: Callback): void {
    this.#answer(callback, () =>
      this.#withAll(async (sessions) => {
        await Promise.all(sessions.map(([, session]) => stored(this.manager.destroy(session), session)))
      }),
    )
  }

  /** express-session makes the request's session of what `get` has found. */
  override createSession(request: Request, stored: SessionData): expressSession.Session & SessionData {
    const copy = this.#copies.get(stored)
    const session = super.createSession(request, stored)
    if (copy !== undefined) this.#copies.set(session, copy)
    return session
  }

  /** At once where the session is known, so that calls come into effect in their order. */
  #load<T>(key: string, use: (session: Session | undefined) => T | Promise<T>): T | Promise<T> {
    const session = this.manager.load(key)
    return session instanceof Promise ? session.then(use) : use(session)
  }

  #show(session: Session): Stored {
    const copy = SessionCopy.of(session)
    const fields = parseFields(new Visit(this.manager, session).getReserved(COOKIE), session.accessedMs)
    const stored = (fields === undefined ? copy.values : { ...copy.values, cookie: fields }) as unknown as Stored
    this.#copies.set(stored, copy)
    return stored
  }

  #writeCookie(visit: Visit, cookie: CookieFields | undefined): void {
    const { text, maxAgeMs } = formatFields(cookie, visit.getReserved(COOKIE), Date.now())
    visit.setReserved(COOKIE, text)
    visit.setMaxInactiveInterval(maxAgeMs ?? this.manager.maxInactiveIntervalMs)
  }

  /** At once where all sessions are here, as `#load`. */
  #withAll<T>(use: (sessions: readonly Listed[]) => T | Promise<T>): T | Promise<T> {
    const { users } = this.manager
    return users === undefined ? use(this.#list(this.manager.sessions())) : this.#listStored(users).then(use)
  }

  async #listStored(directory: UserDirectory): Promise<Listed[]> {
    if (directory.all === undefined) {
      throw new SessionError('SESSION_STATE', 'a node with a backup manager does not know all sessions')
    }
    const keys = new Set<string>()
    for await (const some of directory.all()) for (const key of some) keys.add(key)
    const listed: Listed[] = []
    const rest = [...keys]
    while (rest.length > 0) {
      const looked = await Promise.all(rest.splice(0, LOOKS_AT_ONCE).map((key) => this.manager.look(key)))
      // Two keys of one session that has just moved.
      listed.push(...this.#list(new Set(looked.flatMap((session) => session ?? []))))
    }
    return listed
  }

  #list(sessions: Iterable<Session>): Listed[] {
    const listed: Listed[] = []
    for (const session of sessions) {
      const id = new Visit(this.manager, session).getReserved(ID)
      if (typeof id === 'string' && this.#isUsable(session)) listed.push([id, session])
    }
    return listed
  }

  /** What was looked up in a store is; what is here may have run out. */
  #isUsable(session: Session): boolean {
    return this.manager.users !== undefined || this.manager.find(session.key) === session
  }

  /** Callbacks are called later, never while the method runs. */
  #answer<T>(callback: Callback<T> | undefined, run: () => T | undefined | Promise<T | undefined>): void {
    void this.ready.then(run).then(
      (result) => callback && setImmediate(callback, null, result),
      (error: unknown) => callback && setImmediate(callback, error),
    )
  }
}

/** Ids are what the app makes them (`genid`); the cluster's keys are 128 bits. */
function keyOf(sid: string): string {
  return hash('sha256', sid, 'hex').slice(0, 32).toUpperCase()
}

/**
 * What cannot be kept as it is, such as an instance of a class, is kept as JSON has it: that is what other stores do, and
 * what the app has lived with.
 */
function writeFittingly(copy: SessionCopy, visit: Visit, values: Values): void {
  try {
    copy.write(visit, values)
  } catch (error) {
    const name = error instanceof SessionError && error.code === 'SESSION_VALUE' ? error.attribute : undefined
    if (name === undefined) throw error
    const { [name]: misfit, ...others } = values
    const text = JSON.stringify(misfit) as string | undefined
    writeFittingly(copy, visit, text === undefined ? others : { ...others, [name]: JSON.parse(text) as unknown })
  }
}

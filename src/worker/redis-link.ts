/**
 * A store whose client a worker makes and closes itself: Redis or Valkey at the addresses of a file. The client connects
 * again by itself; this begins while there is nobody yet, and makes a new client where one hangs on a connection whose other
 * end is gone without a word. How long a request waits for an answer, and what it then does, is the session room's.
 */
import type { RedisAddress } from '../addresses/index.ts'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import { type AnyRedisClient, redisStore } from '../session/persistent/redis-store.ts'
import type { OpenStore, SessionStore } from '../session/persistent/store.ts'
import { given } from './given.ts'

/** Calls wait, and for so long none was answered: the kernel would take a quarter of an hour to give a connection up. */
const SILENCE_MS = 10_000
/** Between two attempts to find a first node of a cluster. */
const RETRY_MS = 1000
/** For one connection. */
const CONNECT_MS = 5000

/** What node-redis (`redis` 5 and later) has that is needed to make clients. */
export interface RedisPackage {
  createClient(options: ClientOptions): OwnClient
  createCluster(options: ClusterClientOptions): OwnClient
}

interface Credentials {
  readonly username?: string
  readonly password?: string
}

interface SocketOptions {
  readonly connectTimeout: number
  readonly tls?: true
}

interface ClientOptions extends Credentials {
  readonly database?: number
  readonly socket: SocketOptions & { readonly host: string; readonly port: number }
}

interface ClusterClientOptions {
  readonly rootNodes: readonly ClientOptions[]
  /** Also for the nodes that it hears of. */
  readonly defaults: Credentials & { readonly socket: SocketOptions }
}

type OwnClient = AnyRedisClient & {
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  /** At once; what waits is rejected. */
  destroy(): void
}

export interface RedisLinkOptions extends Credentials {
  /** One server; of a cluster some nodes. */
  readonly addresses: readonly RedisAddress[]
  readonly isCluster: boolean
  /** What keys begin with; default `clowder:`. */
  readonly prefix?: string
  readonly clock: Clock
}

/** Of one client: one that is given up may forget to end what it was asked. */
interface Calls {
  /** Without an answer. */
  waiting: number
  /** Monotonic, while calls wait: the last answer, or when the first of them began. */
  heardAt: number
}

export class RedisLink implements SessionStore {
  readonly #redis: RedisPackage
  readonly #options: RedisLinkOptions
  readonly #onError: (error: unknown) => void
  #client: OwnClient | undefined
  /** The same for each client: who holds what `open` returned goes on with the next one. */
  #store: SessionStore | undefined
  #firstNews = (): void => {}
  #retry: TimerHandle | undefined
  #calls: Calls = { waiting: 0, heardAt: 0 }

  /** `onError`: each attempt to connect that fails, and each connection that breaks. */
  constructor(redis: RedisPackage, options: RedisLinkOptions, onError: (error: unknown) => void) {
    this.#redis = redis
    this.#options = options
    this.#onError = onError
  }

  /** Resolves when the server is there, or cannot be reached for now, or says nothing for `waitMs`. Goes on trying. */
  async connect(waitMs: number): Promise<void> {
    const { clock } = this.#options
    await new Promise<void>((resolve) => {
      const timer = clock.after(waitMs, resolve)
      this.#firstNews = () => {
        clock.clear(timer)
        resolve()
      }
      this.#begin()
    })
    this.#firstNews = () => {}
  }

  /** May be called twice, and while it connects. */
  close(): void {
    this.#end()
    this.#firstNews()
  }

  open(name: string): OpenStore {
    let from: SessionStore | undefined
    let opened: OpenStore | undefined
    const current = (): OpenStore => {
      if (from !== this.#store) {
        from = this.#store
        opened = from?.open(name)
      }
      if (opened === undefined) throw new Error('there is no connection to it')
      return opened
    }
    const ask = <T>(call: (store: OpenStore) => Promise<T>): Promise<T> => this.#ask(current, call)
    return {
      read: (key) => ask((store) => store.read(key)),
      write: (key, change) => ask((store) => store.write(key, change)),
      touch: (key, times) => ask((store) => store.touch(key, times)),
      destroy: (key, rememberMs) => ask((store) => store.destroy(key, rememberMs)),
      leave: (key, move) => ask((store) => store.leave(key, move)),
      keys: () => current().keys(),
      claim: (user, key, forMs) => ask((store) => store.claim(user, key, forMs)),
      release: (user, key) => ask((store) => store.release(user, key)),
      claimed: (user, max) => ask((store) => store.claimed(user, max)),
    }
  }

  async #ask<T>(current: () => OpenStore, call: (store: OpenStore) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const now = clock.monotonic()
    if (this.#calls.waiting > 0 && now - this.#calls.heardAt > SILENCE_MS) {
      this.#end()
      this.#begin()
    }
    const store = current()
    const calls = this.#calls
    if (calls.waiting++ === 0) calls.heardAt = now
    try {
      return await call(store)
    } finally {
      calls.waiting--
      calls.heardAt = clock.monotonic()
    }
  }

  #begin(): void {
    const client = this.#make()
    const news = (): void => {
      if (client === this.#client) this.#firstNews()
    }
    client.on('error', (error) => {
      if (client !== this.#client) return
      this.#onError(error)
      news()
    })
    client.on('ready', news)
    this.#client = client
    this.#store = redisStore(client, given('prefix', this.#options.prefix))
    this.#connect(client)
  }

  /** A plain client goes on by itself until it is destroyed; one of a cluster gives up when no node answers. */
  #connect(client: OwnClient): void {
    client.connect().then(
      () => {
        if (client === this.#client) this.#firstNews()
      },
      (error: unknown) => {
        if (client !== this.#client) return
        this.#onError(error)
        this.#firstNews()
        this.#retry = this.#options.clock.after(RETRY_MS, () => this.#connect(client))
      },
    )
  }

  #end(): void {
    const client = this.#client
    this.#client = undefined
    this.#store = undefined
    this.#calls = { waiting: 0, heardAt: 0 }
    this.#options.clock.clear(this.#retry)
    try {
      client?.destroy()
    } catch {
      // It was not connected.
    }
  }

  #make(): OwnClient {
    const { addresses, isCluster } = this.#options
    const clients = addresses.map((address) => this.#clientOptions(address))
    const [first] = clients
    if (!isCluster) return this.#redis.createClient(first!)
    const { connectTimeout, tls } = first!.socket
    const defaults = { ...this.#credentials(addresses[0]!), socket: { connectTimeout, ...given('tls', tls) } }
    return this.#redis.createCluster({ rootNodes: clients, defaults })
  }

  #clientOptions(address: RedisAddress): ClientOptions {
    const { host, port, tls, database } = address
    return {
      ...this.#credentials(address),
      ...(database === 0 ? {} : { database }),
      socket: { host, port, connectTimeout: CONNECT_MS, ...(tls ? { tls } : {}) },
    }
  }

  #credentials(address: RedisAddress): Credentials {
    const username = this.#options.username ?? address.username
    const password = this.#options.password ?? address.password
    return { ...given('username', username), ...given('password', password) }
  }
}

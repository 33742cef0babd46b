/**
 * A running worker: connectors, app, sessions and channel of one process, started and stopped in the order in which nothing
 * is lost. It serves when it has the sessions of the others.
 */
import { httpSessions } from '../adapters/node-http.ts'
import { createChannel, type GroupChannel } from '../cluster/index.ts'
import { createSessionManager, type SessionManager } from '../session/index.ts'
import { AdminEndpoint } from './admin-endpoint.ts'
import { AjpEndpoint } from './ajp-endpoint.ts'
import { channelOptions, sessionOptions } from './cluster-options.ts'
import { type ClusterStatus, clusterStatus } from './cluster-status.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'
import type { WorkerListener } from './events.ts'
import { given } from './given.ts'
import { guardApp } from './guard-app.ts'
import { takeHome } from './home.ts'
import { HttpEndpoint } from './http-endpoint.ts'
import { loadApp, prepareApp, type RequestHandler } from './load-app.ts'
import type { RedisLink } from './redis-link.ts'
import { createStore } from './session-store.ts'
import type { WorkerSnapshot, WorkerState } from './snapshot.ts'
import { softwareVersion } from './software.ts'
import {
  type EndpointOptions,
  type ResolvedWorkerOptions,
  resolveOptions,
  type WorkerContext,
  type WorkerOptions,
} from './worker-options.ts'

/** A worker serves also while the store of its sessions does not; it begins so if that has not answered within this time. */
const STORE_WAIT_MS = 5000

export type WorkerAddress = EndpointAddress

/** Where a worker listens, ports that were 0 filled in. */
export interface WorkerAddresses {
  readonly ajp: readonly WorkerAddress[]
  readonly http: readonly WorkerAddress[]
  readonly channel: WorkerAddress | undefined
  readonly admin: WorkerAddress | undefined
}

/** Throws when options of the worker, its sessions or its cluster are wrong; nothing has been started then. */
export function createWorker(options: WorkerOptions): Worker {
  return new Worker(resolveOptions(options))
}

export class Worker {
  readonly name: string
  readonly sessions: SessionManager
  readonly #options: ResolvedWorkerOptions
  /** Of a persistent manager, in place of a channel. */
  readonly #store: RedisLink | undefined
  readonly #channel: GroupChannel | undefined
  readonly #endpoints: readonly Endpoint[]
  readonly #admin: AdminEndpoint | undefined
  readonly #listeners = new Set<WorkerListener>()
  #app: RequestHandler = (_request, response) => void response.destroy()
  #listening: readonly WorkerAddress[] = []
  #adminAt: WorkerAddress | undefined
  #state: WorkerState = 'new'
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #leaveHome = (): void => {}

  constructor(options: ResolvedWorkerOptions) {
    const { cluster, clock } = options
    this.name = options.name
    this.#options = options
    const store = cluster?.manager?.store
    const onError = (error: unknown): void => this.#tell({ type: 'store-unreachable', error })
    this.#store = store && createStore(store, clock, onError)
    this.#channel = cluster && !store ? createChannel(channelOptions(cluster, options)) : undefined
    this.sessions = createSessionManager({
      ...sessionOptions(options),
      ...given('channel', this.#channel),
      ...given('store', this.#store),
    })
    this.#endpoints = options.endpoints.map((endpoint) => this.#createEndpoint(endpoint))
    const { admin } = options
    this.#admin = admin === undefined ? undefined : new AdminEndpoint(admin, () => this.clusterStatus())
    this.#channel?.on('event', (event) => this.#tell({ type: 'cluster', event }))
    this.sessions.on((event) => this.#tell({ type: 'session', event }))
  }

  /**
   * Loads the app, joins the cluster, takes over its sessions, then listens. Rejects when one of that fails, and leaves
   * nothing running then. Resolves also when it was stopped on the way.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** The same backwards. What is in flight has `graceMs` to end. May be called twice, and while it starts. */
  stop(graceMs = this.#options.stopGraceMs): Promise<void> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  on(listener: WorkerListener): void {
    this.#listeners.add(listener)
  }

  off(listener: WorkerListener): void {
    this.#listeners.delete(listener)
  }

  /** Empty until it has started. */
  addresses(): WorkerAddresses {
    const local = this.#channel?.snapshot()
    const isRunning = local !== undefined && local.state === 'running'
    const those = (wanted: Endpoint['protocol']) =>
      this.#listening.filter((_, index) => this.#endpoints[index]!.protocol === wanted)
    return {
      ajp: those('ajp'),
      http: those('http'),
      channel: isRunning ? { host: local.local.host, port: local.local.port } : undefined,
      admin: this.#adminAt,
    }
  }

  snapshot(): WorkerSnapshot {
    return {
      name: this.name,
      route: this.#options.route,
      state: this.#state,
      busy: this.#endpoints.reduce((sum, endpoint) => sum + endpoint.busy, 0),
      connectors: this.#endpoints.map(({ protocol, busy }, index) => ({
        protocol,
        address: this.#listening[index],
        busy,
      })),
      sessions: this.sessions.snapshot(),
      channel: this.#channel?.snapshot(),
    }
  }

  /** What `clowder cluster` shows. */
  clusterStatus(): ClusterStatus {
    return clusterStatus({
      worker: this.snapshot(),
      members: this.#channel?.members() ?? [],
      version: softwareVersion(),
      nowMs: this.#options.clock.now(),
    })
  }

  async #start(): Promise<void> {
    this.#state = 'starting'
    const steps = [
      // First, so that one can watch how it joins.
      async () => {
        this.#adminAt = await this.#admin?.listen()
      },
      async () => {
        this.#app = await this.#prepareApp()
      },
      () => this.#channel?.start(),
      () => this.#store?.connect(STORE_WAIT_MS),
      () => this.sessions.start(),
      async () => {
        this.#listening = await Promise.all(this.#endpoints.map((endpoint) => endpoint.listen()))
      },
    ]
    try {
      for (const step of steps) {
        if (this.#stopping !== undefined) return
        await step()
      }
    } catch (error) {
      // Stopped on the way: why a step could not be finished then is of no interest.
      if (this.#stopping !== undefined) return
      this.#stopping = this.#stopParts(0)
      await this.#stopping
      throw error
    }
    if (this.#stopping === undefined) this.#state = 'ready'
  }

  async #stop(graceMs: number): Promise<void> {
    const wasReady = this.#state === 'ready'
    this.#state = 'stopping'
    if (!wasReady) {
      // Waiting for other nodes is cut short, so that the step under way ends.
      await Promise.all([this.sessions.stop(), this.#channel?.stop()])
      this.#store?.close()
      await this.#starting?.catch(() => {})
    }
    await this.#stopParts(graceMs)
  }

  /** First what comes in, then what the others must still hear, then the channel it goes through. */
  async #stopParts(graceMs: number): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.stop(graceMs)))
    await this.sessions.stop()
    await this.#channel?.stop()
    this.#store?.close()
    this.#admin?.stop()
    this.#adminAt = undefined
    this.#leaveHome()
    this.#state = 'stopped'
  }

  #createEndpoint(options: EndpointOptions): Endpoint {
    const { clock } = this.#options
    const handler: RequestHandler = (request, response) => this.#app(request, response)
    return options.protocol === 'ajp'
      ? new AjpEndpoint(options.ajp, handler, clock, (event) => this.#tell({ type: 'connector', event }))
      : new HttpEndpoint(options.http, handler, clock)
  }

  async #prepareApp(): Promise<RequestHandler> {
    const { app, name, route, session } = this.#options
    const context: WorkerContext = { name, route, sessions: this.sessions }
    this.#leaveHome = takeHome(context)
    const isPath = typeof app === 'string'
    const handle = await prepareApp(isPath ? await loadApp(app) : app, context, isPath ? `app ${app}` : 'the app')
    const { attach } = httpSessions({
      manager: this.sessions,
      name: session.cookieName,
      cookie: { path: session.cookiePath, domain: session.cookieDomain, httpOnly: session.httpOnly },
    })
    return guardApp(
      (request, response) => {
        // A session may have to be fetched from another node first.
        const loading = attach(request, response)
        return loading === undefined ? handle(request, response) : loading.then(() => handle(request, response))
      },
      (error, method, url) => this.#tell({ type: 'app-failed', method, url, error }),
    )
  }

  #tell(event: Parameters<WorkerListener>[0]): void {
    for (const listener of this.#listeners) listener(event)
  }
}

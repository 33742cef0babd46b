/**
 * The HTTP/1.1 engine alone, for tests: a front, one pool, and nothing between them but a dispatch function. When its
 * owner ends it is taken apart, and whatever is still in use by then has leaked and fails the test.
 */
import assert from 'node:assert/strict'
import { lastInFirstOut, type Owner } from '../../../test/kit/owner.ts'
import type { RawConnection, RawMessage } from '../../../test/kit/raw-connection.ts'
import { type RawServer, rawClient, rawServer, type Script } from '../../../test/kit/raw-http.ts'
import { until } from '../../../test/kit/until.ts'
import { type Clock, systemClock } from '../../clock/clock.ts'
import { ConnectionPool, type PoolOptions } from '../connection-pool.ts'
import { Deadlines } from '../deadlines.ts'
import type { BalancerErrorCode } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { HttpConnection, type HttpConnectionOptions } from '../forward-http.ts'
import { Front } from '../front/front.ts'
import type { ResolvedFrontLimits, ResolvedFrontTimeouts } from '../resolve-options.ts'

export interface EngineOptions {
  /** Where the one backend listens on 127.0.0.1. */
  readonly backendPort: number
  readonly limits?: Partial<ResolvedFrontLimits>
  readonly timeouts?: Partial<ResolvedFrontTimeouts>
  readonly pool?: Partial<PoolOptions>
  readonly connection?: Partial<HttpConnectionOptions>
  readonly isTrustedProxy?: (address: string) => boolean
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: straight to the pool. */
  readonly dispatch?: (exchange: Exchange, pool: ConnectionPool) => void
}

export interface Engine {
  readonly port: number
  readonly front: Front
  readonly pool: ConnectionPool
  readonly deadlines: Deadlines
  /** What the front refused by itself, in order; the first {@link MAX_REFUSED}. */
  readonly refused: readonly BalancerErrorCode[]
  /** Takes everything apart, and fails if something is in use that nobody uses any more. May be called twice. */
  close(): Promise<void>
}

const MAX_REFUSED = 1_000

const LIMITS: ResolvedFrontLimits = {
  headBytes: 65_536,
  headerCount: 100,
  targetBytes: 8_192,
  bodyBytes: 0,
  pipelinedRequests: 32,
  connections: 16_384,
  requestsPerConnection: 0,
}

const TIMEOUTS: ResolvedFrontTimeouts = {
  headMs: 20_000,
  bodyMs: 30_000,
  keepAliveMs: 15_000,
  halfClosedMs: 30_000,
  sendMs: 60_000,
  replyMs: 300_000,
}

export async function startEngine(owner: Owner, options: EngineOptions): Promise<Engine> {
  const limits = { ...LIMITS, ...options.limits }
  const timeouts = { ...TIMEOUTS, ...options.timeouts }
  const connection: HttpConnectionOptions = {
    host: '127.0.0.1',
    port: options.backendPort,
    source: undefined,
    preferIpv6: false,
    encrypted: false,
    keepalive: false,
    connectTimeoutMs: 10_000,
    socketTimeoutMs: 0,
    limits,
    ...options.connection,
  }
  const poolOptions: PoolOptions = {
    size: 250,
    minSize: 125,
    idleTimeoutMs: 0,
    acquireTimeoutMs: 10_000,
    ...options.pool,
  }
  const limitsMs = [...Object.values(timeouts), connection.connectTimeoutMs, poolOptions.acquireTimeoutMs]
  const { clock = systemClock } = options
  const deadlines = new Deadlines(clock, Math.min(...limitsMs.filter((ms) => ms > 0)))
  const pool = new ConnectionPool(poolOptions, (owner) => new HttpConnection(connection, deadlines, owner), deadlines)
  const refused: BalancerErrorCode[] = []
  const dispatch = options.dispatch ?? ((exchange: Exchange) => pool.carry(exchange, false))
  const front = new Front({
    limits,
    timeouts,
    deadlines,
    clock,
    ownName: 'localhost',
    isTrustedProxy: options.isTrustedProxy ?? (() => false),
    refused(code, _client, cause) {
      // A mistake of ours ends the test, or the fuzz, that has found it.
      if (cause !== undefined) throw cause
      if (refused.length < MAX_REFUSED) refused.push(code)
    },
    dispatch: (exchange) => {
      exchange.replyTimeoutMs = timeouts.replyMs
      dispatch(exchange, pool)
    },
  })
  await front.listen([{ host: '127.0.0.1', port: 0 }])

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await front.close(0)
    assert.equal(front.connections, 0, 'client connections that are left')
    // An exchange in line for a connection is forgotten only when its turn or its time comes.
    await until('no request waits for a connection', () => pool.waiting === 0)
    await until('every backend connection is idle or closed', () => pool.connected === pool.idle)
    pool.close()
    assert.equal(pool.connected, 0, 'backend connections that are left')
    assert.equal(deadlines.size, 0, 'deadlines that are left')
    deadlines.close()
  }
  const engine: Engine = {
    port: front.addresses()[0]!.port,
    front,
    pool,
    deadlines,
    refused,
    close() {
      closing ??= close()
      return closing
    },
  }
  owner.after(() => engine.close())
  return engine
}

/** A backend that answers every request of every connection with what `answer` makes of it. */
export function answering(answer: (request: RawMessage, connection: number) => string | Promise<string>): Script {
  return async (connection, n) => {
    for (;;) {
      // A request that never comes to its end is the engine's way to give it up, not a failure of the backend.
      const request = await connection.expectMessage().catch(() => undefined)
      if (request === undefined) return
      await connection.send(await answer(request, n))
    }
  }
}

/** A backend that takes what comes and says nothing, until its connection ends. */
export const silent: Script = async (connection) => {
  await connection.expectEnd(60_000).catch(() => {
    // It ended after a request: that is what this is for.
  })
}

/** 200 with this body. */
export function ok(body = 'ok'): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** A GET without a body. */
export function get(path = '/', ...fields: string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

export interface Stage {
  readonly engine: Engine
  readonly backend: RawServer
  /** The first client; `connect` brings more. */
  readonly client: RawConnection
  connect(): Promise<RawConnection>
}

/** A scripted backend, an engine before it, and a client. */
export async function stage(
  t: Owner,
  script: Script,
  options: Omit<EngineOptions, 'backendPort'> = {},
): Promise<Stage> {
  const owner = lastInFirstOut(t)
  const backend = await rawServer(owner, script, 'backend')
  const engine = await startEngine(owner, { backendPort: backend.port, ...options })
  const connect = () => rawClient(owner, engine.port)
  return { engine, backend, client: await connect(), connect }
}

/**
 * A whole balancer with real sockets, for tests: scripted backends as members of one lb, `createBalancer` before them,
 * and clients. When its owner ends it is stopped, and whatever it still counts as in use by then fails the test.
 */
import assert from 'node:assert/strict'
import { atEnd, type Owner } from '../../../test/kit/owner.ts'
import { freePort } from '../../../test/kit/ports.ts'
import type { RawConnection, RawMessage } from '../../../test/kit/raw-connection.ts'
import { type RawServer, rawClient, rawServer, type Script } from '../../../test/kit/raw-http.ts'
import { until } from '../../../test/kit/until.ts'
import { type Balancer, type BalancerHooks, createBalancer } from '../balancer.ts'
import type { BalancerErrorCode } from '../errors.ts'
import type { BalancerEvent } from '../events.ts'
import type { BalancerOptions, EndpointWorkerOptions, LbWorkerOptions, MountRule, WorkerOptions } from '../options.ts'
import type { BackendSnapshot, BalancerSnapshot, LbSnapshot, MemberSnapshot } from '../snapshot.ts'
import { answering, ok } from './engine.ts'

/** Instead of a script: nobody listens there. */
export const REFUSES = 'refuses'

/** A member: what its backend does, and its options where they differ from the others'. */
export type Part = Script | typeof REFUSES | (Partial<EndpointWorkerOptions> & { script: Script | typeof REFUSES })

export interface CastOptions {
  /** Of every member. One attempt each, unless said otherwise. */
  readonly worker?: Partial<EndpointWorkerOptions>
  readonly lb?: Partial<LbWorkerOptions>
  /** Of the balancer; `workers` come on top of the members and the lb. */
  readonly balancer?: Partial<BalancerOptions>
  readonly hooks?: BalancerHooks
}

export interface Cast {
  readonly balancer: Balancer
  readonly port: number
  /** By member name; members that refuse have none. */
  readonly backends: Readonly<Record<string, RawServer>>
  readonly events: readonly BalancerEvent[]
  /** The first client; `connect` brings more. */
  readonly client: RawConnection
  connect(): Promise<RawConnection>
  lb(): LbSnapshot
  member(name: string): MemberSnapshot
  /** The failed attempts so far: worker, code, and whether the request went on. */
  failures(): (readonly [worker: string, code: BalancerErrorCode, willRetry: boolean])[]
}

export const HERE = { host: '127.0.0.1', port: 0 } as const

export const mount = (pattern: string, worker: string): MountRule => ({ pattern, worker, source: 'mount' })

/** An lb called `lb` over these members, mounted on everything. */
export async function cast(
  owner: Owner,
  parts: Readonly<Record<string, Part>>,
  options: CastOptions = {},
): Promise<Cast> {
  const backends: Record<string, RawServer> = {}
  const workers: Record<string, WorkerOptions> = {}
  for (const [name, part] of Object.entries(parts)) {
    const { script, ...own } = typeof part === 'object' ? part : { script: part }
    if (script !== REFUSES) backends[name] = await rawServer(owner, script, name)
    const port = backends[name]?.port ?? (await freePort())
    workers[name] = { type: 'http', host: '127.0.0.1', port, retries: 1, ...options.worker, ...own }
  }
  workers.lb = { type: 'lb', balanceWorkers: Object.keys(parts), retries: 1, ...options.lb }
  const events: BalancerEvent[] = []
  const balancer = createBalancer(
    {
      listen: [HERE],
      workerList: ['lb'],
      hosts: [{ names: [], mounts: [mount('/*', 'lb')], access: [] }],
      ...options.balancer,
      workers: { ...workers, ...options.balancer?.workers },
    },
    { onEvent: (event) => events.push(event), ...options.hooks },
  )
  await balancer.start()
  atEnd(owner, async () => {
    await balancer.stop(0)
    await until('nothing is in use any more', () => {
      assert.deepEqual(inUse(balancer.snapshot()), [])
      return true
    })
  })
  const port = balancer.addresses()[0]!.port
  const connect = () => rawClient(owner, port)
  const lb = () => balancer.snapshot().workers.find((worker): worker is LbSnapshot => worker.kind === 'lb')!
  return {
    balancer,
    port,
    backends,
    events,
    client: await connect(),
    connect,
    lb,
    member: (name) => lb().members.find((member) => member.name === name)!,
    failures: () =>
      events.flatMap((event) =>
        event.type === 'attempt-failed' ? [[event.worker, event.code, event.willRetry] as const] : [],
      ),
  }
}

/** What a snapshot counts as in flight or open, by name. */
function inUse({ workers }: BalancerSnapshot): string[] {
  const ofBackend = ({ name, busy, connected }: BackendSnapshot) => [
    ...(busy === 0 ? [] : [`${name}: ${busy} busy`]),
    ...(connected === 0 ? [] : [`${name}: ${connected} connected`]),
  ]
  return workers.flatMap((worker) => {
    if (worker.kind === 'status') return []
    if (worker.kind === 'endpoint') return ofBackend(worker)
    return [...(worker.busy === 0 ? [] : [`${worker.name}: ${worker.busy} busy`]), ...worker.members.flatMap(ofBackend)]
  })
}

/** Sends one request and takes its final answer. */
export async function ask(client: RawConnection, request: string): Promise<RawMessage> {
  await client.send(request)
  for (;;) {
    const answer = await client.expectMessage({ bodyless: request.startsWith('HEAD ') })
    if (answer.status >= 200) return answer
  }
}

/** A request with a body. */
export function post(body = 'body', method = 'POST'): string {
  return `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** The code on an error page. */
export const errorOf = (answer: RawMessage): string | undefined => answer.field('X-Clowder-Error')

/** A backend that answers everything with its name. */
export const named = (name: string): Script => answering(() => ok(name))

/** Reads a request, answers with `text`, which is no complete answer, and closes. */
export const cuts = (text = ''): Script => {
  return async (connection) => {
    // A connection may end without a request.
    const request = await connection.expectMessage().catch(() => undefined)
    if (request !== undefined && text !== '') await connection.send(text)
  }
}

/** Sessions for the load, and the proof that they are kept, stuck to their worker and replicated. */
import { setTimeout as pause } from 'node:timers/promises'
import { BenchError } from './errors.ts'
import { sessionHead } from './load/heads.ts'
import { type Answer, ask } from './probe.ts'

/** Requests in flight while sessions are made. */
const PARALLEL = 16
/** How often a fresh session is tried before replication counts as broken, waiting a little longer each time. */
const REPLICATION_ATTEMPTS = 40
const REPLICATION_PAUSE_MS = 25

/** `<n> <session id> <route>\n`: what GET /count answers. */
export interface Count {
  readonly n: number
  /** The session cookie's value: the new one when the answer set one. */
  readonly session: string
  readonly route: string
}

export function parseCount(answer: Answer, sent: string | undefined): Count | undefined {
  const found = /^(\d+) (\S+) (\S+)\n$/.exec(answer.body)
  const session = /\bJSESSIONID=([^;,\s]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? sent
  if (answer.status !== 200 || found === null || session === undefined) return undefined
  return { n: Number(found[1]), session, route: found[3]! }
}

export async function count(port: number, session?: string): Promise<Count> {
  const answer = await ask(port, session === undefined ? sessionHead('/count', 'none') : sessionHead('/count', session))
  const parsed = parseCount(answer, session)
  if (parsed === undefined)
    throw new BenchError('BENCH_UNEQUAL', `port ${port}: /count gave ${answer.status} ${JSON.stringify(answer.body)}`)
  return parsed
}

export async function createSessions(port: number, number: number): Promise<Count[]> {
  const sessions: Count[] = []
  for (let made = 0; made < number; made += PARALLEL) {
    const batch = Array.from({ length: Math.min(PARALLEL, number - made) }, () => count(port))
    sessions.push(...(await Promise.all(batch)))
  }
  return sessions
}

/** A session counts 1, 2, 3 … and stays on one worker. */
export async function assertCounts(name: string, port: number): Promise<void> {
  let last = await count(port)
  for (let expected = 2; expected <= 8; expected++) {
    const next = await count(port, last.session)
    if (last.n !== expected - 1 || next.n !== expected || next.route !== last.route)
      throw new BenchError('BENCH_UNEQUAL', `${name}: after ${JSON.stringify(last)} came ${JSON.stringify(next)}`)
    last = next
  }
}

/** What a session counted on one worker goes on counting on the other. */
export async function assertReplicated(name: string, from: number, to: number): Promise<void> {
  let seen: Count | undefined
  for (let attempt = 1; attempt <= REPLICATION_ATTEMPTS; attempt++) {
    const second = await count(from, (await count(from)).session)
    await pause(REPLICATION_PAUSE_MS * attempt)
    seen = await count(to, second.session)
    if (second.n === 2 && seen.n === 3) return
  }
  throw new BenchError('BENCH_UNEQUAL', `${name}: sessions are not replicated, the other worker says ${seen?.n}`)
}

/** Replicas that know less than this of all writes after a load have lost some. */
const REPLICATED_AT_LEAST = 0.99

/**
 * After a load: each session is asked of the *other* worker, which must know of (nearly) all writes. Gives the share it
 * knows; a request in flight when the generator stopped may put it above 1.
 */
export async function assertKept(
  name: string,
  sessions: readonly Count[],
  requests: number,
  workers: readonly { readonly route: string; readonly port: number }[],
): Promise<number> {
  let known = 0
  for (let from = 0; from < sessions.length; from += PARALLEL) {
    const batch = sessions.slice(from, from + PARALLEL).map(async ({ session, route, n }) => {
      const other = workers.find((worker) => worker.route !== route)!
      // What it answers is one more than what it knew, and the session had n before the load.
      return (await count(other.port, session)).n - 1 - n
    })
    for (const n of await Promise.all(batch)) known += n
  }
  const share = requests === 0 ? 1 : known / requests
  if (share < REPLICATED_AT_LEAST)
    throw new BenchError('BENCH_UNEQUAL', `${name}: the other worker knows only ${known} of ${requests} writes`)
  return share
}

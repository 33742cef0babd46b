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

/**
 * After a load: the share of all writes that the *other* worker knows of, asked for each session. Less than 1 means
 * updates or deltas were lost; a request in flight when the generator stopped may put it above.
 */
export async function replicatedShare(
  sessions: readonly Count[],
  requests: number,
  otherThan: (route: string) => number,
): Promise<number> {
  let counted = 0
  for (let from = 0; from < sessions.length; from += PARALLEL) {
    const batch = sessions.slice(from, from + PARALLEL)
    // What it answers is one more than what it knew, and the session was made with 1.
    const known = await Promise.all(
      batch.map(async ({ session, route, n }) => (await count(otherThan(route), session)).n - 1 - n),
    )
    counted += known.reduce((sum, n) => sum + n, 0)
  }
  return requests === 0 ? 1 : counted / requests
}

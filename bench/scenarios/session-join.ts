/**
 * A third node joins two that hold 100,000 sessions of 1 KiB and go on writing: how long it takes until it serves, and what
 * the two notice of it. Real processes on loopback; afterwards all three must hold the same sessions with the same counts.
 */
import { readyPort } from '../peers/node-programs.ts'
import type { JoinFacts } from '../programs/session-join-node.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { type Child, freePort, type Site } from '../site.ts'
import { figure } from '../table.ts'
import { waitFor } from '../wait.ts'

const SESSIONS = 100_000
/** Of each donor. */
const WRITES_PER_SECOND = 1000
/** How long delays are read without anybody joining. */
const QUIET_MS = 3000
/** From the end of all writes until everybody has them. */
const EQUAL_WITHIN_MS = 20_000
const READY_WITHIN_MS = 120_000

export const sessionJoin: Scenario = {
  name: 'session-join',
  about:
    'a node joins two that hold 100,000 sessions of 1 KiB and go on writing: seconds, delays of the two, what is lost',
  run,
}

interface Node {
  readonly child: Child
  readonly port: number
}

interface Row {
  readonly donors: string
  readonly joinMs: number
  readonly quietP99Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly lost: number
  /** What the new node had been given when it was ready, by how many. */
  readonly givers: number
  readonly bytes: number
  /** Sessions that it was told of until all was equal, changes included, for each that there is. */
  readonly toldPerSession: number
}

async function run(bench: Bench): Promise<Findings> {
  const sessions = bench.arguments.sessions ?? SESSIONS
  const rows: Row[] = []
  rows.push(await join(bench, sessions, false))
  rows.push(await join(bench, sessions, true))
  return {
    tables: [
      {
        title: `a node joins two that hold ${sessions} sessions of 1 KiB and write ${2 * WRITES_PER_SECOND} of them per second`,
        columns: [
          { title: 'donors' },
          { title: 'join s', align: 'right' },
          { title: 'MiB', align: 'right' },
          { title: 'givers', align: 'right' },
          { title: 'delay p99 ms, nobody joins', align: 'right' },
          { title: 'delay p99 ms, joining', align: 'right' },
          { title: 'longest ms', align: 'right' },
          { title: 'lost', align: 'right' },
        ],
        rows: rows.map((row) => [
          row.donors,
          figure(row.joinMs / 1000),
          figure(row.bytes / 1024 ** 2),
          String(row.givers),
          figure(row.quietP99Ms),
          figure(row.p99Ms),
          figure(row.maxMs),
          String(row.lost),
        ]),
        notes: [
          'join: from the manager’s start until it serves; delays: of the event loops of the donors, the worse of the two',
          'lost: sessions missing on the new node, or the number of nodes that differ from it in ids or counts',
        ],
      },
    ],
    data: rows,
  }
}

async function join(bench: Bench, sessions: number, isOneKilled: boolean): Promise<Row> {
  const { site, say } = bench
  const ports = [await freePort(), await freePort(), await freePort()]
  const start = (index: number, made: number): Promise<Node> => startNode(site, ports, index, made)
  const donors = [await start(0, sessions)]
  await isReady(donors[0]!)
  donors.push(await start(1, 0))
  await isReady(donors[1]!)
  try {
    for (const donor of donors) await ask(donor, 'load')
    await pause(QUIET_MS)
    const quiet = await Promise.all(donors.map(factsOf))
    for (const donor of donors) await ask(donor, 'rest')
    for (const donor of donors) await ask(donor, 'load')
    const joined = await start(2, 0)
    if (isOneKilled) {
      await waitFor(async () => (await factsOf(joined)).sessions > sessions / 5, READY_WITHIN_MS)
      process.kill(donors.shift()!.child.pid, 'SIGKILL')
    }
    const joinMs = await isReady(joined)
    const { lastTransfer } = (await factsOf(joined)).manager
    const busy = await Promise.all(donors.map(factsOf))
    for (const donor of donors) await ask(donor, 'rest')
    const lost = await lostSessions(donors, joined, sessions)
    const row = {
      donors: isOneKilled ? 'two, the older one is killed on the way' : 'two',
      joinMs,
      quietP99Ms: Math.max(...quiet.map(({ delayMs }) => delayMs.p99)),
      p99Ms: Math.max(...busy.map(({ delayMs }) => delayMs.p99)),
      maxMs: Math.max(...busy.map(({ delayMs }) => delayMs.max)),
      lost,
      givers: lastTransfer?.from.length ?? 0,
      bytes: lastTransfer?.bytes ?? 0,
      toldPerSession: (await factsOf(joined)).manager.counts.entriesApplied / sessions,
    }
    say(
      `${row.donors}: joined in ${(row.joinMs / 1000).toFixed(2)} s, delay p99 ${row.p99Ms.toFixed(1)} ms, lost ${lost}`,
    )
    await joined.child.stop()
    return row
  } finally {
    await Promise.all(donors.map(({ child }) => child.stop()))
  }
}

async function startNode(site: Site, ports: readonly number[], index: number, sessions: number): Promise<Node> {
  const name = 'abc'[index]!
  const peers = ports.filter((_, other) => other !== index).join()
  const args = [name, String(ports[index]), peers, String(sessions), String(WRITES_PER_SECOND)]
  const child = await site.startProgram('session-join-node', args)
  return { child, port: readyPort(child.readyLines[0]) }
}

/** How long its manager took to start, ms. */
async function isReady({ child }: Node): Promise<number> {
  await waitFor(() => child.readyLines.length > 1, READY_WITHIN_MS)
  return Number(/joinMs=([\d.]+)/.exec(child.readyLines[1]!)?.[1])
}

/** All writes have ended; what is under way arrives. */
async function lostSessions(donors: readonly Node[], joined: Node, sessions: number): Promise<number> {
  let [ours, theirs]: [JoinFacts, JoinFacts[]] = [await factsOf(joined), []]
  const areEqual = async (): Promise<boolean> => {
    ours = await factsOf(joined)
    theirs = await Promise.all(donors.map(factsOf))
    return ours.sessions === sessions && theirs.every(({ sum }) => sum === ours.sum)
  }
  try {
    await waitFor(areEqual, EQUAL_WITHIN_MS)
    return 0
  } catch {
    return Math.max(sessions - ours.sessions, theirs.filter(({ sum }) => sum !== ours.sum).length)
  }
}

async function factsOf(node: Node): Promise<JoinFacts> {
  return (await (await ask(node, 'facts')).json()) as JoinFacts
}

function ask({ port }: Node, what: 'load' | 'rest' | 'facts'): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/${what}`, { method: what === 'facts' ? 'GET' : 'POST' })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

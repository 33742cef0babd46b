/**
 * cluster-node NAME PORT PEERS MANAGER MODE COLLECT-MS SESSIONS [delays]
 *
 * One node of a cluster that is written to, at random times: a channel at PORT, PEERS (ports, with commas) as the others, and
 * so many sessions of its own, as a sticky balancer would have it. With `delays` it measures how long a write took from
 * the other node to here: both read the same clock (CLOCK_MONOTONIC, which `process.hrtime` is on Linux). On its control
 * port it answers
 *
 *   POST /load?rate=R&seconds=S   writes to one session after the other; answers when that is over
 *   GET  /facts                   one `ClusterNodeFacts` as JSON
 */
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createChannel } from '../../src/cluster/index.ts'
import { createSessionManager, type SendMode, type Session } from '../../src/session/index.ts'
import type { Arrivals } from './arrivals.ts'
import { endWithParent } from './end-with-parent.ts'

export interface ClusterNodeFacts {
  readonly members: number
  /** Since the start. */
  readonly written: number
  /** Sessions held, and the sum of what they count: the number of writes to them that this node knows. */
  readonly sessions: number
  readonly counted: number
  /** Messages and bytes of bodies that were handed to the channel, since the start. */
  readonly messages: number
  readonly bodyBytes: number
  /** Of the writes that came from others since the last look, ms. */
  readonly delaysMs: readonly number[]
}

const NS_PER_MS = 1e6
const FIELDS = { count: 'n', writtenAt: 't' } as const

const [name = 'a', port = '0', peers = '', kind = 'delta', mode, collectMs, sessionCount = '0', delays] =
  process.argv.slice(2)
const members = peers.split(',').filter(Boolean).map(Number)
const channel = createChannel({
  receiver: { port: Number(port), autoBind: 1 },
  members: members.map((one) => ({ host: '127.0.0.1', port: one })),
})
const manager = createSessionManager({
  name: 'bench',
  route: name,
  channel,
  manager: kind === 'backup' ? 'backup' : 'delta',
  sendOptions: mode as SendMode,
  collectMs: Number(collectMs),
})
let delaysMs: number[] = []
const measuresDelays = delays === 'delays'
if (measuresDelays) {
  manager.on((event) => {
    if (event.type !== 'changed' || event.origin !== 'elsewhere') return
    const writtenAt = event.session.get(FIELDS.writtenAt)
    if (typeof writtenAt === 'number') delaysMs.push((nowNs() - writtenAt) / NS_PER_MS)
  })
}
await channel.start()
await manager.start()

const own: Session[] = []
for (let made = 0; made < Number(sessionCount); made++) {
  const visit = manager.visit()
  visit.set(FIELDS.count, 0)
  visit.set('user', `user-${name}-${made}`)
  await visit.commit()
  own.push(visit.session!)
}
let written = 0

const control = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url!, 'http://node')
  const say = (value: unknown) => response.end(JSON.stringify(value))
  if (pathname === '/facts') say(facts())
  else
    load(Number(searchParams.get('rate')), Number(searchParams.get('seconds'))).then(
      () => say({ written }),
      (error: Error) => response.writeHead(500).end(error.message),
    )
})
control.listen(0, '127.0.0.1', () => {
  const address = control.address()
  const at = typeof address === 'object' ? address?.port : 0
  process.stdout.write(`ready node ${name} port=${at} pid=${process.pid}\n`)
})
endWithParent()

/** Resolves when the last one has been written. */
function load(perSecond: number, seconds: number): Promise<void> {
  const workerData: Arrivals = { perSecond, seconds }
  const arrivals = new Worker(new URL(`./arrivals${extname(import.meta.url)}`, import.meta.url), { workerData })
  let next = 0
  arrivals.on('message', () => write(own[next++ % own.length]!))
  return new Promise((resolve, reject) => {
    arrivals.once('error', reject)
    arrivals.once('exit', () => resolve())
  })
}

function write(session: Session): void {
  const visit = manager.visit(session)
  visit.set(FIELDS.count, (visit.get(FIELDS.count) as number) + 1)
  if (measuresDelays) visit.set(FIELDS.writtenAt, nowNs())
  void visit.commit()
  written++
}

function nowNs(): number {
  return Number(process.hrtime.bigint())
}

function facts(): ClusterNodeFacts {
  const { counts, members } = manager.snapshot()
  let [sessions, counted] = [0, 0]
  for (const session of manager.sessions()) {
    sessions++
    counted += session.get(FIELDS.count) as number
  }
  const seen = delaysMs
  delaysMs = []
  const { batchesSent: messages, bytesSent: bodyBytes } = counts
  return { members: members.length, written, sessions, counted, messages, bodyBytes, delaysMs: seen }
}

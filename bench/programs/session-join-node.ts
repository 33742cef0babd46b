/**
 * session-join-node NAME PORT PEERS SESSIONS WRITES
 *
 * One node of a cluster whose sessions another node takes over: a manager on a channel at PORT, PEERS (ports, with commas)
 * as the others. One ready line tells its control port, another one that it has the sessions of the others, and has made
 * that many of 1 KiB itself. On the control port it answers
 *
 *   POST /load    from now on WRITES writes per second to sessions that it made or was given, and a fresh reading of delays
 *   POST /rest    no more writes
 *   GET  /facts   one `JoinFacts` as JSON
 */
import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createChannel } from '../../src/cluster/index.ts'
import { createSessionManager, type ManagerSnapshot, type SessionManager } from '../../src/session/index.ts'
import { endWithParent } from './end-with-parent.ts'

/** Of the value that makes a session 1 KiB. */
const VALUE_CHARS = 1000
/** The event loop gets its turn after so many sessions made. */
const PER_TURN = 200
/** Between two bursts of writes. */
const TICK_MS = 5

export interface JoinFacts {
  readonly sessions: number
  /** The same on two nodes that hold the same sessions with the same counts. */
  readonly sum: number
  /** Event-loop delay since the last POST /load, in ms. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly written: number
  readonly manager: ManagerSnapshot
}

const [name = 'a', port = '0', peers = '', sessions = '0', writes = '0'] = process.argv.slice(2)
const members = peers.split(',').filter(Boolean).map(Number)
const channel = createChannel({
  receiver: { port: Number(port), autoBind: 1 },
  members: members.map((one) => ({ host: '127.0.0.1', port: one })),
  heartbeatMs: 500,
})
const manager = createSessionManager({ name: 'bench', route: name, channel })
const delays = monitorEventLoopDelay({ resolution: 1 })
let written = 0
let load: NodeJS.Timeout | undefined

const control = createServer((request, response) => {
  if (request.url === '/load') startLoad()
  if (request.url === '/rest') clearInterval(load)
  response.end(request.url === '/facts' ? JSON.stringify(facts()) : '')
})
await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))
const address = control.address()
const at = typeof address === 'object' ? address?.port : 0
process.stdout.write(`ready node ${name} port=${at} pid=${process.pid}\n`)
endWithParent()
await channel.start()
const begun = performance.now()
await manager.start()
const joinMs = performance.now() - begun
await make(manager, Number(sessions))
process.stdout.write(`ready node ${name} joinMs=${joinMs.toFixed(1)}\n`)

async function make(into: SessionManager, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const visit = into.visit()
    visit.set('n', 0)
    visit.set('text', `${i} `.padEnd(VALUE_CHARS, 'x'))
    void visit.commit()
    if (i % PER_TURN === 0) await new Promise(setImmediate)
  }
}

function startLoad(): void {
  const keys = [...manager.sessions()].map(({ key }) => key)
  let due = 0
  let last = performance.now()
  // Looking for the keys is not what is measured.
  setImmediate(() => {
    delays.reset()
    delays.enable()
  })
  load = setInterval(() => {
    const now = performance.now()
    due += ((now - last) * Number(writes)) / 1000
    last = now
    for (; due >= 1; due--) {
      const session = manager.find(keys[Math.floor(Math.random() * keys.length)]!)
      if (session === undefined) continue
      const visit = manager.visit(session)
      visit.set('n', (visit.get('n') as number) + 1)
      void visit.commit()
      written++
    }
  }, TICK_MS)
}

function facts(): JoinFacts {
  delays.disable()
  const ms = (nanoseconds: number): number => nanoseconds / 1e6
  const delayMs = { p50: ms(delays.percentile(50)), p99: ms(delays.percentile(99)), max: ms(delays.max) }
  let sum = 0
  for (const session of manager.sessions()) {
    const id = Number.parseInt(session.key.slice(0, 8), 16)
    sum = (sum + Math.imul(id | 1, 2 * ((session.get('n') as number) + 1) + 1)) >>> 0
  }
  return { sessions: manager.snapshot().sessions, sum, delayMs, written, manager: manager.snapshot() }
}

/**
 * session-memory ROLE COUNT
 *
 * Makes that many sessions of three short attributes in one manager and prints what they cost, as one line of JSON.
 * ROLE `owner`: requests make them here. ROLE `copy`: they come from another process, as messages. That process has the ROLE
 * `feeder`: it makes COUNT sessions each time it is told to and sends what its manager would tell another node.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Channel, ChannelListener } from '../../src/cluster/channel.ts'
import { createMember, type Member } from '../../src/cluster/member.ts'
import { createSessionManager, type SessionManager } from '../../src/session/index.ts'

/** The manager's own limit is not what is looked at. */
const NO_LIMIT = { sessions: 10_000_000 }
/** Made before the first look, so that code is compiled and tables exist. */
const WARMUP = 10_000
/** The event loop gets its turn, and the other process its time, after so many. */
const PER_TURN = 500

export interface SessionMemory {
  readonly sessions: number
  /** Heap and buffers, after a full collection. */
  readonly heapBytesPerSession: number
  /** Of the whole process, as the system counts it. */
  readonly rssBytesPerSession: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function used(): { heap: number; rss: number } {
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

type Told = [options: number, body: Uint8Array]

/** To one other member, which `told` stands for; or to nobody. */
function channelTo(told?: (...message: Told) => Promise<void>): Channel {
  const [local, other] = members()
  return {
    local,
    members: () => (told === undefined ? [] : [other]),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    addListener() {},
    removeListener() {},
    send: async (_to, body, options) => told?.(options, body),
  }
}

function members(): [Member, Member] {
  const member = (port: number) =>
    createMember({ host: Uint8Array.of(127, 0, 0, 1), port, uniqueId: new Uint8Array(16).fill(port) })
  return [member(1), member(2)]
}

async function make(manager: SessionManager, count: number): Promise<void> {
  for (let made = 1; made <= count; made++) {
    const visit = manager.visit()
    visit.set('user', `user-${Math.floor(Math.random() * 1e9)}`)
    visit.set('count', made)
    visit.set('locale', Math.random() < 0.5 ? 'de-DE' : 'en-GB')
    const told = visit.commit()
    if (made % PER_TURN === 0 || made === count) await (told ?? new Promise(setImmediate))
  }
}

/** Where the sessions come from: how to make some more. */
interface Source {
  fill(count: number): Promise<void>
  end(): void
}

function requests(manager: SessionManager): Source {
  return { fill: (count) => make(manager, count), end() {} }
}

/** Hands on what another process sends, and says so, for that process to go on. */
function copies(listener: ChannelListener): Source {
  const [local, sender] = members()
  const feeder = fork(fileURLToPath(import.meta.url), ['feeder'], { serialization: 'advanced' })
  let made = () => {}
  feeder.on('message', async (told: Told | 'made') => {
    if (told === 'made') return made()
    const [options, body] = told
    const message = { sender, options, timestamp: 0, uniqueId: local.uniqueId, body: Buffer.from(body) }
    await listener.message?.(message)
    feeder.send('taken')
  })
  return {
    fill: (count) =>
      new Promise((resolve, reject) => {
        made = resolve
        feeder.once('exit', (code, signal) => reject(new Error(`the feeder ended: ${code ?? signal}`)))
        feeder.send(count)
      }),
    end: () => feeder.kill(),
  }
}

/** Ends with the process that reads what it sends. */
async function feed(): Promise<void> {
  const parent = process as NodeJS.Process & { send: (message: unknown) => boolean }
  const untaken: (() => void)[] = []
  const told = (...message: Told): Promise<void> => {
    parent.send(message)
    return new Promise((taken) => untaken.push(taken))
  }
  const manager = createSessionManager({
    name: 'bench',
    channel: channelTo(told),
    stateTimeoutMs: 0,
    sendOptions: 'synchronised',
    limits: NO_LIMIT,
  })
  await manager.start()
  process.on('message', async (asked: number | 'taken') => {
    if (asked === 'taken') return untaken.shift()?.()
    await make(manager, asked)
    parent.send('made')
  })
  await once(process, 'disconnect')
}

async function measure(role: string, count: number): Promise<SessionMemory> {
  let listener: ChannelListener = {}
  const channel: Channel = {
    ...channelTo(),
    addListener(given) {
      listener = given
    },
  }
  const manager = createSessionManager({ name: 'bench', channel, limits: NO_LIMIT })
  const source = role === 'owner' ? requests(manager) : copies(listener)
  await source.fill(WARMUP)
  const before = used()
  const already = manager.snapshot().sessions
  await source.fill(count)
  const after = used()
  const sessions = manager.snapshot().sessions - already
  source.end()
  return {
    sessions,
    heapBytesPerSession: (after.heap - before.heap) / sessions,
    rssBytesPerSession: (after.rss - before.rss) / sessions,
  }
}

// Timers of a manager keep no process alive.
setInterval(() => {}, 1000)
const [role = 'owner', count = '100000'] = process.argv.slice(2)
if (role === 'feeder') await feed()
else console.log(JSON.stringify(await measure(role, Number(count))))
process.exit(0)

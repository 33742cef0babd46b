/**
 * session-memory ROLE COUNT
 *
 * Makes that many sessions of three short attributes in one manager and prints what they cost, as one line of JSON.
 * ROLE `owner`: requests make them here. ROLE `copy`: they come from other nodes, as messages.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Channel, ChannelListener, ReceivedMessage } from '../../src/cluster/channel.ts'
import { createMember, type Member } from '../../src/cluster/member.ts'
import { createSessionManager, type SessionManager } from '../../src/session/index.ts'

/** A node that sends copies is dropped after so many, so that its own do not count. */
const PER_SENDER = 10_000
/** The event loop gets its turn, and batches are sent, after so many. */
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

/** To one member, whose manager gets each message at once; or to nobody. */
function channelTo(receiver?: ChannelListener): Channel {
  const [local, other] = [1, 2].map((port) =>
    createMember({ host: Uint8Array.of(127, 0, 0, 1), port, uniqueId: new Uint8Array(16).fill(port) }),
  ) as [Member, Member]
  return {
    local,
    members: () => (receiver === undefined ? [] : [other]),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    addListener() {},
    removeListener() {},
    send(_to, body, options) {
      const message: ReceivedMessage = { sender: local, options, timestamp: 0, uniqueId: new Uint8Array(16), body }
      void receiver?.message?.(message)
      return Promise.resolve()
    },
  }
}

async function make(manager: SessionManager, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const visit = manager.visit()
    visit.set('user', `user-${Math.floor(Math.random() * 1e9)}`)
    visit.set('count', i)
    visit.set('locale', Math.random() < 0.5 ? 'de-DE' : 'en-GB')
    void visit.commit()
    if (i % PER_TURN === 0) await new Promise(setImmediate)
  }
}

async function measure(role: string, count: number): Promise<SessionMemory> {
  let listener: ChannelListener | undefined
  const channel: Channel = {
    ...channelTo(),
    addListener(given) {
      listener = given
    },
  }
  const manager = createSessionManager({ name: 'bench', channel, limits: { sessions: count + PER_SENDER } })
  const fill = async (wanted: number): Promise<void> => {
    if (role === 'owner') return make(manager, wanted)
    for (let made = 0; made < wanted; made += PER_SENDER) {
      const sender = createSessionManager({ name: 'bench', channel: channelTo(listener), stateTimeoutMs: 0 })
      await sender.start()
      await make(sender, Math.min(PER_SENDER, wanted - made))
      await sender.stop()
    }
  }
  // Code is compiled and tables exist before the first look.
  await fill(PER_SENDER)
  const before = used()
  const already = manager.snapshot().sessions
  await fill(count)
  const after = used()
  const sessions = manager.snapshot().sessions - already
  return {
    sessions,
    heapBytesPerSession: (after.heap - before.heap) / sessions,
    rssBytesPerSession: (after.rss - before.rss) / sessions,
  }
}

// Timers of a manager keep no process alive.
setInterval(() => {}, 1000)
const [role = 'owner', count = '100000'] = process.argv.slice(2)
console.log(JSON.stringify(await measure(role, Number(count))))
process.exit(0)

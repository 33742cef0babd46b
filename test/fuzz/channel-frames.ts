/**
 * Frames for the port of a channel with a key, of somebody who hears everything and has no key: recorded ones again,
 * recorded ones with bytes changed, cut or exchanged, and ones of his own making. Meanwhile two members talk to each other.
 * Nothing of his may reach a listener, no member may come or go, and nothing may be left behind.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { encodeMessage, frameHead, MessageDecoder } from '../../src/cluster/channel-data.ts'
import { PING_BODY, PROBE_BODY, START_BODY, STOP_BODY } from '../../src/cluster/control-messages.ts'
import { FRAME_DATA, FRAME_END } from '../../src/cluster/frame.ts'
import { createChannel, type GroupChannel, SEND } from '../../src/cluster/index.ts'
import { TcpTransport } from '../../src/cluster/transport/tcp.ts'
import type { Transport, TransportOptions } from '../../src/cluster/transport/transport.ts'
import type { Owner } from '../kit/owner.ts'
import { until } from '../kit/until.ts'
import { campaign, FuzzFailure, type FuzzOptions, type FuzzReport } from './campaign.ts'
import type { Random } from './random.ts'

/** Recorded frames; more teach nothing new. */
const MAX_RECORDED = 200
/** Longest wait for a frame to be refused. */
const PATIENCE_MS = 5_000
/** Cases between two messages of the members. */
const TALK_EVERY = 500
/** Bodies in clear; those of session managers that read JSON, too. */
const CLEAR_BODIES: readonly Uint8Array[] = [
  START_BODY,
  STOP_BODY,
  PROBE_BODY,
  PING_BODY,
  Buffer.from('{"op":"set","path":["__proto__","x"],"value":1}'),
  Buffer.from('{"constructor":{"prototype":{"x":1}}}'),
  Buffer.from('aced00057372', 'hex'),
]

export async function fuzzChannelFrames(
  owner: Owner,
  options: FuzzOptions,
  more: readonly Uint8Array[] = [],
): Promise<FuzzReport> {
  const group = await Group.start(owner)
  const bodies = [...CLEAR_BODIES, ...more]
  const report = await campaign(options, 1, async (random, index) => {
    if (index % TALK_EVERY === 0) await group.talk()
    const frame = frameOf(random, group, bodies)
    const outcome = await group.play(frame)
    const wrong = group.complaint()
    if (wrong !== undefined || outcome === 'not refused')
      throw new FuzzFailure(wrong ?? outcome, frame.toString('latin1'), options.seed, index)
    return outcome
  })
  await group.talk()
  return report
}

/** One frame of the enemy. */
function frameOf(random: Random, group: Group, bodies: readonly Uint8Array[]): Buffer {
  const recorded = Buffer.from(random.pick(group.recorded))
  switch (random.below(6)) {
    case 0:
      return recorded
    case 1: {
      const at = random.below(recorded.length)
      recorded[at]! ^= 1 << random.below(8)
      return recorded
    }
    case 2: {
      // Well-formed, with a changed body: nothing but the key can tell.
      const message = new MessageDecoder().decode(dataOf(recorded))
      const body = Buffer.from(message.body)
      for (let times = 1 + random.below(4); times > 0; times--) body[random.below(body.length)] = random.below(256)
      const cut = random.chance(4) ? body.subarray(0, random.below(body.length)) : body
      return encodeMessage(frameHead(message.sender), { ...message, body: cut })
    }
    case 3: {
      // The body of one message under the head of another.
      const [one, other] = [recorded, random.pick(group.recorded)].map((frame) =>
        new MessageDecoder().decode(dataOf(frame)),
      )
      const options = random.chance(2) ? one!.options : one!.options ^ (1 << random.below(12))
      const sender = random.chance(2) ? one!.sender : { ...one!.sender, uniqueId: other!.sender.uniqueId }
      return encodeMessage(frameHead(sender), { ...one!, options, body: other!.body })
    }
    case 4: {
      // In clear, as if from a member.
      const sender = random.pick(group.channels).local
      const message = { options: random.below(16), timestamp: Date.now(), uniqueId: randomBytes(16) }
      return encodeMessage(frameHead(sender), { ...message, body: random.pick(bodies) })
    }
    default: {
      const sender = random.pick(group.channels).local
      const body = Buffer.concat([Buffer.of(1, random.below(2)), randomBytes(44 + random.below(100))])
      return encodeMessage(frameHead(sender), { options: 2, timestamp: Date.now(), uniqueId: randomBytes(16), body })
    }
  }
}

function dataOf(frame: Buffer): Buffer {
  return frame.subarray(FRAME_DATA, frame.length - FRAME_END.length)
}

/** Two members, a wire that is tapped, and a connection to the port of the second. */
class Group {
  readonly channels: readonly GroupChannel[]
  readonly recorded: Buffer[] = []
  readonly #heard: string[] = []
  #expected = 0
  #left = 0
  #enemy: Socket | undefined
  #closed = true

  private constructor(keys: readonly string[]) {
    const transport = (options: TransportOptions) => this.#tapped(new TcpTransport(options))
    this.channels = [0, 1].map(() => createChannel({ receiver: { port: 0 }, encryption: { keys }, transport }))
    for (const channel of this.channels) {
      channel.addListener({
        message: ({ body }) => this.#heard.push(Buffer.from(body).toString()) > 0,
        memberDisappeared: () => void this.#left++,
      })
    }
  }

  static async start(owner: Owner): Promise<Group> {
    const group = new Group([randomBytes(32).toString('hex')])
    owner.after(() => void group.#enemy?.destroy())
    for (const channel of group.channels) owner.after(() => channel.stop())
    await Promise.all(group.channels.map((channel) => channel.start()))
    for (const channel of group.channels) {
      for (const { local } of group.channels) await channel.addMember({ host: '127.0.0.1', port: local.port })
    }
    await until('they see each other', () => group.channels.every((channel) => channel.members().length === 1))
    for (let i = 0; i < 20; i++) await group.talk()
    return group
  }

  /** Each member tells the other something, and it arrives. */
  async talk(): Promise<void> {
    for (const channel of this.channels) {
      this.#expected++
      await channel.send(
        channel.members(),
        randomBytes(20 + (this.#expected % 200)),
        SEND.USE_ACK | SEND.SYNCHRONIZED_ACK,
      )
    }
  }

  complaint(): string | undefined {
    if (this.#heard.length !== this.#expected) return `${this.#heard.length} messages were heard, not ${this.#expected}`
    if (this.#left > 0 || this.channels.some((channel) => channel.members().length !== 1)) return 'a member was lost'
    const isMissing = this.channels.some((channel) => channel.snapshot().missing.length > 0)
    return isMissing ? 'a member is missing' : undefined
  }

  /** Sends a frame to the second member, and waits until it was refused, or its connection was closed. */
  async play(frame: Buffer): Promise<string> {
    const before = this.#refusals()
    const enemy = await this.#connection()
    enemy.write(frame)
    // What only begins a frame is answered by nothing: the end of the connection is the end of the case.
    if (!isWhole(frame)) enemy.end()
    let outcome: string | undefined
    const patience = performance.now() + PATIENCE_MS
    // Not `until`, whose pauses are longer than a case.
    while (outcome === undefined && !this.#closed && performance.now() < patience) {
      await new Promise((resolve) => setImmediate(resolve))
      const after = this.#refusals()
      outcome = Object.keys(after).find((kind) => after[kind]! > before[kind]!)
    }
    return outcome ?? (this.#closed ? 'cut' : 'not refused')
  }

  #refusals(): Record<string, number> {
    const { layers, counters } = this.channels[1]!.snapshot()
    const { opened: _, ...refused } = layers.encrypt!
    return { ...refused, closed: counters.connectionsRefused }
  }

  async #connection(): Promise<Socket> {
    if (this.#enemy !== undefined && !this.#closed) return this.#enemy
    const socket = connect({ host: '127.0.0.1', port: this.channels[1]!.local.port, noDelay: true })
    this.#enemy = socket
    this.#closed = false
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => {
      if (this.#enemy === socket) this.#closed = true
    })
    await new Promise<void>((connected) => socket.once('connect', connected).once('close', connected))
    return socket
  }

  #tapped(transport: Transport): Transport {
    const send = transport.send.bind(transport)
    transport.send = (to, frame, wantsAck, outcome) => {
      if (this.recorded.length < MAX_RECORDED) this.recorded.push(Buffer.from(frame))
      send(to, frame, wantsAck, outcome)
    }
    return transport
  }
}

/** The length that it says is the length that it has. */
function isWhole(frame: Buffer): boolean {
  return (
    frame.length >= FRAME_DATA && frame.readInt32BE(FRAME_DATA - 4) === frame.length - FRAME_DATA - FRAME_END.length
  )
}

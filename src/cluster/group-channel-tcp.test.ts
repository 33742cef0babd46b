/** Channels over real sockets, in this process and in processes that are killed. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/kit/ports.ts'
import { until, within } from '../../test/kit/until.ts'
import { SEND } from './channel.ts'
import { encodeMessage, frameHead, MessageDecoder } from './channel-data.ts'
import { START_BODY, STOP_BODY } from './control-messages.ts'
import { ClusterError } from './errors.ts'
import type { ClusterEvent } from './events.ts'
import { ACK_FRAME, FRAME_DATA, FRAME_END } from './frame.ts'
import { createChannel, type GroupChannel } from './group-channel.ts'
import { createMember, type Member } from './member.ts'
import type { ChannelOptions } from './options.ts'
import type { Order, Report } from './testing/channel-process.ts'
import { countingId, fixture } from './testing/fixture.ts'
import { turns } from './testing/lab.ts'
import { RawClient, RawPeer } from './testing/raw-peer.ts'
import { LOOPBACK } from './testing/transport-node.ts'

const SYNC = SEND.USE_ACK | SEND.SYNCHRONIZED_ACK
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Node {
  readonly channel: GroupChannel
  readonly heard: string[]
  readonly events: ClusterEvent[]
}

async function node(options: ChannelOptions = {}): Promise<Node> {
  const channel = createChannel({ ...options, receiver: { port: 0, ...options.receiver } })
  const heard: string[] = []
  const events: ClusterEvent[] = []
  channel.on('event', (event) => events.push(event))
  channel.addListener({
    message: ({ body }) => {
      heard.push(Buffer.from(body).toString())
      return true
    },
  })
  closing.push(() => channel.stop())
  await channel.start()
  return { channel, heard, events }
}

/** Nodes that know each other. */
async function group(size: number, options: ChannelOptions = {}): Promise<Node[]> {
  const nodes = await Promise.all(Array.from({ length: size }, () => node(options)))
  for (const { channel } of nodes) {
    for (const other of nodes) await channel.addMember({ host: '127.0.0.1', port: other.channel.local.port })
  }
  await until('all see all', () => nodes.every(({ channel }) => channel.members().length === size - 1))
  return nodes
}

describe('a group over TCP', () => {
  test('broadcasts in order and acknowledges', async () => {
    const [a, b, c] = await group(3)
    const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`)
    for (const text of texts) await a!.channel.send(a!.channel.members(), Buffer.from(text), SEND.ASYNCHRONOUS)
    await until('all have arrived', () => b!.heard.length === 500 && c!.heard.length === 500)
    assert.deepEqual(b!.heard, texts)
    assert.deepEqual(c!.heard, texts)
    await a!.channel.send(a!.channel.members(), Buffer.from('at last'), SYNC)
    assert.equal(b!.heard.at(-1), 'at last')
    assert.equal(c!.heard.at(-1), 'at last')
  })

  test('says goodbye', async () => {
    const [a, b] = await group(2)
    await b!.channel.stop()
    await until('it is gone', () => a!.channel.members().length === 0)
    assert.ok(a!.events.some((event) => event.type === 'member-disappeared' && event.reason === 'stopped'))
  })

  test('is not disturbed by a member that hangs, and tells who has to be brought up to date', async () => {
    const [a, b] = await group(2, { limits: { maxFrameBytes: 1_000_000, maxQueuedBytesPerMember: 2_000_000 } })
    b!.channel.addListener({ message: () => new Promise(() => {}) })
    const behind: string[] = []
    a!.channel.addListener({
      sendFailed: (members, cause) => {
        assert.deepEqual(members, a!.channel.members())
        behind.push(cause.faulty[0]?.cause.code ?? cause.code)
      },
    })
    const body = Buffer.alloc(500_000)
    await until('the queue is full', async () => {
      for (let i = 0; i < 10; i++) await a!.channel.send(a!.channel.members(), body, SEND.ASYNCHRONOUS)
      return behind.length > 0
    })
    assert.equal(behind[0], 'CLUSTER_QUEUE_FULL')
    assert.equal(a!.channel.members().length, 1, 'slow is not dead')
    assert.ok(a!.channel.snapshot().members[0]!.queueBytes <= 2_000_000)
  })

  test('does not spin around a member that accepts connections and closes them', async () => {
    // A heartbeat would look for it, too.
    const [a] = await group(1, { heartbeatMs: 3_600_000 })
    const accepted = { count: 0, close: false }
    const peer = await RawPeer.listen((socket) => {
      accepted.count++
      if (accepted.close) socket.destroy()
      else socket.resume()
    })
    closing.push(() => peer.close())
    const { port } = peer.member
    await a!.channel.addMember({ host: '127.0.0.1', port, uniqueId: countingId(0x50) })
    await until('it is a member', () => a!.channel.members().length === 1)
    accepted.close = true
    for (const socket of peer.sockets) socket.destroy()
    const suspected = () => a!.events.some(({ type }) => type === 'member-suspect')
    await until('it is a suspect', suspected)
    // One reconnect, one probe, perhaps one more of each; a spin would make a connection every few turns.
    const before = accepted.count
    await turns(500)
    assert.ok(accepted.count - before <= 4, `${accepted.count - before} connections`)
  })

  test('survives every kind of garbage on its port', async () => {
    const [a, b] = await group(2)
    const { port } = a!.channel.local
    const hello = encodeMessage(frameHead(b!.channel.local), {
      options: 0,
      timestamp: 0,
      uniqueId: countingId(0),
      body: Buffer.from('cut'),
    })
    const startOf = (sender: Member) => {
      return encodeMessage(frameHead(sender), { options: 0, timestamp: 0, uniqueId: countingId(0), body: START_BODY })
    }
    const inputs = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(100_000, 0xff),
      Buffer.from('FLT2002\x7f\xff\xff\xff', 'latin1'),
      ACK_FRAME,
      fixture('frame-session-created'),
      fixture('02-tcp-probe'),
      hello.subarray(0, hello.length - 1),
      startOf({ ...b!.channel.local, port: 70_000 }),
    ]
    const clients = await Promise.all(inputs.map(() => RawClient.connect(port)))
    clients.forEach(({ socket }, i) => {
      socket.end(inputs[i]!)
    })
    await until('all are closed', () => clients.every(({ closed }) => closed))
    await b!.channel.send(b!.channel.members(), Buffer.from('still here'), SYNC)
    assert.deepEqual(a!.heard, ['still here'])
    assert.deepEqual(a!.channel.members(), [a!.channel.members()[0]])
    const counters = a!.channel.snapshot().counters
    assert.equal(counters.connectionsRefused, 5)
    assert.equal(counters.refused, 1)
  })
})

describe('on the port', () => {
  test('autoBind takes the next one, and complains when none is left', async () => {
    const first = await node()
    const { port } = first.channel.local
    const second = await node({ receiver: { port, autoBind: 20 } })
    assert.ok(second.channel.local.port > port)
    const third = createChannel({ receiver: { port, autoBind: 1 } })
    await assert.rejects(third.start(), {
      code: 'CLUSTER_PORT_IN_USE',
      message: `port ${port} is in use on 127.0.0.1`,
    })
  })

  test('an address that is not ours is one clear error', async () => {
    const channel = createChannel({ receiver: { address: '192.0.2.1', port: 0 }, insecure: true })
    await assert.rejects(channel.start(), { code: 'CLUSTER_BIND', message: /cannot listen on 192\.0\.2\.1:0: / })
  })
})

describe('a Tomcat peer', () => {
  const tomcatId = countingId(0x50)
  /** Speaks as Tomcat 10.1 does: takes frames, acknowledges options 2 and 6, and says nothing of its own accord. */
  const tomcat = async () => {
    const received: string[] = []
    const decoder = new MessageDecoder()
    const peer = await RawPeer.listen((socket) => {
      let rest = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        rest = Buffer.concat([rest, chunk])
        while (rest.length >= FRAME_DATA && rest.length >= rest.readInt32BE(7) + 18) {
          const end = rest.readInt32BE(7) + 18
          const { body, options } = decoder.decode(rest.subarray(FRAME_DATA, end - FRAME_END.length))
          received.push(`${options} ${Buffer.from(body)}`)
          rest = rest.subarray(end)
          if ((options & SEND.USE_ACK) !== 0) socket.write(ACK_FRAME)
        }
      })
    })
    closing.push(() => peer.close())
    return { peer, received }
  }

  test('is told START, becomes a member, gets messages and a goodbye', async () => {
    const { peer, received } = await tomcat()
    const { port } = peer.member
    const members = [{ host: '127.0.0.1', port, uniqueId: tomcatId }]
    const a = await node({ members, heartbeatMs: 3_600_000, sender: { connectTimeoutMs: 30_000 } })
    assert.equal(a.channel.members().length, 1)
    assert.deepEqual(new Uint8Array(a.channel.members()[0]!.uniqueId), tomcatId)
    await a.channel.send(a.channel.members(), Buffer.from('hello'), SYNC)
    await a.channel.send(a.channel.members(), Buffer.from('world'), SEND.ASYNCHRONOUS)
    await a.channel.stop()
    await until('the goodbye', () => received.length === 4)
    assert.deepEqual([...received].sort(), [`0 ${STOP_BODY}`, `1024 ${START_BODY}`, '6 hello', '8 world'].sort())
  })

  test('that says START is a member at once; its STOP ends it', async () => {
    const { peer } = await tomcat()
    const member = createMember({ host: LOOPBACK, port: peer.member.port, uniqueId: tomcatId })
    const a = await node()
    await a.channel.addMember({ host: '127.0.0.1', port: member.port, uniqueId: tomcatId })
    const client = await RawClient.connect(a.channel.local.port)
    closing.push(() => client.socket.destroy())
    const say = (body: Uint8Array, options = 0) => {
      const message = { options, timestamp: Date.now(), uniqueId: countingId(1), body }
      client.socket.write(encodeMessage(frameHead(member), message))
    }
    say(START_BODY)
    await until('it is a member', () => a.channel.members().length === 1)
    say(Buffer.from('from Tomcat'), SYNC)
    await until('it is acknowledged', () => client.received.equals(ACK_FRAME))
    assert.deepEqual(a.heard, ['from Tomcat'])
    say(STOP_BODY)
    await until('it is gone', () => a.channel.members().length === 0)
  })
})

describe('processes', () => {
  const script = fileURLToPath(new URL(`./testing/channel-process${extname(import.meta.url)}`, import.meta.url))

  class Child {
    readonly reports: Report[] = []
    readonly process: ChildProcess
    readonly port: number

    constructor(port: number, ports: readonly number[]) {
      this.port = port
      this.process = fork(script, [port, ...ports].map(String))
      this.process.on('message', (report: Report) => this.reports.push(report))
      closing.push(() => this.kill('SIGKILL'))
    }

    async kill(signal: NodeJS.Signals): Promise<void> {
      if (this.process.exitCode !== null || this.process.signalCode !== null) return
      this.process.kill(signal)
      await within(`${this.port} ends`, once(this.process, 'exit'))
    }

    order(order: Order): void {
      this.process.send(order)
    }

    saw(type: 'added' | 'disappeared', port: number): number {
      return this.reports.filter((report) => report.type === type && report.port === port).length
    }

    heard(text: string): number {
      return this.reports.filter((report) => report.type === 'message' && report.text === text).length
    }
  }

  test('a killed one is noticed at once by all others, and welcome when it comes back', async () => {
    const ports = [await freePort(), await freePort(), await freePort()] as const
    const [a, b, c] = ports.map((port) => new Child(port, ports)) as [Child, Child, Child]
    const all = [a, b, c]
    await until('all see all', () =>
      all.every((one) => all.every((other) => one === other || one.saw('added', other.port) === 1)),
    )
    a.order({ send: 'before', options: SYNC })
    await until('the others have it', () => b.heard('before') === 1 && c.heard('before') === 1)

    // Its acknowledgement may still be on the way, so that the message counts as failed; nobody minds.
    await b.kill('SIGKILL')
    const noticed = () => a.saw('disappeared', b.port) === 1 && c.saw('disappeared', b.port) === 1
    await until('the others notice', noticed)
    a.order({ send: 'meanwhile', options: SEND.ASYNCHRONOUS })
    await until('the other has it', () => c.heard('meanwhile') === 1)

    const again = new Child(b.port, ports)
    await until('it is back', () => a.saw('added', b.port) === 2 && c.saw('added', b.port) === 2)
    await until('it sees the others', () => again.saw('added', a.port) === 1 && again.saw('added', c.port) === 1)
    again.order({ send: 'back', options: SEND.ASYNCHRONOUS })
    await until('it is heard', () => a.heard('back') === 1 && c.heard('back') === 1)
    assert.equal(again.heard('meanwhile'), 0)

    await c.kill('SIGTERM')
    await until(
      'the goodbye is heard',
      () => a.saw('disappeared', c.port) === 1 && again.saw('disappeared', c.port) === 1,
    )
  })
})

test('errors that cross the channel are ClusterErrors with a code', async () => {
  const a = await node()
  const stranger = createMember({ host: LOOPBACK, port: 1, uniqueId: countingId(0) })
  const failure = await a.channel.send([stranger], Buffer.from('x'), SYNC).catch((error: unknown) => error)
  assert.ok(failure instanceof ClusterError)
  assert.equal(failure.code, 'CLUSTER_SEND')
  assert.deepEqual(
    failure.faulty.map(({ member, cause }) => [member, cause.code]),
    [[stranger, 'CLUSTER_CONNECT']],
  )
})

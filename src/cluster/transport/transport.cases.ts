/** What every transport must do, whatever carries its frames. Each implementation calls `transportCases` in its test. */
import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { freePort } from '../../../test/kit/ports.ts'
import { until, within } from '../../../test/kit/until.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import type { ClusterError } from '../errors.ts'
import { ACK_FRAME, encodeFrame, FAIL_ACK_FRAME } from '../frame.ts'
import { memberAt, type NodeSettings, TransportNode, testOptions } from '../testing/transport-node.ts'
import type { Transport, TransportOptions } from './transport.ts'

/** For what takes milliseconds, on a machine that is slow and busy. */
const PATIENCE_MS = 30_000

export interface TransportLab {
  /** A transport of one network that all transports of this lab share. */
  create(options: TransportOptions): Transport
  /** Ends the process behind a node without a goodbye. */
  kill(node: TransportNode): Promise<void>
}

export function transportCases(name: string, makeLab: () => TransportLab): void {
  const nodes: TransportNode[] = []
  let lab = makeLab()
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.transport.close(0)))
    lab = makeLab()
  })
  const open = async (settings: NodeSettings = {}) => {
    const node = new TransportNode(lab.create(testOptions(settings)))
    nodes.push(node)
    return await node.open()
  }
  const pair = async (settings: NodeSettings = {}) => [await open(settings), await open(settings)] as const
  const acknowledges = (node: TransportNode, frame = ACK_FRAME) => {
    node.onFrame = (_text, reply) => reply(frame)
  }
  const codeOf = (failure: ClusterError | undefined) => failure?.code
  const nobody = memberAt(1)

  describe(`${name}: frames without acknowledgement`, () => {
    test('arrive in the order they were sent', async () => {
      const [a, b] = await pair()
      const texts = Array.from({ length: 300 }, (_, i) => `frame ${i}`)
      const outcomes = await Promise.all(texts.map((text) => a.send(b, text)))
      await until('all have arrived', () => b.received.length === texts.length)
      assert.deepEqual(b.received, texts)
      assert.deepEqual(new Set(outcomes.map(codeOf)), new Set([undefined]))
      assert.deepEqual(a.transport.snapshot(b.member), { link: 'open', queuedBytes: 0, sent: 300, failed: 0 })
    })

    test('arrive whole when they are large', async () => {
      const [a, b] = await pair()
      const large = Buffer.alloc(3_000_000, 'clowder!')
      await a.send(b, large)
      await a.send(b, 'after')
      await until('both have arrived', () => b.received.length === 2)
      assert.ok(b.received[0] === large.toString('latin1'))
      assert.equal(b.received[1], 'after')
    })

    test('that nobody can take fail with CLUSTER_CONNECT, and cast doubt', async () => {
      const a = await open()
      assert.equal(codeOf(await a.send(nobody, 'x')), 'CLUSTER_CONNECT')
      assert.deepEqual(
        a.doubts.map(({ to, cause }) => [to.port, cause.code]),
        [[1, 'CLUSTER_CONNECT']],
      )
    })

    test('are taken one after the other: a promise of the handler holds back the next', async () => {
      const [a, b] = await pair()
      let release = () => {}
      b.onFrame = (text) => (text === 'first' ? new Promise((resolve) => (release = resolve)) : undefined)
      await a.send(b, 'first')
      a.send(b, 'second')
      await until('the first is being handled', () => b.received.length === 1)
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(b.received, ['first'])
      release()
      await until('the second is handled', () => b.received.length === 2)
    })

    test('to a peer that does not take them fail with CLUSTER_QUEUE_FULL, and do not disturb the others', async () => {
      const [a, b] = await pair({ limits: { maxQueuedBytesPerMember: 100_000 } })
      const c = await open()
      b.onFrame = () => new Promise(() => {})
      const failures: ClusterError[] = []
      // The system's own buffers take some megabytes first.
      await until('the queue is full', () => {
        for (let i = 0; i < 20; i++) {
          a.send(b, Buffer.alloc(50_000)).then((failure) => failure && failures.push(failure))
        }
        return failures.length > 0
      })
      assert.equal(codeOf(failures[0]), 'CLUSTER_QUEUE_FULL')
      assert.ok(a.transport.snapshot(b.member).queuedBytes <= 100_000)
      await a.send(c, 'to another')
      await until('the other has it', () => c.received.length === 1)
    })
  })

  describe(`${name}: frames with acknowledgement`, () => {
    test('settle when the peer has acknowledged, not before', async () => {
      const [a, b] = await pair()
      let acknowledge = () => {}
      b.onFrame = (_text, reply) =>
        new Promise((resolve) => {
          acknowledge = () => {
            reply(ACK_FRAME)
            resolve()
          }
        })
      let settled = false
      const outcome = a.send(b, 'x', true).finally(() => (settled = true))
      await until('it has arrived', () => b.received.length === 1)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(settled, false)
      acknowledge()
      assert.equal(await within('the outcome', outcome), undefined)
      assert.equal(a.transport.snapshot(b.member).queuedBytes, 0)
    })

    test('may be many at once', async () => {
      const [a, b] = await pair()
      acknowledges(b)
      const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => a.send(b, `m${i}`, true)))
      assert.deepEqual(new Set(outcomes.map(codeOf)), new Set([undefined]))
      assert.equal(b.received.length, 100)
    })

    test('fail with CLUSTER_FAIL_ACK when the peer could not process them; that casts no doubt', async () => {
      const [a, b] = await pair()
      acknowledges(b, FAIL_ACK_FRAME)
      assert.equal(codeOf(await a.send(b, 'x', true)), 'CLUSTER_FAIL_ACK')
      acknowledges(b)
      assert.equal(await a.send(b, 'y', true), undefined)
      assert.deepEqual(a.doubts, [])
    })

    test('fail with CLUSTER_ACK_TIMEOUT when no acknowledgement comes in time; that casts doubt', async () => {
      const clock = new FakeClock()
      const [a, b] = await pair({ clock, timeoutMs: 50 })
      const outcome = a.send(b, 'x', true)
      await until('it has arrived', () => b.received.length === 1)
      clock.advance(60)
      assert.equal(codeOf(await within('the timeout', outcome)), 'CLUSTER_ACK_TIMEOUT')
      assert.deepEqual(
        a.doubts.map(({ cause }) => cause.code),
        ['CLUSTER_ACK_TIMEOUT'],
      )
      acknowledges(b)
      assert.equal(await a.send(b, 'y', true), undefined)
    })

    test('that nobody can take fail with CLUSTER_CONNECT', async () => {
      const a = await open()
      assert.equal(codeOf(await a.send(nobody, 'x', true)), 'CLUSTER_CONNECT')
    })
  })

  describe(`${name}: links`, () => {
    test('that are kept come up without traffic, and begin with the greeting', async () => {
      const [a, b] = await pair()
      a.greeting = encodeFrame(Buffer.from('hello'))
      assert.equal(a.transport.isOpen(b.member), false)
      a.transport.keep(b.member)
      a.send(b, 'first')
      await until('both have arrived', () => b.received.length === 2)
      assert.deepEqual(b.received, ['hello', 'first'])
      assert.equal(a.transport.isOpen(b.member), true)
      assert.deepEqual(
        a.ups.map(({ port }) => port),
        [b.member.port],
      )
    })

    test('that are kept are tried again on every heartbeat until somebody listens', async () => {
      const a = await open()
      // Not one that the system may give to somebody else in the time when nobody listens.
      const port = await freePort()
      const early = await open({ bind: { port } })
      await lab.kill(early)
      a.transport.keep(memberAt(port))
      await until('the first try failed', () => a.doubts.length === 1)
      a.transport.heartbeat()
      await until('the second try failed', () => a.doubts.length === 2)
      await open({ bind: { port } })
      a.transport.heartbeat()
      await until('the link is up', () => a.ups.length === 1)
    })

    test('go down when the peer dies, and say that messages may be lost', async () => {
      const [a, b] = await pair()
      a.transport.keep(b.member)
      await a.send(b, 'x')
      await until('it has arrived', () => b.received.length === 1)
      await lab.kill(b)
      await until('the link is down', () => a.downs.length === 1)
      assert.equal(a.downs[0]?.to.port, b.member.port)
      assert.equal(a.downs[0]?.mayHaveLost, true)
      assert.equal(a.transport.isOpen(b.member), false)
    })

    test('that carried nothing but what nobody minds have lost nothing', async () => {
      const [a, b] = await pair()
      a.greeting = encodeFrame(Buffer.from('hello'))
      a.transport.keep(b.member)
      a.transport.send(b.member, encodeFrame(Buffer.from('never mind')), false, undefined)
      await until('both have arrived', () => b.received.length === 2)
      await lab.kill(b)
      await until('the link is down', () => a.downs.length === 1)
      assert.equal(a.downs[0]?.mayHaveLost, false)
    })

    test('are closed by a peer that cannot handle a frame', async () => {
      const [a, b] = await pair()
      b.onFrame = () => {
        throw new Error('unreadable')
      }
      a.transport.keep(b.member)
      await a.send(b, 'x')
      await until('the link is down', () => a.downs.length === 1)
      await until('the peer tells why', () => b.refusals.length > 0)
    })

    test('that are released fail what waits, and stay closed', async () => {
      const a = await open()
      a.transport.keep(nobody)
      const outcome = a.send(nobody, 'x')
      a.transport.release(nobody)
      assert.equal(codeOf(await outcome), 'CLUSTER_STOPPED')
      a.transport.heartbeat()
      assert.equal(a.transport.snapshot(nobody).link, 'closed')
    })
  })

  describe(`${name}: probes`, () => {
    const frame = encodeFrame(Buffer.from('probe'))

    test('find a peer alive, and it handles the frame', async () => {
      const [a, b] = await pair()
      assert.equal(await a.transport.probe(b.member, frame, PATIENCE_MS), 'alive')
      await until('the probe has arrived', () => b.received.includes('probe'))
    })

    test('find nobody dead', async () => {
      const a = await open()
      assert.equal(await a.transport.probe(nobody, frame, PATIENCE_MS), 'dead')
    })
  })

  describe(`${name}: opening and closing`, () => {
    test('a taken port: the next one of those that autoBind allows', async () => {
      const a = await open()
      const b = await open({ bind: { port: a.member.port, autoBind: 10 } })
      assert.ok(b.member.port > a.member.port && b.member.port < a.member.port + 10)
    })

    test('no port left: CLUSTER_PORT_IN_USE', async () => {
      const a = await open()
      await assert.rejects(open({ bind: { port: a.member.port, autoBind: 1 } }), { code: 'CLUSTER_PORT_IN_USE' })
    })

    test('closing writes what is queued', async () => {
      const [a, b] = await pair()
      a.send(b, 'last words')
      await a.transport.close(PATIENCE_MS)
      await until('it has arrived', () => b.received.length === 1)
    })

    test('closing twice is fine, and sending afterwards fails', async () => {
      const [a, b] = await pair()
      await a.send(b, 'x')
      await a.transport.close(0)
      await a.transport.close(0)
      assert.equal(codeOf(await a.send(b, 'y')), 'CLUSTER_NOT_RUNNING')
    })
  })
}

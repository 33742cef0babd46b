/** The life of one channel: start, stop, options, snapshot, and its own lateness. The stories of groups are in group-channel.test.ts. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SEND } from './channel.ts'
import type { Interceptor } from './interceptors/interceptor.ts'
import type { MembershipSource } from './membership/source.ts'
import { addressOf, Lab, turns } from './testing/lab.ts'

let lab = new Lab()
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.stop())

const SYNC = SEND.USE_ACK | SEND.SYNCHRONIZED_ACK

describe('a node that is late itself', () => {
  test('says so, and widens its timeouts until its heartbeats are on time again', async () => {
    const [a] = await lab.start('a')
    const monotonic = lab.clock.monotonic.bind(lab.clock)
    let blocked = 0
    lab.clock.monotonic = () => monotonic() + blocked
    blocked = 1600
    await lab.beats(1)
    assert.equal(a?.channel.snapshot().lateness, 3)
    assert.deepEqual(
      a?.events.filter(({ type }) => type === 'late-heartbeat'),
      [{ type: 'late-heartbeat', lateMs: 1600, score: 3 }],
    )
    await lab.beats(2)
    assert.equal(a?.channel.snapshot().lateness, 1)
  })
})

describe('the life of a channel', () => {
  test('before start and after stop nothing can be sent', async () => {
    const a = lab.node('a')
    await assert.rejects(a.say('x', 0, [a.channel.local]), { code: 'CLUSTER_NOT_RUNNING' })
    await a.channel.start()
    await a.channel.stop()
    await assert.rejects(a.say('x', 0, [a.channel.local]), { code: 'CLUSTER_NOT_RUNNING' })
  })

  test('start and stop may be called twice', async () => {
    const a = lab.node('a')
    await Promise.all([a.channel.start(), a.channel.start()])
    await Promise.all([a.channel.stop(), a.channel.stop()])
    await a.channel.stop()
    assert.deepEqual(a.eventTypes().match(/started|stopped/g), ['started', 'stopped'])
  })

  test('stop before start leaves nothing to start', async () => {
    const a = lab.node('a')
    await a.channel.stop()
    await assert.rejects(a.channel.start(), { code: 'CLUSTER_STOPPED' })
  })

  test('stop during start does not wait for members that do not answer', async () => {
    const a = lab.node('a', { members: [] })
    const b = lab.node('b')
    await a.channel.start()
    const starting = b.channel.start()
    await turns()
    await b.channel.stop()
    await starting
    assert.equal(b.channel.snapshot().state, 'stopped')
  })

  test('no timer outlives the channels', async () => {
    await lab.start('a', 'b', 'c')
    await lab.stop()
    assert.equal(lab.clock.pending, 0)
  })

  test('a start that fails can be told and leaves nothing behind', async () => {
    await lab.start('a')
    const taken = lab.node('a', { receiver: { address: addressOf('a'), autoBind: 1 } })
    await assert.rejects(taken.channel.start(), { code: 'CLUSTER_PORT_IN_USE' })
    assert.equal(taken.channel.snapshot().state, 'stopped')
    await taken.channel.stop()
  })

  for (const hook of ['start', 'stop'] as const) {
    test(`a ${hook} that fails in a layer of the program leaves no timer, no source and no member`, async () => {
      const [b] = await lab.start('b')
      let sourceStops = 0
      const stop = () => void sourceStops++
      const source: MembershipSource = { name: 'x', firstLookMs: 0, start: async () => {}, stop }
      const fails: Interceptor = { name: 'fails', [hook]: () => Promise.reject(new Error('mine')) }
      const a = lab.node('a', { interceptors: [fails], membership: [source] })
      await assert.rejects(async () => {
        await a.channel.start()
        await a.channel.stop()
      }, /mine/)
      assert.deepEqual([a.channel.snapshot().state, a.members, sourceStops], ['stopped', '', 1])
      await b?.channel.stop()
      assert.equal(lab.clock.pending, 0)
      // The end of the test stops its channels, and this one would say again that it failed.
      lab = new Lab()
    })
  }

  test('the receiver on a name is bound where the name leads, if that is allowed', async () => {
    const options = { receiver: { address: 'a.test' }, lookup: async () => addressOf('a'), members: [] }
    const refused = lab.node('a', { ...options, insecure: false })
    await assert.rejects(refused.channel.start(), { code: 'CLUSTER_INSECURE_BIND' })
    const allowed = lab.node('a', options)
    await allowed.channel.start()
    assert.deepEqual([...allowed.channel.local.host], [10, 0, 0, 1])
  })

  test('a receiver on a name that leads nowhere is one clear error', async () => {
    const lookup = () => Promise.reject(new Error('no such host'))
    const a = lab.node('a', { receiver: { address: 'a.test' }, lookup, members: [] })
    await assert.rejects(a.channel.start(), {
      code: 'CLUSTER_BIND',
      message: 'a.test has no address to listen on: no such host',
    })
  })

  test('the snapshot says what an operator asks', async () => {
    const [a, b] = await lab.start('a', 'b')
    await a?.say('x', SEND.ASYNCHRONOUS)
    await b?.say('y', SYNC)
    await turns()
    lab.clock.advance(100)
    const { uniqueId, ...member } = a!.channel.snapshot().members[0]!
    assert.match(uniqueId, /^[0-9a-f]{32}$/)
    assert.deepEqual(member, {
      name: 'tcp://{10, 0, 0, 2}:4000',
      host: '10.0.0.2',
      port: 4000,
      domain: '',
      aliveMs: 100,
      suspect: false,
      link: 'open',
      queueBytes: 0,
      sent: 2,
      received: 1,
      failed: 0,
    })
    const { name, state, missing, counters, dispatchBytes, lateness } = a!.channel.snapshot()
    assert.deepEqual(
      { name, state, missing, counters, dispatchBytes, lateness },
      {
        name: 'clowder',
        state: 'running',
        missing: ['10.0.0.3:4000', '10.0.0.4:4000'],
        counters: { sent: 1, received: 1, failed: 0, refused: 0, connectionsRefused: 0, disappeared: {} },
        dispatchBytes: 0,
        lateness: 0,
      },
    )
  })

  test('layers of the program stand above the built-in ones', async () => {
    const reverse: Interceptor = {
      name: 'reverse',
      send: (message, next) => next({ ...message, body: Uint8Array.from(message.body).reverse() }),
    }
    const a = lab.node('a', { interceptors: [reverse] })
    const [b] = await lab.start('b')
    await a.channel.start()
    await turns()
    await a.say('abc', 0)
    await turns()
    assert.equal(b?.heard(), '+a a:cba')
  })
})

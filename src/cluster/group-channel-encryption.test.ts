import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SEND } from './channel.ts'
import { STOP_BODY } from './control-messages.ts'
import type { ChannelOptions, EncryptionOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import { countingId } from './testing/fixture.ts'
import { Lab, type LabNode, turns } from './testing/lab.ts'

const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const OTHER_KEY = 'f0'.padEnd(64, '1')

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.stop())

async function start(options: Record<string, ChannelOptions>): Promise<LabNode[]> {
  const nodes = Object.entries(options).map(([name, given]) => lab.node(name, { insecure: false, ...given }))
  for (const node of nodes) {
    const starting = node.channel.start()
    await turns()
    lab.clock.advance(1000)
    await starting
  }
  await turns()
  for (const node of nodes) node.heard()
  return nodes
}

const withKey = (...keys: string[]): ChannelOptions => ({ encryption: { keys } })

describe('a channel with a key', () => {
  test('may listen beyond loopback', () => {
    const receiver = { address: '192.0.2.1' }
    assert.throws(() => resolveOptions({ receiver }), { code: 'CLUSTER_INSECURE_BIND' })
    assert.equal(resolveOptions({ receiver, ...withKey(KEY) }).receiver.address, '192.0.2.1')
  })

  const wrong: [rule: string, encryption: EncryptionOptions, complaint: RegExp][] = [
    ['needs a key', { keys: [] }, /encryption.keys is empty/],
    ['needs a key of the right length', { keys: ['0001'] }, /has 2 bytes/],
    ['has one of two formats', { keys: [KEY], format: 'aes' as 'clowder' }, /encryption.format is aes/],
    ['has some tolerance', { keys: [KEY], clockToleranceMs: 0 }, /clockToleranceMs is 0, at least 1/],
  ]
  for (const [rule, encryption, complaint] of wrong) {
    test(rule, () => {
      const members = [{ host: '127.0.0.1', port: 4001 }]
      assert.throws(() => resolveOptions({ members, encryption }), complaint)
    })
  }

  test('hears members with the key, and shows nothing on the wire', async () => {
    const wire: Buffer[] = []
    lab.network.trouble = (_from, _to, frame) => {
      wire.push(frame)
      return undefined
    }
    const [a, b, c] = await start({ a: withKey(KEY), b: withKey(KEY), c: withKey(KEY) })
    assert.deepEqual([a?.members, b?.members, c?.members].sort(), ['a,b', 'a,c', 'b,c'])
    await a?.say('a secret', SEND.USE_ACK | SEND.SYNCHRONIZED_ACK)
    await a?.say('and another', SEND.ASYNCHRONOUS)
    await turns()
    assert.deepEqual([b?.heard(), c?.heard()], ['a:a secret a:and another', 'a:a secret a:and another'])
    const seen = Buffer.concat(wire)
    for (const text of ['a secret', 'and another', 'Local StaticMember', 'clowder ping'])
      assert.ok(!seen.includes(text))
  })

  const strangers: [who: string, options: ChannelOptions][] = [
    ['without a key', { insecure: true }],
    ['with another key', withKey(OTHER_KEY)],
    ['of another cluster', { name: 'blog', ...withKey(KEY) }],
    ['with the key in the format of Tomcat', { encryption: { keys: [KEY], format: 'tomcat' }, members: [] }],
  ]
  for (const [who, options] of strangers) {
    test(`a peer ${who} does not become a member and is not heard`, async () => {
      const [a, b, c] = await start({ a: withKey(KEY), b: withKey(KEY), c: options })
      assert.deepEqual([a?.members, b?.members], ['b', 'a'])
      await c?.say('let me in', SEND.ASYNCHRONOUS, [a!.channel.local]).catch(() => {})
      await lab.beats(3)
      assert.deepEqual([a?.members, b?.members, a?.heard(), b?.heard()], ['b', 'a', '', ''])
    })
  }

  test('does not believe a goodbye that the member did not say', async () => {
    const [a, b] = await start({ a: withKey(KEY), b: withKey(KEY) })
    a?.eventTypes()
    const forger = lab.network.transport({
      ...resolveTransport(),
      bind: { host: Uint8Array.of(10, 0, 0, 9), port: 1, autoBind: 1 },
    })
    await forger.open({ accepted: () => () => {}, linkUp: () => undefined, linkDown() {}, doubt() {}, refused() {} })
    const { Coordinator } = await import('./coordinator.ts')
    const frames = new Coordinator(b!.channel.local, {
      transport: forger,
      maxFrameBytes: 1e6,
      receive: () => true,
      failed() {},
    })
    const goodbye = { to: [], options: 0, timestamp: lab.clock.now(), uniqueId: countingId(1), body: STOP_BODY }
    for (let i = 0; i < 5; i++) forger.send(a!.channel.local, frames.frameOf(goodbye), false, undefined)
    await lab.beats(1)
    assert.deepEqual([a?.members, a?.heard()], ['b', ''])
    assert.equal(a?.eventTypes(), 'message-refused,message-refused', 'the first at once, the others as one number')
    assert.equal(a?.channel.snapshot().layers.encrypt?.unreadable, 5)
  })

  test('hears each message once, however often it comes', async () => {
    const [a, b] = await start({ a: withKey(KEY), b: withKey(KEY) })
    lab.network.trouble = () => ({ double: true })
    for (const text of ['one', 'two']) await a?.say(text, SEND.ASYNCHRONOUS)
    await turns()
    assert.equal(b?.heard(), 'a:one a:two')
    assert.equal(b?.channel.snapshot().layers.encrypt?.replayed, 2)
    assert.equal(b?.members, 'a')
  })

  test('hears messages that were delayed and overtaken', async () => {
    const [a, b] = await start({ a: withKey(KEY), b: withKey(KEY) })
    let delayMs = 50
    lab.network.trouble = () => {
      delayMs -= 10
      return { delayMs }
    }
    for (const text of ['1', '2', '3', '4']) await a?.say(text, SEND.ASYNCHRONOUS)
    await turns()
    lab.clock.advance(50)
    await turns()
    assert.equal(b?.heard(), 'a:4 a:3 a:2 a:1')
  })

  test('knows a member again that was killed and restarted', async () => {
    const [a, b] = await start({ a: withKey(KEY), b: withKey(KEY) })
    lab.kill(b!)
    await turns()
    const [again] = await start({ b: withKey(KEY) })
    assert.equal(a?.heard(), '-b +b')
    await again?.say('here again', SEND.USE_ACK)
    assert.equal(a?.heard(), 'b:here again')
  })

  test('changes its key while messages flow', async () => {
    const [a, b] = await start({ a: withKey(KEY), b: withKey(KEY) })
    const steps = [[KEY, OTHER_KEY], [OTHER_KEY, KEY], [OTHER_KEY]]
    for (const keys of steps) {
      for (const node of [a!, b!]) {
        node.channel.rotateKeys(keys)
        await a?.say('x', SEND.USE_ACK | SEND.SYNCHRONIZED_ACK)
        await b?.say('y', SEND.USE_ACK | SEND.SYNCHRONIZED_ACK)
      }
    }
    assert.deepEqual([a?.heard(), b?.heard()], ['b:y '.repeat(6).trim(), 'a:x '.repeat(6).trim()])
    assert.throws(() => a?.channel.rotateKeys(['00']), { code: 'CLUSTER_OPTIONS' })
    await a?.say('still', SEND.USE_ACK | SEND.SYNCHRONIZED_ACK)
  })

  test('cannot be given keys where it was made without', () => {
    assert.throws(() => lab.node('a').channel.rotateKeys([KEY]), { code: 'CLUSTER_OPTIONS' })
  })
})

describe('a channel with a key in the format of Tomcat', () => {
  const tomcat: ChannelOptions = { encryption: { keys: [KEY], format: 'tomcat' } }

  test('hears members with the key, and shows only probes on the wire', async () => {
    const wire: Buffer[] = []
    lab.network.trouble = (_from, _to, frame) => {
      wire.push(frame)
      return undefined
    }
    const [a, b] = await start({ a: tomcat, b: tomcat })
    await a?.say('a secret', SEND.USE_ACK | SEND.SYNCHRONIZED_ACK)
    await b?.say('and another', SEND.ASYNCHRONOUS)
    await turns()
    assert.deepEqual([a?.members, b?.members, a?.heard(), b?.heard()], ['b', 'a', 'b:and another', 'a:a secret'])
    const seen = Buffer.concat(wire)
    for (const text of ['a secret', 'and another', 'Local StaticMember', 'clowder ping'])
      assert.ok(!seen.includes(text))
  })

  test('does not believe what is in clear', async () => {
    const [a, b] = await start({ a: tomcat, b: { insecure: true } })
    await b?.say('hello', SEND.ASYNCHRONOUS, [a!.channel.local])
    await b?.channel.stop()
    await turns()
    assert.deepEqual([a?.members, a?.heard()], ['', ''])
    const counters = a?.channel.snapshot().layers.encrypt
    assert.equal(counters?.unreadable, 1)
    assert.ok(counters!.inClear! > 0)
  })
})

function resolveTransport() {
  const { sender, limits } = resolveOptions({})
  return { ...sender, limits, clock: lab.clock, lateness: () => 0 }
}

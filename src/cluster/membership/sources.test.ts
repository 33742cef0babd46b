/** What sources do to a group: on the memory network, with a source that a test speaks for. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SEND } from '../channel.ts'
import { sameMember } from '../identity.ts'
import type { Endpoint } from '../member.ts'
import type { ChannelOptions } from '../options.ts'
import { encodePayload, PAYLOAD_ENTRY } from '../payload.ts'
import { testMember } from '../testing/fixture.ts'
import { addressOf, Lab, type LabNode, turns } from '../testing/lab.ts'
import { TransportNode, testOptions } from '../testing/transport-node.ts'
import type { MembershipGroup, MembershipSource } from './source.ts'

class SpokenSource implements MembershipSource {
  readonly name = 'spoken'
  readonly firstLookMs = 0
  group!: MembershipGroup
  stopped = false

  async start(group: MembershipGroup): Promise<void> {
    this.group = group
  }

  stop(): void {
    this.stopped = true
  }
}

let lab = new Lab()
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.stop())

const at = (name: string): Endpoint => ({ host: Uint8Array.from(addressOf(name).split('.'), Number), port: 4000 })

/** A node without a list that knows whom its source names. */
async function join(name: string, more: ChannelOptions = {}): Promise<LabNode & { source: SpokenSource }> {
  const source = new SpokenSource()
  const node = lab.node(name, { members: [], membership: [source], ...more })
  const starting = node.channel.start()
  await turns()
  await starting
  return Object.assign(node, { source })
}

describe('a source', () => {
  test('introduces: who is there becomes a member on both sides', async () => {
    const a = await join('a')
    const b = await join('b')
    a.source.group.found(at('b'))
    await turns()
    assert.deepEqual([a.members, b.members], ['b', 'a'])
  })

  test('that forgets an address does not make a member go', async () => {
    const [a, b] = [await join('a'), await join('b')]
    a.source.group.found(at('b'))
    await turns()
    a.source.group.lost(at('b'), 'unlisted')
    await lab.pass(30_000)
    assert.deepEqual([a.members, b.members], ['b', 'a'])
  })

  test('that forgets the address of somebody who is gone ends the search', async () => {
    const [a, b] = [await join('a'), await join('b')]
    a.source.group.found(at('b'))
    await turns()
    lab.kill(b)
    await lab.pass(1000)
    assert.deepEqual(a.channel.snapshot().missing, ['10.0.0.2:4000'])
    a.source.group.lost(at('b'), 'unlisted')
    await lab.pass(10_000)
    assert.deepEqual(a.channel.snapshot().missing, [])
    await join('b')
    await lab.pass(10_000)
    assert.equal(a.members, '')
  })

  test('that names a node again finds it again', async () => {
    const [a, b] = [await join('a'), await join('b')]
    a.source.group.found(at('b'))
    await turns()
    lab.kill(b)
    const again = await join('b')
    await lab.pass(1500)
    assert.deepEqual([a.members, again.members], ['b', 'a'])
    assert.equal(a.heard(), '+b -b +b')
  })

  test('that names a node again that cannot be reached is told again', async () => {
    const a = await join('a')
    for (let times = 0; times < 2; times++) {
      a.source.group.found(at('b'))
      await lab.pass(3000)
      assert.match(a.eventTypes(), /^(started,)?member-unreachable$/)
      a.source.group.lost(at('b'), 'unlisted')
      await lab.pass(5000)
      assert.equal(a.eventTypes(), '')
    }
  })

  test('cannot name more than maxMembers', async () => {
    const a = await join('a', { limits: { maxMembers: 3 } })
    for (let last = 2; last < 200; last++) a.source.group.found({ host: Uint8Array.of(10, 0, 0, last), port: 4000 })
    assert.equal(a.channel.snapshot().missing.length, 3)
  })

  test('that names a port that is none is not listened to', async () => {
    const a = await join('a')
    for (const port of [-1, 0, 65_536, 1.5]) {
      a.source.group.found({ ...at('b'), port })
      a.source.group.seen({ ...testMember(2), port })
    }
    assert.deepEqual(a.channel.snapshot().missing, [])
  })

  test('that names this node itself is not listened to', async () => {
    const a = await join('a')
    a.source.group.found(at('a'))
    await lab.pass(5000)
    assert.deepEqual([a.members, a.channel.snapshot().missing.length], ['', 0])
  })

  test('is stopped with the channel', async () => {
    const a = await join('a')
    await a.channel.stop()
    assert.ok(a.source.stopped)
  })

  test('that cannot work keeps the channel from starting', async () => {
    const broken = new SpokenSource()
    broken.start = () => Promise.reject(new Error('never'))
    const a = lab.node('a', { members: [], membership: [broken] })
    await assert.rejects(a.channel.start(), /never/)
    assert.ok(broken.stopped)
  })

  test('tells its failures as events', async () => {
    const a = await join('a')
    a.source.group.failed(new Error('no answer'))
    assert.match(a.eventTypes(), /membership-failed/)
  })
})

describe('a member that tells by multicast who it is', () => {
  const tomcat = testMember(2)
  const openTomcat = () => {
    const bind = { host: tomcat.host, port: 4000 }
    return new TransportNode(lab.network.transport(testOptions({ bind, clock: lab.clock }))).open()
  }

  test('and speaks like Tomcat is believed, once its port is open, and is not greeted', async () => {
    const a = await join('a')
    const opened = await openTomcat()
    a.source.group.seen(tomcat)
    await turns()
    assert.equal(a.members, 'b')
    await lab.pass(3000)
    assert.deepEqual(opened.received, [])
  })

  test('and whose port is closed is none', async () => {
    const a = await join('a')
    a.source.group.seen(tomcat)
    await lab.pass(500)
    assert.equal(a.members, '')
  })

  test('and says goodbye has left', async () => {
    const a = await join('a')
    await openTomcat()
    a.source.group.seen(tomcat)
    await turns()
    a.source.group.left(tomcat)
    assert.equal(a.heard(), '+b -b')
    assert.match(a.eventTypes(), /member-disappeared stopped/)
  })

  test('and was restarted is a new member, without a ghost', async () => {
    const a = await join('a')
    await openTomcat()
    a.source.group.seen(tomcat)
    await turns()
    lab.network.kill(at('b'))
    await turns()
    await openTomcat()
    a.source.group.seen(testMember(2, { uniqueId: testMember(99).uniqueId }))
    await lab.pass(1500)
    assert.equal(a.heard(), '+b -b +b')
    assert.equal(a.channel.members().length, 1)
  })

  test('at the address of one that is connected is somebody else, and is told once', async () => {
    const a = await join('a')
    await openTomcat()
    a.source.group.seen(tomcat)
    await turns()
    const other = testMember(2, { uniqueId: testMember(99).uniqueId })
    for (let times = 0; times < 3; times++) a.source.group.seen(other)
    assert.equal(a.heard(), '+b')
    assert.equal(a.eventTypes().match(/member-mismatch/g)?.length, 1)
  })

  test('and speaks clowder has to say so over the connection, too', async () => {
    const [a, b] = [await join('a'), await join('b')]
    a.source.group.seen({ ...b.channel.local, uniqueId: testMember(99).uniqueId })
    await turns()
    assert.ok(sameMember(a.member('b'), b.channel.local))
    a.source.group.left({ ...b.channel.local })
    await lab.pass(3000)
    assert.equal(a.members, 'b')
  })
})

describe('where there are sources', () => {
  test('a stranger introduces himself', async () => {
    const a = await join('a')
    const b = lab.node('b', { members: [{ host: addressOf('a'), port: 4000 }] })
    await b.channel.start()
    await turns()
    assert.deepEqual([a.members, b.members], ['b', 'a'])
    await b.say('hello', SEND.USE_ACK)
    assert.equal(a.heard(), '+b b:hello')
  })
})

describe('a cluster with a key', () => {
  const keyed = (first: number): ChannelOptions => ({
    encryption: { keys: [Uint8Array.from({ length: 32 }, (_, i) => first + i)] },
  })

  test('takes who has it and nobody else, however they are introduced', async () => {
    const [a, b, c] = [await join('a', keyed(1)), await join('b', keyed(1)), await join('c', keyed(2))]
    const d = await join('d')
    for (const { source } of [a, b, c, d]) for (const name of ['a', 'b', 'c', 'd']) source.group.found(at(name))
    await lab.pass(10_000)
    assert.deepEqual([a.members, b.members, c.members], ['b', 'a', ''])
  })

  test('believes no datagram', async () => {
    const a = await join('a', keyed(1))
    const bind = { host: at('b').host, port: 4000 }
    await new TransportNode(lab.network.transport(testOptions({ bind, clock: lab.clock }))).open()
    a.source.group.seen(testMember(2))
    await lab.pass(3000)
    assert.equal(a.members, '')
  })
})

describe('members that name different clusters', () => {
  const of = (name: string): ChannelOptions => ({
    payload: encodePayload({ version: 1, entries: [{ type: PAYLOAD_ENTRY.CLUSTER, value: Buffer.from(name) }] }),
  })

  test('do not come together, however they are introduced', async () => {
    const [a, b] = [await join('a', of('shop')), await join('b', of('blog'))]
    a.source.group.found(at('b'))
    b.source.group.seen(a.channel.local)
    await lab.pass(3000)
    assert.deepEqual([a.members, b.members], ['', ''])
    assert.match(a.eventTypes() + b.eventTypes(), /stranger/)
  })

  test('do, where a list says so, as Tomcats do', async () => {
    const [a, b] = [lab.node('a', of('shop')), lab.node('b', of('blog'))]
    await a.channel.start()
    await b.channel.start()
    await turns()
    assert.deepEqual([a.members, b.members], ['b', 'a'])
  })
})

describe('seeds', () => {
  const seeds = (...names: string[]): ChannelOptions => ({
    members: [],
    membership: [{ type: 'seeds', seeds: names.map((name) => ({ host: addressOf(name), port: 4000 })) }],
  })
  const start = async (name: string, options: ChannelOptions) => {
    const node = lab.node(name, options)
    const starting = node.channel.start()
    await turns(60)
    await starting
    return node
  }

  test('one known member is enough to learn of all', async () => {
    const a = await start('a', seeds('a'))
    const b = await start('b', seeds('a'))
    const c = await start('c', seeds('a'))
    const d = await start('d', seeds('c'))
    await lab.pass(1000)
    const sorted = [a, b, c, d].map(({ members }) => members.split(',').sort().join(''))
    assert.deepEqual(sorted, ['bcd', 'acd', 'abd', 'abc'])
  })

  test('who is gone is not brought back by hearsay', async () => {
    const [a, b, c] = [await start('a', seeds('a')), await start('b', seeds('a')), await start('c', seeds('a'))]
    await lab.pass(1000)
    lab.kill(c)
    await lab.pass(20_000)
    assert.deepEqual([a.members, b.members], ['b', 'a'])
    assert.deepEqual([a.channel.snapshot().missing, b.channel.snapshot().missing], [[], []])
  })

  test('both sides of a partition find each other again', async () => {
    const nodes = [await start('a', seeds('a')), await start('b', seeds('a')), await start('c', seeds('a'))]
    await lab.pass(1000)
    const [a, b, c] = nodes
    lab.network.cut(a!.endpoint, c!.endpoint)
    lab.network.cut(b!.endpoint, c!.endpoint)
    await lab.pass(20_000)
    assert.deepEqual([a?.members, b?.members, c?.members], ['b', 'a', ''])
    lab.network.heal()
    await lab.pass(3000)
    const sorted = nodes.map(({ members }) => members.split(',').sort().join(''))
    assert.deepEqual(sorted, ['bc', 'ac', 'ab'])
  })
})

describe('a quorum', () => {
  test('is told when it is lost and when it is back; without one there always is', async () => {
    const [a, b] = [await join('a', { quorum: 2 }), await join('b')]
    assert.deepEqual([a.channel.hasQuorum, b.channel.hasQuorum], [false, true])
    a.source.group.found(at('b'))
    await turns()
    assert.equal(a.channel.hasQuorum, true)
    assert.deepEqual(a.channel.snapshot().quorum, { held: true, present: 2, needed: 2 })
    assert.equal(b.channel.snapshot().quorum, undefined)
    lab.kill(b)
    await turns()
    assert.equal(a.channel.hasQuorum, false)
    assert.deepEqual(a.channel.snapshot().quorum, { held: false, present: 1, needed: 2 })
    assert.deepEqual(
      a.events.filter(({ type }) => type === 'quorum'),
      [
        { type: 'quorum', held: true, present: 2, needed: 2 },
        { type: 'quorum', held: false, present: 1, needed: 2 },
      ],
    )
  })
})

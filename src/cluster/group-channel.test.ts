/** Stories of small groups on a memory network, with a clock that only the test moves. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SEND } from './channel.ts'
import { PROBE_BODY } from './control-messages.ts'
import type { ClusterError } from './errors.ts'
import { sameMember } from './identity.ts'
import { decodePayload } from './payload.ts'
import { countingId } from './testing/fixture.ts'
import { addressOf, Lab, turns } from './testing/lab.ts'
import { TransportNode, testOptions } from './testing/transport-node.ts'

let lab = new Lab()
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.stop())

const SYNC = SEND.USE_ACK | SEND.SYNCHRONIZED_ACK

describe('joining', () => {
  test('two nodes find each other at the start, with what they say of themselves', async () => {
    const [a, b] = [lab.node('a'), lab.node('b')]
    await a.channel.start()
    assert.equal(a.members, '')
    await b.channel.start()
    assert.equal(b.members, 'a', 'start waits until it was tried')
    await turns()
    assert.equal(a.members, 'b')
    assert.equal(a.heard(), '+b')
    assert.equal(b.heard(), '+a')
    const [seen] = a.channel.members()
    assert.ok(seen !== undefined && sameMember(seen, b.channel.local))
    assert.equal(decodePayload(seen.payload)?.version, 1)
  })

  test('members stand oldest first on every node', async () => {
    const [a, b, c] = [lab.node('c'), lab.node('b'), lab.node('a')]
    for (const node of [a, b, c]) {
      await node.channel.start()
      lab.clock.advance(1000)
    }
    await turns()
    assert.deepEqual([a.members, b.members, c.members], ['b,a', 'c,a', 'c,b'])
  })

  test('the own entry is skipped', async () => {
    const [a] = await lab.start('a')
    assert.deepEqual(a?.channel.snapshot().missing, ['10.0.0.2:4000', '10.0.0.3:4000', '10.0.0.4:4000'])
  })

  test('a node that starts later is found without a heartbeat, because it says START', async () => {
    const [a] = await lab.start('a')
    await lab.beats(3)
    const b = lab.node('b')
    await b.channel.start()
    await turns()
    assert.equal(a?.heard(), '+b')
    assert.equal(b.heard(), '+a')
  })

  test('a node that a list does not name is refused', async () => {
    const a = lab.node('a', { members: [] })
    const b = lab.node('b')
    await a.channel.start()
    await lab.startUnanswered(b)
    assert.deepEqual([a.members, b.members], ['', ''])
    assert.equal(a.eventTypes(), 'started,stranger')
    await b.say('x', SEND.ASYNCHRONOUS, [a.channel.local])
    const refused = b.say('x', SYNC, [a.channel.local])
    await assert.rejects(refused, (error: ClusterError) => error.faulty[0]?.cause.code === 'CLUSTER_FAIL_ACK')
    assert.equal(a.heard(), '')
    assert.equal(a.channel.snapshot().counters.refused, 3)
  })

  test('names are resolved at the start, and again per heartbeat until they have an address', async () => {
    const names = new Map([['a.test', addressOf('a')]])
    const lookup = async (host: string) => names.get(host) ?? Promise.reject(new Error(`no ${host}`))
    const members = ['a.test', 'b.test'].map((host) => ({ host, port: 4000 }))
    const a = lab.node('a', { members, lookup })
    const b = lab.node('b')
    await a.channel.start()
    await lab.startUnanswered(b)
    await lab.beats(2)
    assert.equal(a.members, '')
    assert.deepEqual(a.channel.snapshot().missing, ['b.test:4000'])
    names.set('b.test', addressOf('b'))
    await lab.beats(1)
    assert.equal(a.members, 'b')
    assert.equal(a.eventTypes().match(/member-unresolved/g)?.length, 1)
  })

  test('members may be added and removed later', async () => {
    const a = lab.node('a', { members: [] })
    const [b] = await lab.start('b')
    await a.channel.start()
    await a.channel.addMember({ host: addressOf('b'), port: 4000 })
    await turns()
    assert.deepEqual([a.heard(), b?.heard()], ['+b', '+a'])
    a.channel.removeMember({ host: addressOf('b'), port: 4000 })
    await turns()
    assert.equal(a.heard(), '-b')
    assert.match(a.eventTypes(), /member-disappeared removed/)
  })
})

describe('messages', () => {
  test('reach all members, in order, from the member that was announced', async () => {
    const [a, b, c] = await lab.start('a', 'b', 'c')
    const senders = new Set()
    b?.channel.addListener({ message: ({ sender }) => Boolean(senders.add(sender)) })
    for (const text of ['1', '2', '3']) await a?.say(text, SEND.ASYNCHRONOUS)
    await turns()
    assert.equal(b?.heard(), 'a:1 a:2 a:3')
    assert.equal(c?.heard(), 'a:1 a:2 a:3')
    assert.deepEqual([...senders], [b?.member('a')])
    assert.equal([...senders][0], b?.member('a'))
  })

  test('keep what the body was when send was called', async () => {
    const [a, b] = await lab.start('a', 'b')
    const body = Buffer.from('before')
    const sending = a?.channel.send(a.channel.members(), body, 0)
    body.write('after!')
    await sending
    await turns()
    assert.equal(b?.heard(), 'a:before')
  })

  test('with sync wait for listeners of the other side, and fail when one throws', async () => {
    const [a, b] = await lab.start('a', 'b')
    let release = () => {}
    const slow = { message: () => new Promise<boolean>((resolve) => (release = () => resolve(true))) }
    b?.channel.addListener(slow)
    let done = false
    const sending = a?.say('x', SYNC).then(() => (done = true))
    await turns()
    assert.equal(done, false)
    release()
    await sending
    b?.channel.removeListener(slow)
    b?.channel.addListener({
      message: () => {
        throw new Error('boom')
      },
    })
    await assert.rejects(a?.say('y', SYNC) ?? Promise.resolve(), {
      code: 'CLUSTER_SEND',
      message: /1 of 1 members did not get the message: tcp:\/\/\{10, 0, 0, 2\}:4000 \(CLUSTER_FAIL_ACK/,
    })
    assert.equal(a?.members, 'b', 'a negative acknowledgement is no sign of death')
    assert.match(b?.eventTypes() ?? '', /listener-failed/)
  })

  test('probes of Tomcat reach no listener and make no stranger', async () => {
    const [a, b] = await lab.start('a', 'b')
    await a?.channel.send(a.channel.members(), PROBE_BODY, SEND.BYTE_MESSAGE)
    await lab.node('d', { members: [] }).channel.start()
    await turns()
    assert.equal(b?.heard(), '')
    assert.equal(b?.channel.snapshot().counters.refused, 0)
  })

  test('to nobody are done at once', async () => {
    const [a] = await lab.start('a')
    await a?.say('x', SYNC, [])
  })
})

describe('asynchronous messages that fail', () => {
  test('are told to listeners with the members and the cause', async () => {
    const [a, b, c] = await lab.start('a', 'b', 'c')
    // In one turn, so that nothing is written between them: the fourth would be over 64 MiB.
    const body = Buffer.alloc(20_000_000)
    await Promise.all([1, 2, 3, 4].map(() => a?.channel.send(a.channel.members(), body, SEND.ASYNCHRONOUS)))
    assert.equal(a?.heard(), '!b,c CLUSTER_DISPATCH_FULL')
    assert.match(a?.eventTypes() ?? '', /send-failed/)
    assert.equal(a?.channel.snapshot().counters.failed, 1)
    await turns()
    assert.equal(a?.channel.snapshot().dispatchBytes, 0)
    assert.equal(b?.channel.snapshot().counters.received, 3)
    assert.equal(c?.channel.snapshot().counters.received, 3)
  })

  test('resolve all the same', async () => {
    const [a, b] = await lab.start('a', 'b')
    const gone = b!.channel.local
    lab.kill(b!)
    await turns()
    a?.heard()
    await a?.say('x', SEND.ASYNCHRONOUS, [gone])
    await turns()
    assert.equal(a?.heard(), '', 'who is no member needs no bringing up to date')
    assert.match(a?.eventTypes() ?? '', /send-failed/)
  })

  test('a link that broke under a living member may have lost some', async () => {
    const [a, b] = await lab.start('a', 'b')
    await a?.say('x', SEND.ASYNCHRONOUS)
    await turns()
    lab.network.cut(a!.endpoint, b!.endpoint)
    lab.network.heal()
    await turns()
    assert.equal(a?.heard(), '!b CLUSTER_LINK_LOST')
    assert.equal(a?.members, 'b')
    assert.equal(a?.channel.snapshot().members[0]?.suspect, false, 'it has said who it is since')
    await a?.say('y', SEND.ASYNCHRONOUS)
    await turns()
    assert.equal(b?.heard(), 'a:x a:y')
  })
})

describe('leaving', () => {
  test('stop says goodbye', async () => {
    const [a, b, c] = await lab.start('a', 'b', 'c')
    await b?.channel.stop()
    await turns()
    assert.deepEqual([a?.heard(), c?.heard()], ['-b', '-b'])
    assert.match(a?.eventTypes() ?? '', /member-disappeared stopped/)
    assert.equal(b?.members, '')
  })

  test('what was sent before stop arrives before the goodbye', async () => {
    const [a, b] = await lab.start('a', 'b')
    void b?.say('last words', SEND.ASYNCHRONOUS)
    await b?.channel.stop()
    await turns()
    assert.equal(a?.heard(), 'b:last words -b')
  })

  test('a killed process is dropped at once, without a heartbeat', async () => {
    const [a, b, c] = await lab.start('a', 'b', 'c')
    lab.kill(b!)
    await turns()
    assert.deepEqual([a?.heard(), c?.heard()], ['-b', '-b'])
    assert.match(a?.eventTypes() ?? '', /member-suspect,member-disappeared unreachable/)
  })

  test('a host that vanishes without breaking connections is dropped within 2.5 s', async () => {
    const [a, b] = await lab.start('a', 'b')
    lab.network.vanish(b!.endpoint)
    await turns()
    assert.equal(a?.members, 'b')
    await lab.pass(2500)
    assert.equal(a?.heard(), '-b')
  })

  test('a member that is silent but takes connections stays', async () => {
    const [a, b] = await lab.start('a', 'b')
    await lab.pass(1000)
    lab.network.trouble = () => ({ drop: true })
    await lab.pass(60_000)
    assert.deepEqual([a?.members, b?.members], ['b', 'a'])
    assert.match(a?.eventTypes() ?? '', /member-suspect/)
    lab.network.trouble = () => undefined
    await lab.pass(5000)
    assert.equal(a?.channel.snapshot().members[0]?.suspect, false)
  })

  test('a killed process that comes back is a new member', async () => {
    const [a, b] = await lab.start('a', 'b')
    const before = b!.channel.local
    lab.kill(b!)
    await turns()
    const again = lab.node('b')
    await again.channel.start()
    await turns()
    assert.equal(a?.heard(), '-b +b')
    assert.ok(!sameMember(before, a!.member('b')))
    assert.equal(again.members, 'a')
  })

  test('a killed process that is back before anybody looked is not taken for its former self', async () => {
    const [a, b] = await lab.start('a', 'b')
    lab.kill(b!)
    const again = lab.node('b')
    await again.channel.start()
    await turns()
    assert.equal(a?.heard(), '-b +b')
    assert.equal(a?.channel.members().length, 1)
    assert.ok(sameMember(a!.member('b'), again.channel.local))
  })

  test('a restart under the same unique id is told as gone and back', async () => {
    const uniqueId = countingId(7)
    const [a] = await lab.start('a')
    const b = lab.node('b', { uniqueId })
    await b.channel.start()
    await turns()
    a?.heard()
    a?.eventTypes()
    lab.network.vanish(b.endpoint)
    await lab.node('b', { uniqueId }).channel.start()
    await turns()
    assert.equal(a?.heard(), '-b +b')
    assert.match(a?.eventTypes() ?? '', /member-disappeared restarted,member-added/)
  })
})

describe('a partition', () => {
  test('drops both ways within 2.5 s, and heals within a second', async () => {
    const [a, b, c] = await lab.start('a', 'b', 'c')
    lab.network.cut(a!.endpoint, b!.endpoint)
    await turns()
    assert.deepEqual([a?.members, b?.members, c?.members], ['b,c', 'a,c', 'a,b'])
    await lab.pass(2500)
    assert.deepEqual([a?.heard(), b?.heard(), c?.heard()], ['-b', '-a', ''])
    lab.network.heal()
    await lab.pass(1000)
    assert.deepEqual([a?.heard(), b?.heard(), c?.heard()], ['+b', '+a', ''])
  })
})

describe('a Tomcat peer, with a configured unique id, that never says who it is', () => {
  const tomcatId = countingId(0x40)
  const withTomcat = { members: [{ host: addressOf('b'), port: 4000, uniqueId: tomcatId }] }

  /** Takes connections and ignores every frame. */
  const openTomcat = () => {
    const bind = { host: Uint8Array.of(10, 0, 0, 2), port: 4000 }
    return new TransportNode(lab.network.transport(testOptions({ bind, clock: lab.clock }))).open()
  }

  test('is a member when it accepts connections and has been asked', async () => {
    await openTomcat()
    const a = lab.node('a', withTomcat)
    await lab.startUnanswered(a)
    assert.equal(a.members, 'b')
    assert.deepEqual(a.member('b').uniqueId, tomcatId)
  })

  test('is found within two seconds when it starts later', async () => {
    const a = lab.node('a', withTomcat)
    await a.channel.start()
    await openTomcat()
    await lab.pass(1000)
    assert.equal(a.members, '')
    await lab.pass(1000)
    assert.equal(a.members, 'b')
  })

  test('keeps others out of its place', async () => {
    const b = lab.node('b')
    const a = lab.node('a', withTomcat)
    await b.channel.start()
    await a.channel.start()
    await turns()
    assert.equal(a.members, '')
    assert.match(a.eventTypes(), /member-mismatch/)
  })
})

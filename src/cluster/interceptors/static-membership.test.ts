/** The layer alone, at its end. What it does among others is in the tests of the channel. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import { SEND } from '../channel.ts'
import { START_BODY, START_OPTION, STOP_BODY } from '../control-messages.ts'
import type { Member } from '../member.ts'
import { testContext } from '../testing/channel-context.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { turns } from '../testing/lab.ts'
import type { Transport } from '../transport/transport.ts'
import { ANSWER_WAIT_MS, StaticMembership } from './static-membership.ts'

const peer = testMember(2)

/** A layer that knows one address; what it sends, and news of members, in the order of events. */
async function setup() {
  const clock = new FakeClock()
  const log: string[] = []
  const transport: Pick<Transport, 'isOpen' | 'keep' | 'release' | 'send'> = {
    isOpen: () => true,
    keep: () => {},
    release: () => {},
    send: (_to, frame) => void log.push(`sent ${frame}`),
  }
  const layer = new StaticMembership({
    members: [{ host: '10.0.0.2', port: peer.port, uniqueId: peer.uniqueId, domain: new Uint8Array(0) }],
    sources: [],
    gossips: false,
    maxMembers: 8,
    clock,
    transport: transport as Transport,
    connectTimeoutMs: 1000,
    lateness: () => 0,
    resolve: async () => peer.host,
    local: () => testMember(1),
    refreshLocal: () => {},
    frameOf: (_to, { body }) => Buffer.from(body === START_BODY ? 'start' : body === STOP_BODY ? 'stop' : 'other'),
    admitsSilent: true,
    startId: countingId(7),
    maxDoubtMs: 60_000,
    emit: ({ type }) => void log.push(type),
    stranger: () => void log.push('stranger'),
    sourceFailed: () => void log.push('source failed'),
    suspect: () => void log.push('suspect'),
  })
  layer.attach({
    channel: testContext(),
    below: { send: async () => {} },
    above: {
      receive: () => true,
      memberAdded: (member: Member) => void log.push(`+${member.host[3]}`),
      memberDisappeared: (member: Member) => void log.push(`-${member.host[3]}`),
    },
  })
  const start = layer.start()
  await turns()
  clock.advance(1000 + ANSWER_WAIT_MS)
  await start
  const asks = () => {
    const options = SEND.BYTE_MESSAGE | START_OPTION.ASKS
    void layer.receive({ sender: peer, options, timestamp: 0, uniqueId: countingId(9), body: START_BODY }, () => true)
  }
  return { layer, clock, asks, seen: () => log.splice(0).join(', ') }
}

test('who asks is told who is here, and is a member', async () => {
  const { asks, seen } = await setup()
  asks()
  assert.equal(seen(), '+2, sent start')
})

test('after its goodbye this node does not say any more that it is here', async () => {
  const { layer, asks, seen } = await setup()
  await layer.stop()
  assert.equal(seen(), 'sent stop')
  asks()
  assert.equal(layer.linkUp(peer), undefined)
  assert.equal(seen(), '')
})

test('after its goodbye nobody is admitted who does not answer', async () => {
  const { layer, clock, seen } = await setup()
  await layer.stop()
  layer.linkUp(peer)
  seen()
  clock.advance(ANSWER_WAIT_MS)
  assert.equal(seen(), '')
})

test('others at the address of a configured member are told once each, also when they take turns', async () => {
  const { layer, seen } = await setup()
  const others = [50, 60].map((first) => testMember(2, { uniqueId: countingId(first) }))
  for (const sender of [...others, ...others, ...others]) {
    const message = { sender, options: 0, timestamp: 0, uniqueId: countingId(9), body: Buffer.from('x') }
    assert.throws(() => layer.receive(message, () => true), { code: 'CLUSTER_NOT_A_MEMBER' })
  }
  assert.equal(seen().match(/member-mismatch/g)?.length, 2)
})

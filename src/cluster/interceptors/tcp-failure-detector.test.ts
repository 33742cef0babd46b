import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import { clowderPing, PING_BODY, PROBE_BODY } from '../control-messages.ts'
import { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
import { encodePayload } from '../payload.ts'
import { testContext } from '../testing/channel-context.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import type { ProbeOutcome, Transport } from '../transport/transport.ts'
import { TcpFailureDetector } from './tcp-failure-detector.ts'

const member = testMember(2)
const lost = new ClusterError('CLUSTER_CONNECTION_LOST', 'reset')
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A detector over a transport whose probes a test answers by hand. */
function setup() {
  const clock = new FakeClock()
  const log: string[] = []
  const probes: { timeoutMs: number; answer: (outcome: ProbeOutcome) => void }[] = []
  const state = { open: true, lateness: 0, sent: 0, queuedBytes: 0 }
  const transport: Pick<Transport, 'isOpen' | 'keep' | 'probe' | 'send' | 'snapshot' | 'heartbeat'> = {
    isOpen: () => state.open,
    send: () => {
      state.sent++
      log.push('ping')
    },
    snapshot: () => ({ link: 'open', queuedBytes: state.queuedBytes, sent: state.sent, failed: 0 }),
    heartbeat: () => log.push('reconnect'),
    keep: () => log.push('keep'),
    probe: (_to, _frame, timeoutMs) => new Promise((answer) => probes.push({ timeoutMs, answer })),
  }
  const detector = new TcpFailureDetector({
    clock,
    transport: transport as Transport,
    connectTimeoutMs: 1000,
    removeSuspectsMs: 60_000,
    pingMs: 500,
    lateness: () => state.lateness,
    late: (ms) => log.push(`late ${ms}`),
    pingFrame: () => Buffer.alloc(0),
    probeFrame: () => Buffer.alloc(0),
    emit: (event) => log.push(event.type),
    dropped: () => log.push('dropped'),
    mayHaveMissed: (_member, cause) => log.push(`missed ${cause.code}`),
  })
  detector.attach({
    channel: testContext(),
    below: { send: async () => {} },
    above: {
      receive: () => true,
      memberAdded: () => log.push('added'),
      memberDisappeared: (_member, reason) => log.push(`disappeared ${reason}`),
    },
  })
  const add = (added: Member = member) => detector.memberAdded(added, () => log.push('added'))
  const remove = (gone: Member = member) => {
    detector.memberDisappeared(gone, 'stopped', (_member, reason) => log.push(`disappeared ${reason}`))
  }
  const receive = (body: Uint8Array = Buffer.from('x'), sender = member) => {
    const message = { sender, options: 0, timestamp: 0, uniqueId: countingId(0), body }
    return detector.receive(message, () => {
      log.push('received')
      return true
    })
  }
  const answer = async (outcome: ProbeOutcome) => {
    probes.shift()?.answer(outcome)
    await turn()
  }
  /** What happened since the last look. */
  const seen = () => log.splice(0).join(', ')
  return { clock, detector, state, probes, add, remove, receive, answer, seen }
}

describe('admission', () => {
  test('at once when the link is open', () => {
    const { add, seen } = setup()
    add()
    assert.equal(seen(), 'added')
  })

  test('with the link when it is not open yet', () => {
    const { state, detector, add, seen } = setup()
    state.open = false
    add()
    assert.equal(seen(), 'keep')
    detector.linkUp(testMember(3))
    assert.equal(seen(), '', 'another link')
    detector.linkUp(member)
    detector.linkUp(member)
    assert.equal(seen(), 'added')
  })

  test('not when connecting fails: the layer below has to announce it again', () => {
    const { state, detector, add, seen } = setup()
    state.open = false
    add()
    detector.doubt(member, lost)
    detector.linkUp(member)
    assert.equal(seen(), 'keep, dropped')
  })

  test('not when it disappears before it was connected', () => {
    const { state, detector, add, remove, seen } = setup()
    state.open = false
    add()
    remove()
    detector.linkUp(member)
    assert.equal(seen(), 'keep')
  })

  test('once, however often it is announced', () => {
    const { add, seen } = setup()
    add()
    add(testMember(2))
    assert.equal(seen(), 'added')
  })
})

describe('a broken link makes a suspect', () => {
  const suspected = () => {
    const lab = setup()
    lab.add()
    lab.detector.linkDown(member, lost, true)
    assert.equal(lab.seen(), 'added, member-suspect')
    assert.ok(lab.detector.isSuspect(member))
    assert.equal(lab.probes.length, 1)
    return lab
  }

  test('that is dropped at once when its port refuses', async () => {
    const { answer, seen } = suspected()
    await answer('dead')
    assert.equal(seen(), 'dropped, disappeared unreachable')
  })

  test('that stays when its port accepts; and what may have been lost is told', async () => {
    const { answer, seen, detector } = suspected()
    await answer('alive')
    assert.equal(seen(), 'missed CLUSTER_LINK_LOST')
    assert.ok(detector.isSuspect(member), 'an open port is not yet the member')
  })

  test('that is trusted again when it is heard', async () => {
    const { answer, receive, seen, detector } = suspected()
    await answer('alive')
    seen()
    assert.equal(receive(), true)
    assert.equal(seen(), 'member-trusted, received')
    assert.ok(!detector.isSuspect(member))
  })

  test('that is trusted again when it is announced again, also while it is probed', async () => {
    const { add, answer, seen } = suspected()
    add()
    assert.equal(seen(), '')
    await answer('alive')
    assert.equal(seen(), 'member-trusted, missed CLUSTER_LINK_LOST')
  })

  test('that is asked five times within its limit, and dropped when nobody answers', async () => {
    const { clock, answer, probes, seen } = suspected()
    for (let others = 0; others < 4; others++) clock.advance(200)
    assert.deepEqual(
      probes.map(({ timeoutMs }) => timeoutMs),
      [1000, 800, 600, 400, 200],
    )
    for (let silent = 0; silent < 4; silent++) await answer('silent')
    assert.equal(seen(), '')
    await answer('silent')
    assert.equal(seen(), 'dropped, disappeared unreachable')
  })

  test('that is alive when one of the five gets through', async () => {
    const { clock, answer, seen, detector } = suspected()
    clock.advance(250)
    await answer('silent')
    await answer('alive')
    assert.equal(seen(), 'missed CLUSTER_LINK_LOST')
    clock.advance(5000)
    assert.ok(detector.isSuspect(member))
  })

  test('that is not blamed when this node cannot probe; the next heartbeat tries again', async () => {
    const { answer, detector, probes, seen } = suspected()
    await answer('unknown')
    assert.equal(seen(), '')
    detector.heartbeat()
    assert.equal(probes.length, 1)
    await answer('dead')
    assert.equal(seen(), 'dropped, disappeared unreachable')
  })

  test('that cannot be probed is not asked after without pause, either: this node may be out of sockets', async () => {
    const { clock, answer, probes } = suspected()
    await answer('unknown')
    for (const pauseMs of [25, 25, 25, 25, 25, 25, 25, 25, 50, 100, 200, 400, 800, 1600, 2000, 2000]) {
      clock.advance(pauseMs - 1)
      assert.equal(probes.length, 0)
      clock.advance(1)
      assert.equal(probes.length, 1)
      await answer('unknown')
    }
  })

  test('that is probed by one probe at a time, whatever else fails', () => {
    const { detector, probes } = suspected()
    detector.doubt(member, lost)
    detector.linkDown(member, lost, false)
    detector.heartbeat()
    assert.equal(probes.length, 1)
  })

  test('that may leave while it is probed', async () => {
    const { remove, answer, seen } = suspected()
    remove()
    await answer('dead')
    assert.equal(seen(), 'disappeared stopped')
  })

  test('that is asked after again soon, since a killed process closes its links before its port', async () => {
    const { clock, answer, probes, seen } = suspected()
    await answer('alive')
    seen()
    for (const pauseMs of [25, 25, 25, 25, 25, 25, 25, 25, 50, 100, 200, 400, 800, 1600, 2000]) {
      clock.advance(pauseMs - 1)
      assert.equal(probes.length, 0)
      clock.advance(1)
      assert.equal(probes.length, 1)
      await answer('alive')
    }
    assert.equal(seen(), '')
    clock.advance(2000)
    await answer('dead')
    assert.equal(seen(), 'dropped, disappeared unreachable')
  })

  test('that is probed on every heartbeat, too, and trusted after removeSuspectsMs', async () => {
    const { clock, detector, answer, probes, seen } = suspected()
    await answer('alive')
    seen()
    for (let beats = 0; beats < 12; beats++) {
      for (let seconds = 0; seconds < 5; seconds++) {
        clock.advance(1000)
        while (probes.length > 0) await answer('alive')
      }
      detector.heartbeat()
      assert.equal(probes.length, 1)
      await answer('alive')
      assert.equal(seen(), '')
    }
    clock.advance(5000)
    detector.heartbeat()
    assert.equal(seen(), 'member-trusted')
  })

  test('whose probes take longer on a node that is late itself', () => {
    const { state, detector, add, probes } = setup()
    add()
    state.lateness = 3
    detector.linkDown(member, lost, false)
    assert.equal(probes[0]?.timeoutMs, 4000)
  })
})

describe('a link that lost nothing', () => {
  test('is no reason to bring the member up to date', async () => {
    const { detector, add, answer, seen } = setup()
    add()
    detector.linkDown(member, lost, false)
    await answer('alive')
    assert.equal(seen(), 'added, member-suspect')
  })
})

describe('members that are not heard', () => {
  test('are probed on the heartbeat, without suspicion', async () => {
    const { detector, add, receive, answer, probes, seen } = setup()
    add()
    detector.heartbeat()
    assert.equal(probes.length, 0, 'it has just been admitted')
    void receive()
    detector.heartbeat()
    assert.equal(probes.length, 0, 'it was heard')
    detector.heartbeat()
    assert.equal(probes.length, 1)
    await answer('alive')
    assert.equal(seen(), 'added, received')
    detector.heartbeat()
    await answer('dead')
    assert.equal(seen(), 'dropped, disappeared unreachable')
  })

  test('messages of somebody else at the address do not count', () => {
    const { detector, add, receive, probes } = setup()
    add()
    detector.heartbeat()
    void receive(Buffer.from('x'), testMember(2, { uniqueId: countingId(99) }))
    detector.heartbeat()
    assert.equal(probes.length, 1)
    assert.equal(detector.receivedFrom(member), 0)
  })
})

describe('members that promise pings', () => {
  const speaker = testMember(2, { payload: encodePayload({ version: 1, entries: [] }) })
  const watched = () => {
    const lab = setup()
    lab.detector.start()
    lab.add(speaker)
    void lab.receive(clowderPing(500), speaker)
    assert.equal(lab.seen(), 'added')
    return lab
  }
  const pass = (clock: FakeClock, looks: number) => {
    for (let i = 0; i < looks; i++) clock.advance(250)
  }

  test('are suspects when they are silent for twice the pause', async () => {
    const { clock, answer, probes, seen } = watched()
    pass(clock, 4)
    assert.equal(probes.length, 0)
    pass(clock, 1)
    assert.equal(probes.length, 1)
    await answer('dead')
    assert.match(seen(), /member-suspect.*, dropped, disappeared unreachable$/)
  })

  test('are none while anything is heard', () => {
    const { clock, receive, probes } = watched()
    for (let seconds = 0; seconds < 5; seconds++) {
      pass(clock, 3)
      void receive(Buffer.from('x'), speaker)
    }
    assert.equal(probes.length, 0)
  })

  test('are pinged when nothing else was sent to them, and nothing waits', () => {
    const { clock, state, seen } = watched()
    const pings = () => seen().match(/ping/g)?.length ?? 0
    pass(clock, 8)
    assert.equal(pings(), 4)
    state.sent++
    pass(clock, 2)
    assert.equal(pings(), 0)
    pass(clock, 2)
    assert.equal(pings(), 1)
    state.queuedBytes = 1
    pass(clock, 8)
    assert.equal(pings(), 0)
  })

  test('are not blamed for what a blocked node did not read', () => {
    const { clock, probes, seen } = watched()
    const monotonic = clock.monotonic.bind(clock)
    let blocked = 0
    clock.monotonic = () => monotonic() + blocked
    for (let blocks = 0; blocks < 20; blocks++) {
      blocked += 1000
      pass(clock, 1)
    }
    assert.equal(probes.length, 0)
    assert.match(seen(), /late 1000/)
  })
})

test('a member that speaks like Tomcat is not pinged', () => {
  const { clock, detector, add, seen } = setup()
  detector.start()
  add()
  clock.advance(2000)
  assert.doesNotMatch(seen(), /ping/)
})

test('links that are not open are tried again every second', () => {
  const { clock, detector, seen } = setup()
  detector.start()
  for (let looks = 0; looks < 12; looks++) clock.advance(250)
  assert.equal(seen().match(/reconnect/g)?.length, 3)
})

test('probes and pings of Tomcat end here', () => {
  const { receive, seen } = setup()
  assert.equal(receive(PROBE_BODY), true)
  assert.equal(receive(PING_BODY), true)
  assert.equal(receive(Buffer.from('x')), true)
  assert.equal(seen(), 'received')
})

test('after stop nobody is dropped any more', async () => {
  const { detector, add, answer, seen } = setup()
  add()
  detector.linkDown(member, lost, false)
  detector.stop()
  await answer('dead')
  assert.equal(seen(), 'added, member-suspect')
})

test('after stop nobody is admitted any more', () => {
  const { state, detector, add, seen } = setup()
  state.open = false
  add()
  detector.stop()
  detector.linkUp(member)
  assert.equal(seen(), 'keep')
})

test('messages are counted per member', () => {
  const { add, receive, detector } = setup()
  add()
  void receive()
  void receive()
  assert.equal(detector.receivedFrom(member), 2)
})

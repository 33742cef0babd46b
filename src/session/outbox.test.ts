/** How changes travel and who waits for what: batches, group commit, members that fail, lag or die. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SessionManagerOptions } from './options.ts'
import { typesOf } from './testing/requests.ts'
import { microtasks, TestCluster, type TestNode } from './testing/test-cluster.ts'

async function cluster(options: Partial<SessionManagerOptions>, count = 3) {
  const made = new TestCluster()
  const nodes = await made.started(count, options)
  return { cluster: made, nodes, a: nodes[0]!, b: nodes[1]! }
}

/** A request that writes; says when its answer could go out. */
function write(node: TestNode, name = 'x'): { key: string; answered: boolean } {
  const visit = node.manager.visit()
  visit.set(name, 1)
  const state = { key: '', answered: false }
  const settled = visit.commit()
  state.key = visit.key
  if (settled === undefined) state.answered = true
  else void settled.then(() => Object.assign(state, { answered: true }))
  return state
}

describe('asynchronous', () => {
  test('nobody waits, and a turn is one message to all', async () => {
    const { cluster: c, a } = await cluster({})
    assert.equal(write(a).answered, true)
    assert.equal(write(a).answered, true)
    c.endTurn()
    assert.deepEqual(
      c.network.flights.map((flight) => flight.options),
      [9, 9],
    )
  })

  test('what comes alone is sent at the end of its turn, what follows it closely is collected', async () => {
    const { cluster: c, a } = await cluster({ collectMs: 4 }, 2)
    await c.advance(4, 4)
    write(a)
    c.endTurn()
    assert.equal(c.network.flights.length, 1)
    for (let i = 0; i < 3; i++) {
      c.clock.advance(1)
      write(a)
      c.endTurn()
    }
    assert.equal(c.network.flights.length, 1)
    c.clock.advance(1)
    assert.equal(c.network.flights.length, 2)
    c.clock.advance(4)
    write(a)
    c.endTurn()
    assert.equal(c.network.flights.length, 3)
  })

  test('collected changes of one session arrive in order, also past limits.batchBytes', async () => {
    const { cluster: c, a, b } = await cluster({ collectMs: 4, limits: { batchBytes: 256 } }, 2)
    const { key } = write(a)
    await c.settle()
    const seen: unknown[] = []
    b.manager.on((event) => {
      if (event.type === 'changed') seen.push(event.session.get('n'))
    })
    for (let n = 1; n <= 20; n++) {
      const visit = a.manager.visit(a.manager.find(key))
      visit.set('n', n)
      visit.commit()
    }
    await c.advance(4, 4)
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
    assert.ok(a.manager.snapshot().counts.batchesSent < 20)
  })

  test('a manager that stops sends what it has collected', async () => {
    const { cluster: c, a, b } = await cluster({ collectMs: 1000 }, 2)
    write(a)
    c.endTurn()
    const { key } = write(a)
    await a.manager.stop()
    await c.settle()
    assert.ok(b.manager.find(key))
  })

  test('positions tell of no change that is still being collected', async () => {
    const { cluster: c, a, b } = await cluster({ collectMs: 1000 }, 2)
    write(a)
    await c.settle()
    const { key } = write(a)
    const joining = c.node({ collectMs: 1000 })
    c.network.meet()
    void joining.manager.start()
    await c.settle()
    assert.ok(b.manager.find(key) && joining.manager.find(key))
  })

  test('a member that did not get a message is behind, gets no more, and fetches what it missed', async () => {
    const { cluster: c, a, b } = await cluster({})
    const missed = write(a)
    c.endTurn()
    const flight = c.network.flights.find((one) => one.to === b.channel)!
    c.network.cut([a.channel], [b.channel])
    await c.network.land(flight)
    assert.deepEqual(typesOf(a.events, 'behind'), ['behind'])
    assert.equal(a.manager.snapshot().members.filter((member) => member.behind).length, 1)
    const later = write(a)
    c.endTurn()
    assert.equal(c.network.flights.filter((one) => one.to === b.channel && one.options === 9).length, 0)
    c.network.heal()
    await c.advance(5000)
    assert.ok(b.manager.find(missed.key) && b.manager.find(later.key))
    assert.deepEqual(typesOf(a.events, 'behind', 'caught-up'), ['behind', 'caught-up'])
  })

  test('a message that is lost without anybody noticing is missed by the next one', async () => {
    const { cluster: c, a, b } = await cluster({})
    const lost = write(a)
    c.endTurn()
    for (const flight of [...c.network.flights]) c.network.lose(flight)
    const next = write(a)
    await c.settle()
    assert.ok(b.manager.find(next.key))
    assert.equal(b.manager.find(lost.key), undefined)
    await c.advance(1500)
    assert.ok(b.manager.find(lost.key))
  })

  test('and if there is no next one, by the comparison of positions', async () => {
    const { cluster: c, a, b } = await cluster({})
    const lost = write(a)
    c.endTurn()
    for (const flight of [...c.network.flights]) c.network.lose(flight)
    await c.advance(7000)
    assert.ok(b.manager.find(lost.key))
  })

  test('the last change of a node that dies is passed on by whoever got it', async () => {
    const { cluster: c, nodes, a, b } = await cluster({})
    const last = write(a)
    c.endTurn()
    await c.network.land(c.network.flights.find((one) => one.to === b.channel)!)
    c.kill(a)
    c.network.notice()
    await c.advance(5000)
    for (const node of nodes.slice(1)) assert.ok(node.manager.find(last.key), node.name)
  })
})

test('in the modes that wait nothing is collected: a turn is one message, whatever collectMs says', async () => {
  for (const sendOptions of ['acknowledged', 'synchronised'] as const) {
    const { cluster: c, a } = await cluster({ sendOptions, collectMs: 1000 }, 2)
    const first = write(a)
    await c.settle()
    assert.ok(first.answered)
    const second = write(a)
    await c.settle()
    assert.ok(second.answered)
  }
})

for (const [mode, bits] of [
  ['acknowledged', 3],
  ['synchronised', 7],
] as const) {
  describe(mode, () => {
    test('a request waits for every member', async () => {
      const { cluster: c, a } = await cluster({ sendOptions: mode })
      const request = write(a)
      c.endTurn()
      const [first, second] = [...c.network.flights]
      assert.deepEqual([first!.options, second!.options], [bits, bits])
      await c.network.land(first!)
      await microtasks()
      assert.equal(request.answered, false)
      await c.network.land(second!)
      await microtasks()
      assert.equal(request.answered, true)
    })

    test('one message per member is under way; what comes meanwhile goes together in the next', async () => {
      const { cluster: c, a } = await cluster({ sendOptions: mode }, 2)
      const requests = [write(a)]
      c.endTurn()
      for (let i = 0; i < 5; i++) {
        requests.push(write(a))
        c.endTurn()
      }
      assert.equal(c.network.flights.length, 1)
      await c.network.land(c.network.flights[0]!)
      await microtasks()
      assert.equal(c.network.flights.length, 1)
      assert.deepEqual(
        requests.map((request) => request.answered),
        [true, false, false, false, false, false],
      )
      await c.network.land(c.network.flights[0]!)
      await microtasks()
      assert.ok(requests.every((request) => request.answered))
      assert.equal(c.network.flights.length, 0)
      assert.equal(c.nodes[1]!.manager.snapshot().sessions, 6)
    })

    test('a member that dies releases those who wait for it at once', async () => {
      const { cluster: c, a, b } = await cluster({ sendOptions: mode })
      const request = write(a)
      c.endTurn()
      await c.network.land(c.network.flights.find((one) => one.to !== b.channel)!)
      b.channel.isAlive = false
      c.network.notice()
      await microtasks()
      assert.equal(request.answered, true)
      assert.deepEqual(typesOf(a.events, 'behind'), [])
    })

    test('a member that fails but stays is behind; nobody waits for it until it has caught up', async () => {
      const { cluster: c, a, b } = await cluster({ sendOptions: mode })
      c.network.cut([a.channel], [b.channel])
      const request = write(a)
      await c.settle()
      assert.equal(request.answered, true)
      assert.deepEqual(typesOf(a.events, 'behind'), ['behind'])
      const next = write(a)
      c.endTurn()
      assert.ok(c.network.flights.every((one) => one.to !== b.channel))
      await c.settle()
      assert.equal(next.answered, true)
      c.network.heal()
      await c.advance(5000)
      assert.ok(b.manager.find(request.key) && b.manager.find(next.key))
      const after = write(a)
      c.endTurn()
      assert.ok(c.network.flights.some((one) => one.to === b.channel))
      await c.settle()
      assert.equal(after.answered, true)
      assert.deepEqual(typesOf(a.events, 'behind', 'caught-up'), ['behind', 'caught-up'])
    })

    test('a channel that never answers is waited for as long as ackTimeoutMs', async () => {
      const { cluster: c, a } = await cluster({ sendOptions: mode, ackTimeoutMs: 2000 }, 2)
      const request = write(a)
      c.endTurn()
      c.clock.advance(1000)
      await microtasks()
      assert.equal(request.answered, false)
      // Looked at with every scan.
      c.clock.advance(2000)
      await microtasks()
      assert.equal(request.answered, true)
      assert.deepEqual(typesOf(a.events, 'behind'), ['behind'])
    })

    test('a member for which too much waits is behind', async () => {
      const { cluster: c, a, b } = await cluster({ sendOptions: mode, limits: { queuedBytes: 2000 } }, 2)
      const requests = Array.from({ length: 30 }, () => {
        const request = write(a)
        c.endTurn()
        return request
      })
      await microtasks()
      assert.ok(requests.every((request) => request.answered))
      const [member] = a.manager.snapshot().members
      assert.deepEqual([member?.queuedBytes, member?.behind], [0, true])
      assert.match(member!.behindBecause, /bytes wait for the member, over limits.queuedBytes \(2000\)$/)
      await c.advance(5000)
      assert.equal(a.manager.snapshot().members[0]?.behindBecause, '')
      assert.equal(b.manager.snapshot().sessions, 30)
    })

    test('with nobody there nobody is waited for', async () => {
      const { a } = await cluster({ sendOptions: mode }, 1)
      const request = write(a)
      assert.equal(request.answered, false, 'until the turn ends')
    })

    test('stop waits until everything is confirmed', async () => {
      const { cluster: c, a, b } = await cluster({ sendOptions: mode }, 2)
      const request = write(a)
      let stopped = false
      const stopping = a.manager.stop().then(() => {
        stopped = true
      })
      await microtasks()
      assert.equal(stopped, false)
      await c.settle()
      await stopping
      assert.equal(request.answered, true)
      assert.ok(b.manager.find(request.key))
      await a.manager.stop()
    })
  })
}

test('synchronised: a member that cannot read a batch is behind', async () => {
  const { cluster: c, a, b } = await cluster({ sendOptions: 'synchronised' }, 2)
  const request = write(a)
  c.endTurn()
  const flight = c.network.flights[0]!
  flight.body[flight.body.length - 2] = 0x77
  await c.network.land(flight)
  await microtasks()
  assert.equal(request.answered, true)
  assert.deepEqual(typesOf(a.events, 'behind'), ['behind'])
  assert.deepEqual(typesOf(b.events, 'message-refused'), ['message-refused'])
  assert.equal(b.manager.snapshot().counts.messagesRefused, 1)
  await c.advance(5000)
  assert.ok(b.manager.find(request.key))
})

/** Order among peers that come, go and come back. Order as such is in order.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Member } from '../member.ts'
import { testContext } from '../testing/channel-context.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { turns } from '../testing/lab.ts'
import { LoneLayer } from '../testing/lone-layer.ts'
import { numbered, receiveAll } from '../testing/numbered.ts'
import type { IncomingMessage } from './interceptor.ts'
import { MAX_OTHERS, order } from './order.ts'

/** An order layer whose listener takes as long as a test wants. */
function slow() {
  const above: string[] = []
  const finish: (() => void)[] = []
  const layer = order()
  const receive = ({ body }: IncomingMessage) => {
    above.push(Buffer.from(body).toString())
    return new Promise<boolean>((resolve) => finish.push(() => resolve(true)))
  }
  const neighbours = { receive, memberAdded: () => {}, memberDisappeared: () => {} }
  layer.attach?.({ channel: testContext(), below: { send: async () => {} }, above: neighbours })
  const says = (sender: Member, number: number) => {
    const message = { sender, options: 0, timestamp: 0, uniqueId: countingId(number), body: numbered(number) }
    return layer.receive?.(message, () => assert.fail('what was before is asked first'))
  }
  /** Ends one that is under way. */
  const next = async (which = 0) => {
    finish.splice(which, 1)[0]?.()
    await turns()
  }
  return { above, says, next }
}

describe('both sides agree again when a member comes back', () => {
  const [left, right] = [testMember(1), testMember(2)]
  const again = { ...left, uniqueId: countingId(50) }
  const noticed = (side: LoneLayer, member: Member, back = member) => {
    side.disappeared(member)
    side.added(back)
  }
  type Sides = { sender: LoneLayer; receiver: LoneLayer }
  const rows: [who: string, meanwhile: (sides: Sides) => Partial<{ sender: LoneLayer; from: Member }>][] = [
    ['that nobody missed', () => ({})],
    [
      'that was lost for the sender alone',
      ({ sender }) => {
        noticed(sender, right)
        return {}
      },
    ],
    [
      'that was lost for the receiver alone',
      ({ receiver }) => {
        noticed(receiver, left)
        return {}
      },
    ],
    [
      'that both have missed',
      ({ sender, receiver }) => {
        noticed(sender, right)
        noticed(receiver, left)
        return {}
      },
    ],
    [
      'that was restarted under another unique id',
      ({ receiver }) => {
        noticed(receiver, left, again)
        return { sender: new LoneLayer(order(), right), from: again }
      },
    ],
    [
      'that was restarted under the same unique id',
      ({ receiver }) => {
        noticed(receiver, left)
        return { sender: new LoneLayer(order(), right) }
      },
    ],
    [
      'that was restarted under the same unique id, which was not noticed',
      () => ({ sender: new LoneLayer(order(), right) }),
    ],
  ]
  for (const [who, meanwhile] of rows) {
    for (const before of [1, 4]) {
      test(`${who}, after ${before}`, async () => {
        let sender = new LoneLayer(order(), right)
        const receiver = new LoneLayer(order(), left)
        sender.added(right)
        receiver.added(left)
        let from = left
        let id = 0
        /** @param as in which order they arrive */
        const pass = async (texts: string[], as: number[]) => {
          const start = sender.below.length
          for (const text of texts) await sender.send(text, { uniqueId: countingId(++id) })
          const sent = sender.below.slice(start)
          for (const i of as) receiver.receive(sent[i]!.body, { sender: from, uniqueId: sent[i]!.uniqueId })
        }
        const first = ['a', 'b', 'c', 'd'].slice(0, before)
        await pass(first, [...first.keys()])
        const now = meanwhile({ sender, receiver })
        sender = now.sender ?? sender
        from = now.from ?? from
        await pass(['x', 'y', 'z'], [0, 2, 1])
        assert.deepEqual(receiver.above, [...first, 'x', 'y', 'z'])
        assert.deepEqual([receiver.layer.snapshot?.().waiting, receiver.context.refusals], [0, []])
      })
    }
  }

  test('and its first message in the new count comes late', async () => {
    const receiver = new LoneLayer(order(), left)
    receiver.added(left)
    receiveAll(receiver, [1, 2, 3])
    noticed(receiver, left)
    for (const number of [2, 1, 3]) receiver.receive(numbered(number, `new ${number}`), { uniqueId: countingId(9) })
    assert.deepEqual(receiver.above, ['1', '2', '3', 'new 1', 'new 2', 'new 3'])
  })

  test('and begins to count anew while messages of the old count wait', () => {
    const receiver = new LoneLayer(order(), left)
    receiveAll(receiver, [1, 2, 4])
    for (const number of [1, 2]) receiver.receive(numbered(number, `new ${number}`), { uniqueId: countingId(9) })
    assert.deepEqual(receiver.above, ['1', '2', '4', 'new 1', 'new 2'])
  })

  test('but a first message that is sent again begins nothing', () => {
    const receiver = new LoneLayer(order(), left)
    receiveAll(receiver, [1, 2, 1, 4, 3])
    assert.deepEqual(receiver.above, ['1', '2', '1', '3', '4'])
  })

  test('nor one that comes when its gap was given up', () => {
    const receiver = new LoneLayer(order({ expireMs: 1000 }), left)
    receiveAll(receiver, [2])
    receiver.beat(1001)
    receiver.receive(numbered(1), { uniqueId: countingId(9) })
    receiveAll(receiver, [4, 3])
    assert.deepEqual(receiver.above, ['2', '1', '3', '4'])
  })
})

describe('of peers that are no members', () => {
  /** Somebody else for each number. */
  const other = (i: number) => testMember(7, { uniqueId: countingId(i), port: 5000 + i })
  const speak = (lone: LoneLayer, count: number, number: number) => {
    for (let i = 0; i < count; i++) lone.receive(numbered(number, `other ${i}`), { sender: other(i) })
  }

  test('those without a gap are forgotten beyond a limit, and members never', () => {
    const lone = new LoneLayer(order())
    lone.added(lone.peer)
    receiveAll(lone, [1, 2])
    speak(lone, 2 * MAX_OTHERS, 1)
    lone.above.length = 0
    receiveAll(lone, [3])
    lone.receive(numbered(2, 'known'), { sender: other(2 * MAX_OTHERS - 1) })
    lone.receive(numbered(2, 'forgotten'), { sender: other(0) })
    assert.deepEqual(lone.above, ['3', 'known'])
  })

  test('where all have gaps, those of the one that came first are given up', () => {
    const lone = new LoneLayer(order())
    speak(lone, MAX_OTHERS, 2)
    assert.deepEqual(lone.above, [])
    const late = { sender: other(MAX_OTHERS) }
    lone.receive(numbered(2, 'two'), late)
    lone.receive(numbered(1, 'one'), late)
    assert.deepEqual(lone.above, ['other 0', 'one', 'two'])
    assert.deepEqual(lone.context.refusals, ['CLUSTER_ORDER_FULL'])
    assert.equal(lone.layer.snapshot?.().waiting, MAX_OTHERS - 1)
  })

  test('members that have gone are among them, from then on', () => {
    const lone = new LoneLayer(order())
    const says = (i: number, ...numbers: number[]) => {
      for (const number of numbers) lone.receive(numbered(number, `${i}: ${number}`), { sender: other(i) })
    }
    lone.added(other(0))
    says(0, 1)
    for (let i = 1; i <= MAX_OTHERS; i++) {
      lone.added(other(i))
      says(i, 1)
      lone.disappeared(other(i))
    }
    lone.disappeared(other(0))
    says(MAX_OTHERS + 1, 1)
    lone.above.length = 0
    const remembered = [0, 3, MAX_OTHERS]
    for (const i of [...remembered, 1, 2]) says(i, 2)
    assert.deepEqual(
      lone.above,
      remembered.map((i) => `${i}: 2`),
    )
  })

  test('members that go all at once are too many, too', () => {
    const lone = new LoneLayer(order())
    for (let i = 0; i <= MAX_OTHERS; i++) lone.added(other(i))
    speak(lone, MAX_OTHERS + 1, 1)
    for (let i = 0; i <= MAX_OTHERS; i++) lone.disappeared(other(i))
    lone.above.length = 0
    for (const i of [1, 0]) lone.receive(numbered(2, `other ${i}`), { sender: other(i) })
    assert.deepEqual(lone.above, ['other 1'])
  })

  test('those that become members are not among them any more', () => {
    const lone = new LoneLayer(order())
    speak(lone, 2 * MAX_OTHERS, 1)
    for (let i = MAX_OTHERS; i < 2 * MAX_OTHERS; i++) lone.added(other(i))
    lone.above.length = 0
    for (const [i, number] of [
      [-1, 1],
      [-2, 1],
      [-1, 2],
    ] as const) {
      lone.receive(numbered(number), { sender: other(i) })
    }
    assert.deepEqual(lone.above, ['1', '1', '2'])
  })

  test('a destination that was never a member is forgotten, too, and members never', async () => {
    const lone = new LoneLayer(order())
    lone.added(lone.peer)
    await lone.send('x')
    for (let i = 0; i < 2 * MAX_OTHERS; i++) await lone.send('x', { to: [other(i)] })
    await lone.send('x')
    await lone.send('x', { to: [other(0)] })
    const sent = lone.below.map(({ body }) => body.readInt32BE(1))
    assert.deepEqual(sent.slice(-2), [2, 1])
  })
})

describe('while a message is being processed', () => {
  const peer = testMember(1)

  test('the next one of its sender waits, those of others do not', async () => {
    const { above, says, next } = slow()
    for (const number of [1, 3, 2]) void says(peer, number)
    void says(testMember(2), 1)
    assert.deepEqual(above, ['1', '1'])
    await next()
    assert.deepEqual(above, ['1', '1', '2'])
    await next()
    await next()
    assert.deepEqual(above, ['1', '1', '2', '3'])
    await next()
    void says(peer, 4)
    assert.equal(above.at(-1), '4', 'at once, when nothing is under way')
  })

  test('its sender is not forgotten for others', async () => {
    const { above, says, next } = slow()
    const idle = testMember(2)
    void says(peer, 1)
    void says(idle, 1)
    await next(1)
    for (let i = 1; i < MAX_OTHERS; i++) void says(testMember(7, { port: 5000 + i }), 2)
    void says(peer, 2)
    await next()
    assert.deepEqual(above, ['1', '1', '2'])
    void says(idle, 2)
    assert.deepEqual(above, ['1', '1', '2'])
  })
})

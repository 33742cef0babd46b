import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { testMember } from '../testing/fixture.ts'
import { decodedFixture, LoneLayer, TEXT } from '../testing/lone-layer.ts'
import { numbered, receiveAll } from '../testing/numbered.ts'
import { order } from './order.ts'

describe('the bytes', () => {
  test('are those of Tomcat', async () => {
    const lone = new LoneLayer(order())
    await lone.send(TEXT)
    await lone.send(TEXT)
    assert.deepEqual(
      lone.below.map(({ body }) => body),
      ['order-1', 'order-2'].map((name) => Buffer.from(decodedFixture(name).body)),
    )
  })

  test('count per destination, in one send for each', async () => {
    const lone = new LoneLayer(order())
    const [one, two] = [testMember(1), testMember(2)]
    await lone.send('x', { to: [one] })
    await lone.send('x', { to: [one, two] })
    const sent = lone.below.map(({ to, body }) => `${to.map(({ host }) => host[3])}:${body.readInt32BE(1)}`)
    assert.deepEqual(sent, ['1:1', '1:2', '2:1'])
  })

  test('without a number are refused', () => {
    const lone = new LoneLayer(order())
    assert.throws(() => lone.receive(Buffer.alloc(3)), { code: 'CLUSTER_ORDER' })
  })
})

describe('messages', () => {
  const rows: [rule: string, numbers: number[], above: string[]][] = [
    ['in order pass', [1, 2, 3], ['1', '2', '3']],
    ['that came too early wait', [3, 2, 1], ['1', '2', '3']],
    ['behind a gap wait', [1, 3, 4], ['1']],
    ['that come twice are delivered twice, as Tomcat does, and move nothing', [1, 2, 1, 3], ['1', '2', '1', '3']],
    ['that wait come twice and count once', [2, 2, 1], ['1', '2']],
  ]
  for (const [rule, numbers, above] of rows) {
    test(rule, () => {
      const lone = new LoneLayer(order())
      receiveAll(lone, numbers)
      assert.deepEqual(lone.above, above)
    })
  }

  test('of two members do not wait for each other', () => {
    const lone = new LoneLayer(order())
    lone.receive(numbered(2), { sender: testMember(1) })
    lone.receive(numbered(1, 'other'), { sender: testMember(2) })
    assert.deepEqual(lone.above, ['other'])
  })

  for (const [forwardExpired, above] of [
    [true, ['3', '4', '5', '2']],
    [false, ['5', '2']],
  ] as const) {
    test(`behind a gap are ${forwardExpired ? 'delivered' : 'dropped'} after their time; what is late is delivered`, () => {
      const lone = new LoneLayer(order({ expireMs: 1000, forwardExpired }))
      receiveAll(lone, [3, 4])
      lone.beat(1000)
      assert.deepEqual(lone.above, [])
      lone.beat(1)
      receiveAll(lone, [5, 2])
      assert.deepEqual(lone.above, above)
      assert.deepEqual(lone.context.refusals, ['CLUSTER_EXPIRED'])
    })
  }

  const limits: [what: string, options: object][] = [
    ['messages', { maxQueue: 3 }],
    ['bytes', { maxQueueBytes: 3 }],
  ]
  for (const [what, options] of limits) {
    test(`behind a gap are given up beyond a limit of ${what}`, () => {
      const lone = new LoneLayer(order(options))
      receiveAll(lone, [2, 3, 4, 5, 6])
      assert.deepEqual(lone.above, ['2', '3', '4', '5', '6'])
      assert.deepEqual(lone.context.refusals, ['CLUSTER_ORDER_FULL'])
    })
  }

  test('that waited and fail above are told, and do not keep back those behind', () => {
    const lone = new LoneLayer(order())
    lone.fails = (text) => text === '2'
    receiveAll(lone, [3, 2, 1])
    assert.deepEqual(lone.above, ['1', '3'])
    assert.deepEqual(
      lone.context.events.map(({ type }) => type),
      ['listener-failed'],
    )
  })

  test('that wait are delivered when their member goes, and counting begins anew', async () => {
    const lone = new LoneLayer(order())
    receiveAll(lone, [1, 3])
    await lone.send('x')
    lone.disappeared(lone.peer)
    assert.deepEqual([lone.above, lone.news], [['1', '3'], ['-1']])
    receiveAll(lone, [1])
    await lone.send('x')
    assert.equal(lone.above.at(-1), '1')
    assert.equal(lone.below.at(-1)?.body.readInt32BE(1), 1)
  })
})

describe('of two gaps only the one that was waited for long enough is given up', () => {
  const rows: [rule: string, forwardExpired: boolean, first: number[], later: number[], above: string[]][] = [
    ['what waits behind the later one stays', true, [3], [6], ['3', '4', '5', '6']],
    ['it stays, too, where what has expired is dropped', false, [3], [6], ['4', '5', '6']],
    ['what follows without a gap goes with it', true, [3], [4, 7], ['3', '4', '5', '6', '7']],
    ['what follows has not expired, and is not dropped', false, [3], [4, 7], ['4', '5', '6', '7']],
    ['what stands before what has expired goes first', true, [6], [3], ['3', '6', '4', '5']],
    ['what stands before has not expired, and is not dropped', false, [6], [3], ['3', '4', '5']],
  ]
  for (const [rule, forwardExpired, first, later, above] of rows) {
    test(rule, () => {
      const lone = new LoneLayer(order({ expireMs: 1000, forwardExpired }))
      receiveAll(lone, first)
      lone.context.clock.advance(900)
      receiveAll(lone, later)
      lone.beat(101)
      assert.deepEqual(lone.context.refusals, ['CLUSTER_EXPIRED'])
      receiveAll(
        lone,
        [4, 5, 6].filter((number) => !first.includes(number) && !later.includes(number)),
      )
      assert.deepEqual(lone.above, above)
      assert.equal(lone.layer.snapshot?.().waiting, 0)
    })
  }

  test('the other one has its own time', () => {
    const lone = new LoneLayer(order({ expireMs: 1000 }))
    receiveAll(lone, [3])
    lone.context.clock.advance(900)
    receiveAll(lone, [6])
    for (const [ms, above] of [
      [101, ['3']],
      [899, ['3']],
      [1, ['3', '6']],
    ] as const) {
      lone.beat(ms)
      assert.deepEqual(lone.above, above)
    }
    assert.equal(lone.layer.snapshot?.().gaps, 2)
  })
})

test('a message that fails above does not keep back those that waited for it', () => {
  const lone = new LoneLayer(order())
  lone.fails = (text) => text === '1'
  lone.receive(numbered(2))
  assert.throws(() => lone.receive(numbered(1)))
  assert.deepEqual(lone.above, ['2'])
})

test('a listener may have the member removed while what waited is delivered', () => {
  const lone = new LoneLayer(order({ expireMs: 1000 }))
  lone.fails = (text) => {
    if (text === '3') lone.disappeared(lone.peer)
    return false
  }
  receiveAll(lone, [3, 5])
  lone.beat(1001)
  assert.deepEqual(lone.above.toSorted(), ['3', '5'])
  assert.deepEqual(lone.context.events, [])
})

test('what waits for a member that goes is delivered, also where what has expired is dropped', () => {
  const lone = new LoneLayer(order({ forwardExpired: false }))
  receiveAll(lone, [1, 3])
  lone.disappeared(lone.peer)
  assert.deepEqual(lone.above, ['1', '3'])
})

test('after the last number comes 1, which may come early like any other', () => {
  const lone = new LoneLayer(order({ expireMs: 1000 }))
  for (const number of [2 ** 30 - 1, 2 ** 31 - 2]) {
    receiveAll(lone, [number])
    lone.beat(1001)
  }
  lone.above.length = 0
  receiveAll(lone, [2, 1, 2 ** 31 - 1, 4, 3])
  assert.deepEqual(lone.above, ['2147483647', '1', '2', '3', '4'])
})

test('whatever the network does to the order, what arrives completely arrives in order', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: 30 }, (_, i) => i + 1),
        { minLength: 30 },
      ),
      (numbers) => {
        const lone = new LoneLayer(order())
        receiveAll(lone, numbers)
        assert.deepEqual(
          lone.above,
          Array.from({ length: 30 }, (_, i) => String(i + 1)),
        )
        assert.equal(lone.layer.snapshot?.().waiting, 0)
      },
    ),
  )
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Reporter, type SessionEvent } from './events.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { TestCluster } from './testing/test-cluster.ts'

describe('a listener', () => {
  test('hears what other nodes did, or not, by choice', async () => {
    const cluster = new TestCluster()
    const nodes = await cluster.started(3)
    const heard = nodes.map(({ manager }) => {
      const events: SessionEvent[] = []
      manager.on((event) => events.push(event), { from: 'here' })
      return events
    })
    const key = write(nodes[0]!, undefined, { n: 1 })
    await cluster.settle()
    write(nodes[1]!, key, { n: 2 })
    await cluster.settle()
    const session = nodes[2]!.manager.find(key)!
    void nodes[2]!.manager.changeKey(session)
    await cluster.settle()
    void nodes[0]!.manager.destroy(nodes[0]!.manager.find(session.key)!)
    await cluster.settle()
    const types = ['created', 'changed', 'moved', 'destroyed', 'expired'] as const
    assert.deepEqual(
      heard.map((events) => typesOf(events, ...types)),
      [['created here', 'destroyed here'], ['changed here'], ['moved here']],
    )
    for (const { events } of nodes) assert.equal(typesOf(events, ...types).length, 4)
  })

  test('of what happens here only is told all that has no origin', async () => {
    const cluster = new TestCluster()
    const node = cluster.node()
    const heard: string[] = []
    node.manager.on(({ type }) => heard.push(type), { from: 'here' })
    await cluster.until(node.manager.start())
    assert.deepEqual(heard, ['alone'])
  })

  test('that was removed hears nothing more', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    const heard: SessionEvent[] = []
    const listener = (event: SessionEvent) => void heard.push(event)
    a!.manager.on(listener, { from: 'here' })
    a!.manager.off(listener)
    const key = write(a!, undefined, { n: 1 })
    assert.deepEqual([heard, read(a!, key)], [[], { n: 1 }])
  })

  test('that throws is reported to the others, and ends nothing', () => {
    const reporter = new Reporter()
    const heard: string[] = []
    reporter.add(() => {
      throw new Error('oh')
    })
    reporter.add(({ type }) => heard.push(type))
    reporter.report({ type: 'alone' })
    assert.deepEqual(heard, ['listener-failed', 'alone'])
  })
})

test('events that nobody wants need not be made', () => {
  const reporter = new Reporter()
  const listener = () => {}
  const state = () => [reporter.isHeard, reporter.isHeardElsewhere]
  assert.deepEqual(state(), [false, false])
  reporter.add(listener, { from: 'here' })
  assert.deepEqual(state(), [true, false])
  reporter.add(() => {})
  assert.deepEqual(state(), [true, true])
})

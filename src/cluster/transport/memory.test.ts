import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../clock/clock.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { TransportNode, testOptions } from '../testing/transport-node.ts'
import { MemoryNetwork } from './memory.ts'
import { transportCases } from './transport.cases.ts'

transportCases('memory', () => {
  const network = new MemoryNetwork(systemClock)
  return {
    create: network.transport,
    kill: async (node) => network.kill(node.member),
  }
})

describe('the troublemaker of a memory network', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const setup = async () => {
    const clock = new FakeClock()
    const network = new MemoryNetwork(clock)
    const create = () => new TransportNode(network.transport(testOptions({ clock }))).open()
    return { clock, network, a: await create(), b: await create() }
  }

  test('drops', async () => {
    const { network, a, b } = await setup()
    network.trouble = (_from, _to, frame) => ({ drop: frame.includes('lost') })
    await a.send(b, 'lost')
    await a.send(b, 'kept')
    await turn()
    assert.deepEqual(b.received, ['kept'])
  })

  test('doubles', async () => {
    const { network, a, b } = await setup()
    network.trouble = () => ({ double: true })
    await a.send(b, 'x')
    await turn()
    assert.deepEqual(b.received, ['x', 'x'])
  })

  test('delays, so that later frames overtake', async () => {
    const { clock, network, a, b } = await setup()
    network.trouble = (_from, _to, frame) => (frame.includes('slow') ? { delayMs: 100 } : undefined)
    await a.send(b, 'slow')
    await a.send(b, 'fast')
    await turn()
    assert.deepEqual(b.received, ['fast'])
    clock.advance(100)
    await turn()
    assert.deepEqual(b.received, ['fast', 'slow'])
  })

  test('cuts: links break on both sides, probes are silent, and heal mends', async () => {
    const { network, a, b } = await setup()
    a.transport.keep(b.member)
    b.transport.keep(a.member)
    await turn()
    network.cut(a.member, b.member)
    await turn()
    assert.equal(a.downs.length, 1)
    assert.equal(b.downs.length, 1)
    assert.equal(await a.transport.probe(b.member, Buffer.alloc(18), 1), 'silent')
    network.heal()
    a.transport.heartbeat()
    await turn()
    assert.ok(a.transport.isOpen(b.member))
  })
})

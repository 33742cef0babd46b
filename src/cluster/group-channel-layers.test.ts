/** Layers of a program on whole channels: several at once, under trouble, and electing a leader. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import fc from 'fast-check'
import { until } from '../../test/kit/until.ts'
import { SEND } from './channel.ts'
import { domainFilter } from './interceptors/domain-filter.ts'
import { fragmentation } from './interceptors/fragmentation.ts'
import { gzip } from './interceptors/gzip.ts'
import type { Interceptor } from './interceptors/interceptor.ts'
import { type LeaderElection, leaderElection } from './interceptors/leader-election.ts'
import { order } from './interceptors/order.ts'
import { throughput } from './interceptors/throughput.ts'
import { twoPhaseCommit } from './interceptors/two-phase-commit.ts'
import type { ChannelOptions } from './options.ts'
import { Lab, type LabNode, turns } from './testing/lab.ts'

const SYNC = SEND.USE_ACK | SEND.SYNCHRONIZED_ACK
const encryption = { keys: ['000102030405060708090a0b0c0d0e0f'] }

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.stop())

async function start(names: string, optionsOf: (name: string) => ChannelOptions): Promise<LabNode[]> {
  const nodes = [...names].map((name) => lab.node(name, optionsOf(name)))
  for (const node of nodes) await node.channel.start()
  await turns()
  for (const node of nodes) node.heard()
  return nodes
}

describe('layers together', () => {
  const piles: [what: string, layers: () => Interceptor[]][] = [
    ['order above fragments above gzip', () => [order(), fragmentation({ maxBytes: 100 }), gzip()]],
    ['gzip above fragments above order', () => [gzip(), fragmentation({ maxBytes: 100 }), order()]],
    ['two phases above order', () => [throughput(), twoPhaseCommit(), order()]],
  ]
  for (const [what, layers] of piles) {
    test(`${what}, with a key, bring everything as it was`, async () => {
      const [a, b] = await start('ab', () => ({ interceptors: layers(), encryption }))
      const texts = ['', 'short', 'x'.repeat(5000), 'y'.repeat(50_000)]
      for (const text of texts) await a?.say(text, SYNC)
      const all = texts.map((text) => `a:${text}`).join(' ')
      assert.equal(b?.heard(), all)
      for (const text of texts) await a?.say(text, SEND.ASYNCHRONOUS)
      // A large body is compressed on a thread, which takes as long as it takes.
      const heard: string[] = []
      await until('everything has arrived', async () => {
        await turns()
        heard.push(...[b!.heard()].filter((text) => text !== ''))
        return heard.join(' ').length >= all.length
      })
      assert.equal(heard.join(' '), all)
    })
  }
})

test('what is being compressed when a channel stops still arrives', async () => {
  const [a, b] = await start('ab', () => ({ interceptors: [gzip()] }))
  const texts = ['x'.repeat(200_000), 'y']
  for (const text of texts) void a?.say(text, SEND.ASYNCHRONOUS)
  await a?.channel.stop()
  await turns()
  assert.equal(b?.heard(), [...texts.map((text) => `a:${text}`), '-a'].join(' '))
})

test('order keeps the order below a network that delays and doubles, with a key against the doubles', async () => {
  const delays = fc.array(fc.record({ delayMs: fc.nat(500), double: fc.boolean() }), { minLength: 20, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(delays, async (disturbances) => {
      lab = new Lab()
      const [a, b] = await start('ab', () => ({
        interceptors: [order()],
        encryption,
        failureDetector: { pingMs: 100_000 },
      }))
      lab.network.trouble = () => disturbances.pop()
      for (let i = 0; i < 20; i++) await a?.say(String(i), SEND.ASYNCHRONOUS)
      await turns()
      lab.clock.advance(500)
      await turns()
      assert.equal(b?.heard(), Array.from({ length: 20 }, (_, i) => `a:${i}`).join(' '))
      await lab.stop()
    }),
    { numRuns: 20 },
  )
})

test('a domain filter makes two groups of one list', async () => {
  const nodes = await start('abcd', (name) => {
    return { domain: name < 'c' ? 'one' : 'two', interceptors: [domainFilter()] }
  })
  assert.deepEqual(
    nodes.map(({ members }) => members),
    ['b', 'a', 'd', 'c'],
  )
})

describe('a leader', () => {
  const elections = new Map<string, LeaderElection>()
  const leaders = () =>
    [...elections.values()].map((election) => {
      const leader = election.leader()
      return leader === undefined ? '?' : lab.nameOf(leader)
    })
  const electing = (name: string): ChannelOptions => {
    const election = leaderElection()
    elections.set(name, election)
    return { interceptors: [election] }
  }
  beforeEach(() => elections.clear())

  test('is the first in order, for all', async () => {
    await start('cba', electing)
    assert.deepEqual(leaders(), ['a', 'a', 'a'])
    assert.deepEqual(
      [...elections.values()].map((election) => election.isLeader()),
      [false, false, true],
    )
  })

  test('is who is alone', async () => {
    const [b] = await start('b', electing)
    assert.deepEqual(leaders(), ['b'])
    assert.match(b?.eventTypes() ?? '', /leader-changed/)
  })

  test('that leaves is followed by the next', async () => {
    const [a, b] = await start('abc', electing)
    await a?.channel.stop()
    elections.delete('a')
    await turns(60)
    assert.deepEqual(leaders(), ['b', 'b'])
    assert.match(b?.eventTypes() ?? '', /leader-changed/)
  })

  test('that dies is followed by the next, and leads again when it is back', async () => {
    const [a] = await start('abc', electing)
    lab.kill(a!)
    elections.delete('a')
    await turns(60)
    assert.deepEqual(leaders(), ['b', 'b'])
    await start('a', electing)
    await turns(60)
    assert.deepEqual(leaders(), ['a', 'a', 'a'])
  })

  test('is one per side of a partition, and one again when it has healed', async () => {
    const [a, b, c] = await start('abc', electing)
    for (const other of [b, c]) lab.network.cut(a!.endpoint, other!.endpoint)
    await lab.beats(3)
    await turns(60)
    assert.deepEqual(leaders(), ['a', 'b', 'b'])
    lab.network.heal()
    await lab.beats(5)
    await turns(60)
    assert.deepEqual(leaders(), ['a', 'a', 'a'])
  })

  test('is elected although requests are lost', async () => {
    const nodes = await start('bcd', electing)
    let lost = 0
    lab.network.trouble = (_from, _to, frame) => ({
      drop: frame.includes(Buffer.from('aa26dee3', 'hex')) && lost++ < 2,
    })
    await start('a', electing)
    await lab.beats(6)
    await turns(60)
    assert.deepEqual(leaders(), ['a', 'a', 'a', 'a'])
    assert.ok(lost > 2)
    assert.equal(nodes.length, 3)
  })
})

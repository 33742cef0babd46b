/** Which answers end the wait for a session that other nodes have. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { Fetches, UNSETTLED_MS } from './fetches.ts'
import { Lane } from './lane.ts'
import { resolveOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { Peer } from './peers.ts'
import { Placement } from './placement.ts'
import { Replica } from './replica.ts'

const KEY = 'A'.repeat(32)
const [HERE, SERVED] = ['node-aaa', 'node-bbb']
const NODES = [SERVED, 'node-ccc', 'node-ddd', 'node-eee']

function lane(node: string): Lane {
  const peer = new Peer({} as Peer['member'], 1)
  peer.node = node
  const made = new Lane(peer, {} as Outbox)
  made.isReady = true
  made.isHeard = true
  return made
}

type Told = 'has it' | 'lacks it' | 'has gone'

/** Asks while an old copy is here that SERVED served. */
class Asking {
  readonly clock = new FakeClock()
  readonly replica: Replica
  readonly keeper: string
  readonly #fetches: Fetches
  readonly #requests = new Map<Peer, number>()
  isOver = false

  constructor(settled: boolean) {
    const options = resolveOptions({ name: 'test', manager: 'backup', clock: this.clock })
    this.replica = new Replica(options)
    this.replica.create(KEY, 1, SERVED, 0)
    const lanes = NODES.map(lane)
    const placement = new Placement(HERE, 1)
    placement.update(lanes, true)
    this.keeper = placement.likely(KEY)[0]!.node
    if (settled) this.clock.advance(UNSETTLED_MS)
    this.#fetches = new Fetches({
      options,
      replica: this.replica,
      placement,
      lanes: () => lanes,
      changedAt: () => 0,
      send: (peer, { request }) => void this.#requests.set(peer, request),
    })
    void this.#fetches.fetch(KEY)?.then(() => {
      this.isOver = true
    })
  }

  get asked(): string[] {
    return [...this.#requests.keys()].map(({ node }) => node)
  }

  async answer(node: string, told: Told): Promise<boolean> {
    const [peer, request] = [...this.#requests].find(([peer]) => peer.node === node)!
    if (told === 'has it') this.#fetches.answered(request, peer)
    else if (told === 'lacks it') this.#fetches.lacks(request, peer)
    else this.#fetches.gone(peer)
    return this.over()
  }

  async over(): Promise<boolean> {
    await new Promise(setImmediate)
    return this.isOver
  }
}

describe('a fetch of which an old copy is here', () => {
  const rows: readonly (readonly [rule: string, told: Told, isOver: boolean])[] = [
    ['ends when the node that serves the session has sent it', 'has it', true],
    ['goes on when the node that the copy names has forgotten the session', 'lacks it', false],
    ['goes on when the node that the copy names is gone', 'has gone', false],
  ]
  for (const [rule, told, isOver] of rows) {
    test(rule, async () => {
      const asking = new Asking(false)
      assert.ok(asking.asked.includes(SERVED) && asking.asked.length > 1)
      assert.equal(await asking.answer(SERVED, told), isOver)
    })
  }

  test('ends when all who were asked have answered', async () => {
    const asking = new Asking(false)
    const [last, ...others] = asking.asked as [string, ...string[]]
    for (const node of others) assert.equal(await asking.answer(node, 'lacks it'), false)
    assert.equal(await asking.answer(last, 'lacks it'), true)
  })

  test('waits a while for the node that serves the session when the first in the order has answered', async () => {
    const asking = new Asking(true)
    assert.notEqual(asking.keeper, SERVED)
    assert.equal(await asking.answer(asking.keeper, 'has it'), false)
    asking.clock.advance(249)
    assert.equal(await asking.over(), false)
    asking.clock.advance(1)
    assert.equal(await asking.over(), true)
  })

  test('waits for all when the order may have changed a moment ago', async () => {
    const asking = new Asking(false)
    await asking.answer(asking.keeper, 'has it')
    asking.clock.advance(1999)
    assert.equal(await asking.over(), false)
  })
})

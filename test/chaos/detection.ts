/**
 * How soon a killed process, and a link that is cut without a word, are noticed: three nodes with the options that
 * everybody gets. The time of a cut counts from before the rule is set to the event on the slower observer.
 */
import { createNetwork } from '../kit/netns.ts'
import type { Owner } from '../kit/owner.ts'
import { ChannelNodes, machineNow, NODES } from './channel-nodes.ts'
import { percentile, type Scenario, type Verdict } from './scenario.ts'

/** Issue 5, row 3. */
const KILL_LIMIT_MS = 200
const CUT_LIMIT_MS = 3000

export const detection: Scenario = {
  name: 'detection',
  says: 'one of three nodes is killed, or cut off silently: p99 until the others drop it, 0.2 s and 3 s at most',
  options: { rounds: 50 },
  run: (owner, { rounds = 50 }) => detect(owner, rounds),
}

async function detect(owner: Owner, rounds: number): Promise<Verdict> {
  const nodes = Object.fromEntries(Object.entries(NODES).map(([name, address]) => [name, `${address}/24`]))
  const network = await createNetwork({ owner, nodes })
  const channels = new ChannelNodes(network)
  await Promise.all([channels.start('a'), channels.start('b'), channels.start('c')])
  await channels.together()
  const kills: number[] = []
  const cuts: number[] = []
  const slower = async (from: number) => {
    return Math.max(await channels.droppedAt('a', 'c'), await channels.droppedAt('b', 'c')) - from
  }
  for (let round = 0; round < rounds; round++) {
    const killedAt = machineNow()
    channels.node('c').signal('SIGKILL')
    kills.push(await slower(killedAt))
    await channels.start('c')
    await channels.together()

    const cutAt = machineNow()
    await network.partition(['c'], ['a', 'b'])
    cuts.push(await slower(cutAt))
    await channels.droppedAt('c', 'a')
    await channels.droppedAt('c', 'b')
    await network.heal()
    await channels.together()
  }
  return {
    ok: percentile(kills, 0.99) <= KILL_LIMIT_MS && percentile(cuts, 0.99) <= CUT_LIMIT_MS,
    lines: [describe('killed process', kills, KILL_LIMIT_MS), describe('silently cut link', cuts, CUT_LIMIT_MS)],
  }
}

function describe(what: string, values: readonly number[], limitMs: number): string {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)].map(Math.round)
  return `${what}, ${values.length} rounds: p50 ${p50} ms, p99 ${p99} ms, at most ${limitMs} ms`
}

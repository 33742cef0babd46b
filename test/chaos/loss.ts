/**
 * Slow is not dead, and neither is a network that loses packets: three nodes, of which one gets 20 % of the time, on links
 * that lose 5 % of all packets. Nobody may be dropped.
 */
import { createNetwork } from '../kit/netns.ts'
import type { Owner } from '../kit/owner.ts'
import type { Running } from '../kit/process.ts'
import { ChannelNodes, NODES, type NodeName } from './channel-nodes.ts'
import type { Scenario, Verdict } from './scenario.ts'

const NFT = '/usr/sbin/nft'
const LOST_PERCENT = 5
/** One turn of the slow node: this long it runs, this long it stands still. */
const RUNS_MS = 40
const STANDS_MS = 160

export const loss: Scenario = {
  name: 'loss',
  says: `${LOST_PERCENT} % of the packets are lost and one of three nodes gets 20 % of the time: nobody is dropped`,
  options: { minutes: 30 },
  run: (owner, { minutes = 30 }) => lose(owner, minutes),
}

async function lose(owner: Owner, minutes: number): Promise<Verdict> {
  const names = Object.keys(NODES) as NodeName[]
  const nodes = Object.fromEntries(names.map((name) => [name, `${NODES[name]}/24`]))
  const network = await createNetwork({ owner, nodes })
  const channels = new ChannelNodes(network)
  await Promise.all(names.map((name) => channels.start(name)))
  await channels.together()
  for (const name of names) {
    await network.run(name, NFT, ['add table inet chaos'])
    await network.run(name, NFT, ['add chain inet chaos in { type filter hook input priority 0; policy accept; }'])
    await network.run(name, NFT, [`add rule inet chaos in numgen random mod 100 < ${LOST_PERCENT} drop`])
  }
  await slowFor(channels.node('c'), minutes * 60_000)
  const dropped = channels.count('-')
  return {
    ok: dropped === 0 && names.every((name) => channels.node(name).exit === undefined),
    lines: [`${minutes} minutes: ${dropped} members dropped, ${channels.count('suspect')} suspicions`],
  }
}

/** Lets a process run a fifth of the time, as a container with 0.2 CPUs does. */
async function slowFor(running: Running, ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end && running.exit === undefined) {
    running.signal('SIGSTOP')
    await passed(STANDS_MS)
    running.signal('SIGCONT')
    await passed(RUNS_MS)
  }
}

function passed(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms))
}

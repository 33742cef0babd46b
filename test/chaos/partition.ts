/**
 * Three nodes of which one is cut off, again and again, with writes on both sides (issue table, row 5): in turn each node
 * alone, in both directions and in one. The nodes live in network namespaces; whoever writes talks to them through sockets
 * in the file system, which no cut reaches.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from '../kit/folder.ts'
import { createNetwork, type Network } from '../kit/netns.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { until } from '../kit/until.ts'
import { COPIES, eachManager, type ManagerKind } from './each-manager.ts'
import { NotedSession } from './noted-session.ts'
import { judgeCopy, type Writers, writtenSides } from './notes.ts'
import { compareReplicas } from './replicas.ts'
import { percentile, type Scenario, type Verdict } from './scenario.ts'
import { Caller, nodeCommand } from './session-nodes.ts'

const NAMES = ['a', 'b', 'c'] as const
const CHANNEL_PORT = 4000
/** Writers of one node that are under way at once, and the pause that each makes after a write. */
const LANES = 4
const PACE_MS = 5
/** Each node makes so many more in every cut. */
const NEW_SESSIONS = 2
/** Writing goes on for so long after the cut has healed. */
const WRITE_ON_MS = 1_000
/** Nodes that are not equal by then never will be. */
const EQUAL_DEADLINE_MS = 60_000
const LOOK_EVERY_MS = 50
const SHOWN_FAULTS = 5

export const partition: Scenario = {
  name: 'partition',
  says: 'one of three nodes is cut off, both ways or one way, both sides write; then all must be equal and complete',
  options: { rounds: 20, seconds: 30, sessions: 30, within: 5 },
  run: (owner, { rounds = 0, seconds = 0, sessions = 0, within = 0 }) =>
    eachManager(owner, (own, manager) => cutOff(own, manager, { rounds, seconds, sessions, within })),
}

interface Plan {
  readonly rounds: number
  /** Length of a cut. */
  readonly seconds: number
  /** At the start. */
  readonly sessions: number
  /** Seconds after healing by which all must be equal. */
  readonly within: number
}

async function cutOff(owner: Owner, manager: ManagerKind, plan: Plan): Promise<Verdict> {
  const stage = await Stage.open(owner, manager)
  await stage.beginSessions(plan.sessions / NAMES.length)
  await stage.untilEqual()
  const equalMs: number[] = []
  const faults: string[] = []
  let conflicts = 0
  for (let round = 0; round < plan.rounds && faults.length === 0; round++) {
    const stop = stage.startWriting()
    const before = stage.written()
    const sides = await stage.cut(round)
    await stage.beginSessions(NEW_SESSIONS)
    await pause(plan.seconds * 1000)
    const after = stage.written()
    conflicts += [...after].filter(([key, now]) => writtenSides(before.get(key) ?? new Map(), now, sides) > 1).length
    await stage.network.heal()
    const healed = performance.now()
    await pause(WRITE_ON_MS)
    await stop()
    await stage.untilEqual().catch((error: Error) => void faults.push(error.message))
    equalMs.push(performance.now() - healed)
    faults.push(...(await stage.judge()).map((fault) => `round ${round}: ${fault}`))
  }
  const counted = await stage.conflictsCounted()
  if (conflicts > 0 && counted === 0) faults.push(`${conflicts} conflicts, and no manager has counted one`)
  for (const [round, ms] of equalMs.entries()) {
    if (ms > plan.within * 1000) faults.push(`round ${round}: equal only ${ms.toFixed(0)} ms after healing`)
  }
  return {
    ok: faults.length === 0,
    lines: [...stage.describe(equalMs, conflicts, counted), ...faults.slice(0, SHOWN_FAULTS)],
  }
}

/** Three nodes, their network and the sessions that are written to. */
class Stage {
  readonly network: Network
  readonly #manager: ManagerKind
  readonly #nodes: readonly Caller[]
  readonly #sessions: NotedSession[] = []
  /** How far the nodes were from equal. */
  #lastLook = 'nobody has looked'

  private constructor(network: Network, manager: ManagerKind, nodes: readonly Caller[]) {
    this.network = network
    this.#manager = manager
    this.#nodes = nodes
  }

  static async open(owner: Owner, manager: ManagerKind): Promise<Stage> {
    const hosts = NAMES.map((_, index) => `10.0.0.${index + 1}`)
    const nodes = Object.fromEntries(NAMES.map((name, index) => [name, `${hosts[index]}/24`]))
    const network = await createNetwork({ owner, nodes })
    const folder = temporaryFolder('chaos', owner).path
    const callers: Caller[] = []
    for (const [index, name] of NAMES.entries()) {
      const listen = join(folder, name)
      const members = hosts.filter((_, other) => other !== index).map((host) => ({ host, port: CHANNEL_PORT }))
      const channel = { host: hosts[index]!, port: CHANNEL_PORT }
      const [command, args] = nodeCommand({ name, manager, sendOptions: 'synchronised', listen, channel, members })
      const running = await network.start(name, command, args, { name })
      await running.waitForLine(/^ready /)
      callers.push(new Caller(listen, LANES + 1))
    }
    atEnd(owner, () => {
      for (const caller of callers) caller.close()
    })
    return new Stage(network, manager, callers)
  }

  async beginSessions(perNode: number): Promise<void> {
    for (const node of this.#nodes) {
      for (let made = 0; made < perNode; made++) this.#sessions.push(await NotedSession.begin(node))
    }
  }

  /** Every node writes to all sessions in turn, until the function that is returned is called. */
  startWriting(): () => Promise<void> {
    let goesOn = true
    const lane = async (writer: string, node: Caller, first: number): Promise<void> => {
      for (let at = first; goesOn; at += LANES) {
        // Sessions that are made meanwhile join in.
        if (at >= this.#sessions.length) at = first
        await this.#sessions[at]!.write(writer, node)
        await pause(PACE_MS)
      }
    }
    const lanes = NAMES.flatMap((writer, index) =>
      Array.from({ length: LANES }, (_, first) => lane(writer, this.#nodes[index]!, first)),
    )
    return async () => {
      goesOn = false
      await Promise.all(lanes)
    }
  }

  /** By session key. */
  written(): Map<string, Writers> {
    return new Map(this.#sessions.map((session) => [session.key, session.writers()]))
  }

  /** Returns the two sides. Three kinds of cut in turn, and in three times three rounds each kind for each node. */
  async cut(round: number): Promise<readonly (readonly string[])[]> {
    const kind = round % 3
    const alone = [NAMES[(kind + Math.floor(round / 3)) % NAMES.length]!]
    const others = NAMES.filter((name) => !alone.includes(name))
    if (kind === 0) await this.network.partition(alone, others)
    else if (kind === 1) await this.network.drop(alone, others)
    else await this.network.drop(others, alone)
    return [alone, others]
  }

  async untilEqual(): Promise<void> {
    const options = { deadlineMs: EQUAL_DEADLINE_MS, everyMs: LOOK_EVERY_MS }
    await until('all nodes are equal', () => this.#isEqual(), options).catch((error: Error) => {
      throw new Error(`${error.message}; ${this.#lastLook}`)
    })
    for (const session of this.#sessions) session.shared = true
  }

  /** What is wrong with what the nodes hold. */
  async judge(): Promise<string[]> {
    const held = (await Promise.all(this.#nodes.map((node) => node.replicas()))).flat()
    return this.#sessions.flatMap((session) => {
      const copies = held.filter(({ key }) => key === session.key)
      if (copies.length === 0) return [`session-lost: ${session.key}`]
      if (session.strangers > 0) return [`session-lost: a writer of ${session.key} was given another one`]
      // With this manager a session that was on all nodes is found on each, cut or no cut.
      if (this.#manager === 'delta' && session.absentThoughShared > 0)
        return [`session-lost: a node did not find ${session.key}`]
      return copies.flatMap(({ values }) => judgeCopy(values, session.writers())).map((one) => `${session.key}: ${one}`)
    })
  }

  describe(equalMs: readonly number[], conflicts: number, counted: number): string[] {
    const all = this.#sessions.flatMap((session) => [...session.writers().values()])
    const sum = (of: (session: NotedSession) => number) => this.#sessions.reduce((total, one) => total + of(one), 0)
    return [
      `${equalMs.length} cuts, ${this.#sessions.length} sessions, ${all.reduce((total, { asked }) => total + asked, 0)} writes, ${sum(({ open }) => open)} of them without an answer, ${sum(({ absent }) => absent)} refused where the session was not`,
      `${conflicts} conflicts: a session’s shared attribute was written on both sides of a cut; the managers counted ${counted}, those of nodes that see each other included`,
      `equal after healing: p50 ${percentile(equalMs, 0.5).toFixed(0)} ms, longest ${percentile(equalMs, 1).toFixed(0)} ms (of it ${WRITE_ON_MS} ms of writing)`,
    ]
  }

  async conflictsCounted(): Promise<number> {
    const members = await Promise.all(this.#nodes.map((node) => node.members()))
    return members.reduce((sum, { conflicts }) => sum + conflicts, 0)
  }

  async #isEqual(): Promise<boolean> {
    const members = await Promise.all(this.#nodes.map((node) => node.members()))
    const held = await Promise.all(this.#nodes.map((node) => node.replicas()))
    const { scarce, different } = compareReplicas(held, COPIES[this.#manager])
    const known = members.map((one) => `${one.members}${one.behind > 0 ? ` (${one.behind} behind)` : ''}`)
    this.#lastLook = `members ${known.join(', ')}; ${scarce.length} sessions with too few copies, ${different.length} that differ`
    return (
      members.every((one) => one.members === NAMES.length - 1 && one.behind === 0) &&
      scarce.length + different.length === 0
    )
  }
}

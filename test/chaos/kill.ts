/**
 * SIGKILL of one of three workers under load behind the balancer, again and again (issue table, row 2). Whoever has been
 * killed is started again on its ports, and the next one dies when every session has its copies again: one death at a
 * time is what is promised.
 */
import { atEnd, type Owner } from '../kit/owner.ts'
import { freePort } from '../kit/ports.ts'
import { type Running, start } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { startClowder, untilReady } from '../stories/clowder.ts'
import { Customer } from './customer.ts'
import { COPIES, eachManager, type ManagerKind } from './each-manager.ts'
import { compareReplicas } from './replicas.ts'
import { percentile, type Scenario, type Verdict } from './scenario.ts'
import type { NodeOptions } from './session-node.ts'
import { Caller, nodeCommand } from './session-nodes.ts'

const NAMES = ['worker1', 'worker2', 'worker3'] as const
/** Writes that each customer has answered between two deaths, and between a death and a return. */
const WRITES_BETWEEN = 3
/** For a round: the death is noticed, the worker starts and has its copies. */
const ROUND_STEP_MS = 90_000
/** How often nodes are asked for all that they hold: each answer is work for them. */
const LOOK_EVERY_MS = 50
/** Sessions whose last steps are printed. */
const SHOWN_FAULTS = 3

export const kill: Scenario = {
  name: 'kill',
  says: 'SIGKILL of one of three workers under load, again and again; the history of each session is checked',
  options: { rounds: 100, customers: 30 },
  run: (owner, { rounds = 0, customers = 0 }) =>
    eachManager(owner, (own, manager) => killWorkers(own, manager, rounds, customers)),
}

async function killWorkers(owner: Owner, manager: ManagerKind, rounds: number, count: number): Promise<Verdict> {
  const stage = await Stage.open(owner, manager, count)
  const customers = Array.from({ length: count }, () => new Customer())
  let goesOn = true
  const load = Promise.all(customers.map((customer) => customer.run(stage.front, () => goesOn)))
  const restoredMs: number[] = []
  const errors: string[] = []
  try {
    for (let round = 0; round < rounds && customers.every(({ fault }) => fault === undefined); round++) {
      await untilServed(customers, WRITES_BETWEEN)
      const victim = round % NAMES.length
      stage.kill(victim)
      await untilServed(customers, WRITES_BETWEEN)
      await stage.start(victim)
      const back = performance.now()
      await stage.untilCopied()
      restoredMs.push(performance.now() - back)
    }
  } catch (error) {
    errors.push(error instanceof Error ? error.message : String(error))
  } finally {
    goesOn = false
    await load
  }
  await stage.untilCopied().catch((error: Error) => errors.push(error.message))
  // What each node says by itself must fit, too.
  for (const node of stage.nodes) for (const customer of customers) await customer.read(node)

  const faults = customers.flatMap(({ fault }) => fault ?? [])
  const sum = (of: (customer: Customer) => number) => customers.reduce((total, customer) => total + of(customer), 0)
  const failedReads = sum((customer) => customer.failedReads)
  return {
    ok: faults.length === 0 && errors.length === 0 && failedReads === 0,
    lines: [
      `${restoredMs.length} kills, ${count} sessions, ${sum(({ acknowledged }) => acknowledged)} acknowledged writes, ${sum(({ reads }) => reads)} reads`,
      `${sum(({ open }) => open)} writes without an answer, ${failedReads} reads without an answer`,
      `every session has its copies again after a return: p50 ${percentile(restoredMs, 0.5).toFixed(0)} ms, longest ${percentile(restoredMs, 1).toFixed(0)} ms`,
      `${faults.length} sessions with a fault`,
      ...faults.slice(0, SHOWN_FAULTS),
      ...errors,
    ],
  }
}

/** Everybody who has no fault has had so many more writes answered. */
async function untilServed(customers: readonly Customer[], writes: number): Promise<void> {
  const goals = customers.map(({ acknowledged }) => acknowledged + writes)
  const isServed = () =>
    customers.every(({ acknowledged, fault }, i) => fault !== undefined || acknowledged >= goals[i]!)
  await until(`every customer has ${writes} more writes answered`, isServed, { deadlineMs: ROUND_STEP_MS })
}

/** Three workers and their balancer. */
class Stage {
  readonly front: Caller
  /** The workers, asked directly. */
  readonly nodes: readonly Caller[]
  readonly #owner: Owner
  readonly #options: readonly NodeOptions[]
  readonly #running: Running[] = []

  private constructor(owner: Owner, options: readonly NodeOptions[], front: Caller) {
    this.#owner = owner
    this.#options = options
    this.front = front
    this.nodes = options.map(({ listen }) => new Caller(listen, 1))
    atEnd(owner, () => {
      for (const caller of [front, ...this.nodes]) caller.close()
    })
  }

  static async open(owner: Owner, manager: ManagerKind, customers: number): Promise<Stage> {
    const channels = await Promise.all(NAMES.map(async () => ({ host: '127.0.0.1', port: await freePort() })))
    const options = await Promise.all(
      NAMES.map(async (name, i): Promise<NodeOptions> => {
        const members = channels.filter((_, other) => other !== i)
        const listen = await freePort()
        return { name, manager, sendOptions: 'synchronised', listen, channel: channels[i]!, members }
      }),
    )
    const workers = options.flatMap(({ name, listen }) => ['--worker', `${name}=http://127.0.0.1:${listen}`])
    const balancer = await startClowder(['balancer', '--listen', '127.0.0.1:0', ...workers], { owner })
    const { port } = await untilReady(balancer, 'clowder')
    const stage = new Stage(owner, options, new Caller(port, customers))
    for (const index of NAMES.keys()) await stage.start(index)
    return stage
  }

  async start(index: number): Promise<void> {
    await this.#running[index]?.exited
    const [command, args] = nodeCommand(this.#options[index]!)
    const running = await start(command, args, { owner: this.#owner, name: NAMES[index]! })
    this.#running[index] = running
    await running.waitForLine(/^ready /)
  }

  kill(index: number): void {
    this.#running[index]!.signal('SIGKILL')
  }

  /** Every session is where it must be. */
  async untilCopied(): Promise<void> {
    const { manager } = this.#options[0]!
    await until(
      'every session has its copies',
      async () => {
        const members = await Promise.all(this.nodes.map((node) => node.members()))
        if (members.some((one) => one.members !== NAMES.length - 1 || one.behind > 0)) return false
        const held = await Promise.all(this.nodes.map((node) => node.replicas()))
        return compareReplicas(held, COPIES[manager]).scarce.length === 0
      },
      { deadlineMs: ROUND_STEP_MS, everyMs: LOOK_EVERY_MS },
    )
  }
}

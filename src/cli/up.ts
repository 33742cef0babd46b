/**
 * `clowder up`: the embedded cluster. One supervisor, and below it a balancer and the workers, each a process of its own and an
 * ordinary command that anyone could give: so killing any of them is what it would be in earnest.
 *
 * The supervisor carries no traffic, so that there is little in it that could fail. It starts again what dies (`supervisor/`);
 * when it dies itself, the others notice and stop.
 */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { formatAddress, LOOPBACK, parsePort } from './address.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { freePorts, probePort } from './free-ports.ts'
import type { ReadyLine } from './ready-line.ts'
import { SECRET_VARIABLE } from './secret.ts'
import { spawner } from './supervisor/child.ts'
import { NeverServedError, SupervisedProcess, type Supervision } from './supervisor/supervised-process.ts'

const MAX_WORKERS = 16
/** Longer than balancer and workers give themselves for what is in flight. */
const STOP_LIMIT_MS = 15_000
/** Of the AJP secret that balancer and workers share for one life of the cluster. Nobody else ever sees it. */
const SECRET_BYTES = 32

const OPTIONS = {
  port: { type: 'string', default: '8080' },
  workers: { type: 'string', default: '2' },
  app: { type: 'string' },
} as const

const HELP = `clowder up: starts a balancer and workers with replicated sessions on this machine

Usage: clowder up [--port PORT] [--workers COUNT] [--app MODULE]

  --port PORT      where the balancer listens on ${LOOPBACK}; default 8080, 0 = any free port
  --workers COUNT  1 to ${MAX_WORKERS}; default 2
  --app MODULE     the app to run instead of the sample app, as for \`clowder worker\`

A process that dies is started again. SIGTERM or Ctrl-C stops all, finishing what is in flight.`

export const up: Command = {
  name: 'up',
  summary: 'start a whole cluster on this machine, with a sample app',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values } = parseCommandLine(args, OPTIONS, 0)
    const port = parsePort(values.port)
    if (port === undefined) throw new CliError('CLI_USAGE', `--port ${values.port} is not a port`)
    const count = /^\d{1,2}$/.test(values.workers) ? Number(values.workers) : 0
    if (count < 1 || count > MAX_WORKERS)
      throw new CliError('CLI_USAGE', `--workers ${values.workers} is not a number from 1 to ${MAX_WORKERS}`)
    const asked = io.untilStopped()
    // The balancer comes last; that it cannot come at all should be known at once.
    if (port !== 0) await probePort(LOOPBACK, port)
    const planned = await plan(port, count, values.app ?? SAMPLE_APP, io)
    return supervise(new EmbeddedCluster(planned, io), planned.admin, asked, io)
  },
}

const SAMPLE_APP = fileURLToPath(new URL(`./sample/app${import.meta.url.slice(-3)}`, import.meta.url))

/** The command lines of all processes. */
interface Plan {
  /** Where the first worker tells of the cluster. */
  readonly admin: string
  readonly balancer: readonly string[]
  readonly workers: readonly { readonly name: string; readonly command: readonly string[] }[]
}

async function plan(port: number, count: number, app: string, io: Io): Promise<Plan> {
  const ports = await freePorts(LOOPBACK, 4 * count + 1, io.random)
  const at = (index: number): string => formatAddress({ host: LOOPBACK, port: ports[index]! })
  const workers = Array.from({ length: count }, (_, index) => ({
    name: `worker${index + 1}`,
    ajp: at(index),
    http: at(count + index),
    channel: at(2 * count + index),
    admin: at(3 * count + index),
  }))
  const listen = port === 0 ? at(4 * count) : formatAddress({ host: LOOPBACK, port })
  return {
    admin: workers[0]!.admin,
    balancer: [
      ...io.program,
      'balancer',
      ...['--listen', listen],
      ...workers.flatMap(({ name, ajp }) => ['--worker', `${name}=ajp://${ajp}`]),
    ],
    workers: workers.map((worker) => ({
      name: worker.name,
      command: [
        ...io.program,
        'worker',
        ...['--name', worker.name, '--ajp', worker.ajp, '--http', worker.http],
        ...['--channel', worker.channel, '--admin', worker.admin, '--app', app],
        ...workers.flatMap((peer) => (peer === worker ? [] : ['--peer', peer.channel])),
        // An answered request is on all nodes: whatever is killed, nothing that a user has seen is lost.
        '--sync',
      ],
    })),
  }
}

async function supervise(cluster: EmbeddedCluster, admin: string, asked: Promise<void>, io: Io): Promise<ExitCode> {
  try {
    const ready = await Promise.race([cluster.start(), asked])
    if (ready !== undefined) io.out(welcome(ready, cluster.workerCount, admin))
  } catch (error) {
    await cluster.stop()
    if (!(error instanceof NeverServedError)) throw error
    if (!error.hasSaidWhy) io.err(`clowder: ${error.message}`)
    return error.end.code === EXIT.wrong ? EXIT.wrong : EXIT.failed
  }
  await asked
  await cluster.stop()
  return EXIT.ok
}

class EmbeddedCluster {
  readonly #balancer: SupervisedProcess
  readonly #workers: readonly SupervisedProcess[]
  readonly #started = new Set<SupervisedProcess>()
  #isStopping = false

  constructor(plan: Plan, io: Io) {
    const supervision: Supervision = {
      spawn: spawner({ [SECRET_VARIABLE]: randomBytes(SECRET_BYTES).toString('base64url') }),
      clock: io.clock,
      random: io.random,
      output: (name, stream, text) => passOn(name, stream, text, io),
      report: (line) => io.err(`clowder: ${line}`),
    }
    this.#balancer = new SupervisedProcess('balancer', 'balancer', plan.balancer, supervision)
    this.#workers = plan.workers.map(({ name, command }) => new SupervisedProcess(name, 'worker', command, supervision))
  }

  get workerCount(): number {
    return this.#workers.length
  }

  /** Resolves with the balancer's ready line. The first worker goes ahead: what is wrong with the app is said once. */
  async start(): Promise<ReadyLine | undefined> {
    const [first, ...others] = this.#workers
    await this.#start(first!)
    await Promise.all(others.map((worker) => this.#start(worker)))
    return this.#start(this.#balancer)
  }

  /** From front to back, so that nothing is sent to a worker that has gone. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#started.has(this.#balancer)) await this.#balancer.stop(STOP_LIMIT_MS)
    const workers = this.#workers.filter((worker) => this.#started.has(worker))
    await Promise.all(workers.map((worker) => worker.stop(STOP_LIMIT_MS)))
  }

  async #start(process: SupervisedProcess): Promise<ReadyLine | undefined> {
    if (this.#isStopping) return undefined
    this.#started.add(process)
    return process.start()
  }
}

/** Ready lines are passed on as they are; everything else says whose it is. */
function passOn(name: string, stream: 'out' | 'err', text: string, io: Io): void {
  if (stream === 'err') io.err(text.startsWith('clowder: ') ? `clowder: ${name}: ${text.slice(9)}` : `${name}: ${text}`)
  else io.out(text.startsWith('ready ') ? text : `${name}: ${text}`)
}

function welcome(balancer: ReadyLine, workers: number, admin: string): string {
  const url = `http://${balancer.facts.http}`
  return `
  app        ${url}/
  jk-status  ${url}/jk-status
  sessions   npx clowder cluster ${admin}

  ${workers === 1 ? 'One worker runs' : `${workers} workers share all sessions: kill -9 one of their pids and go on`}. Ctrl-C stops everything.
`
}

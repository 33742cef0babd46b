/** `clowder worker`: the place of a Tomcat, for one Node app. */
import { type LoadOptions, loadWorkerConfiguration } from '../config/index.ts'
import { createWorker, describeThrown, type WorkerOptions } from '../worker/index.ts'
import { formatAddress } from './address.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { usable } from './configuration.ts'
import { CliError } from './errors.ts'
import type { ExitCode } from './exit-codes.ts'
import { SECRET_VARIABLE, takeSecret } from './secret.ts'
import { type Service, serve } from './serve.ts'
import { overlay } from './worker-flags.ts'
import { WorkerReporter } from './worker-reporter.ts'

const OPTIONS = {
  app: { type: 'string' },
  name: { type: 'string' },
  ajp: { type: 'string', multiple: true },
  http: { type: 'string', multiple: true },
  channel: { type: 'string' },
  peer: { type: 'string', multiple: true },
  admin: { type: 'string' },
  sync: { type: 'boolean' },
  insecure: { type: 'boolean' },
} as const

const HELP = `clowder worker: runs a Node app with sessions that outlive the process

Usage: clowder worker FILE [--app MODULE] [OPTIONS]
       clowder worker --app MODULE (--ajp HOST:PORT | --http HOST:PORT) [OPTIONS]

  FILE                 a server.xml or a clowder.yaml; the options below win over what it says
  --app MODULE         what it exports: a handler (request, response), an Express app, or a set-up function
                       (worker) => handler; ESM or CommonJS; any of them may be async; a clowder.yaml can name it
  --name NAME          name and route (jvmRoute); of a clowder.yaml with several workers, the one to run
  --ajp HOST:PORT      where to listen for the balancer's AJP, with the secret of the variable ${SECRET_VARIABLE};
                       may be repeated
  --http HOST:PORT     where to listen for HTTP; may be repeated
  --channel HOST:PORT  where to listen for the other workers
  --peer HOST:PORT     the channel of another worker; may be repeated
  --admin HOST:PORT    where \`clowder cluster\` may ask what this worker knows of its cluster; loopback only
  --sync               answer when a session's changes have been applied on all workers, not before
  --insecure           let the channel listen beyond loopback, and AJP without a secret, on a network that only the
                       cluster can reach: whoever reaches the channel can read and write all sessions, whoever
                       reaches AJP can pose as any user

HOST:PORT may be a port alone, on loopback; port 0 is any free one. The worker prints a line \`ready worker …\`
when it has the sessions of the others and serves. SIGTERM or Ctrl-C stops it, finishing what is in flight.`

export const worker: Command = {
  name: 'worker',
  summary: 'run a Node app with replicated sessions, from a server.xml, a clowder.yaml or options',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals } = parseCommandLine(args, OPTIONS, 1)
    const { app, ...flags } = values
    const [path] = positionals
    const file = path === undefined ? undefined : usable(await loadWorkerConfiguration(path, chosen(flags.name)), io)
    const module = app ?? file?.app
    if (module === undefined) throw new CliError('CLI_USAGE', 'worker needs --app MODULE')
    // A name that chose the worker leaves its route alone.
    const { name = file?.name, ...others } = flags
    const over = overlay(file, name === file?.name ? others : flags, takeSecret(io.env))
    return serve(service({ ...over, app: module, clock: io.clock }, io), io)
  },
}

/** In a clowder.yaml with several workers the name says which; else it is laid over the file's. */
function chosen(worker: string | undefined): LoadOptions {
  return worker === undefined ? {} : { worker }
}

function service(options: WorkerOptions, io: Io): Service {
  const running = createWorker(options)
  const report = (line: string): void => io.err(`clowder: ${line}`)
  const reporter = new WorkerReporter(report, io.clock)
  running.on((event) => reporter.report(event))
  // Node goes on to print the stack and to end the process; this says in one line whose it was.
  process.on('uncaughtExceptionMonitor', (error) => report(`the app ends the process: ${describeThrown(error)}`))
  return {
    async start() {
      await running.start()
      const { ajp, http, channel, admin } = running.addresses()
      return {
        role: 'worker',
        name: running.name,
        facts: {
          ...(ajp.length > 0 && { ajp: ajp.map(formatAddress).join(',') }),
          ...(http.length > 0 && { http: http.map(formatAddress).join(',') }),
          ...(channel && { channel: formatAddress(channel) }),
          ...(admin && { admin: formatAddress(admin) }),
          pid: String(process.pid),
        },
      }
    },
    stop: () => running.stop(),
  }
}

/** `clowder balancer`: the place of httpd and mod_jk. */
import { type Balancer, type BalancerOptions, createBalancer, DEFAULT_LOG_LEVEL, logged } from '../balancer/index.ts'
import { loadBalancerConfiguration, mountFileNews, ruleTargets } from '../config/index.ts'
import { withAbsolutePaths } from './absolute-paths.ts'
import { type Address, formatAddress, LOOPBACK, parseAddress } from './address.ts'
import { keepRequestsYoung } from './collector.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { usable } from './configuration.ts'
import { CliError } from './errors.ts'
import type { ExitCode } from './exit-codes.ts'
import { KeptEditsFile } from './kept-edits.ts'
import { parseQuickWorkers, quickBalancer } from './quick-balancer.ts'
import { SECRET_VARIABLE, takeSecret } from './secret.ts'
import { type Service, serve } from './serve.ts'
import { statusPages } from './status-pages.ts'

const NAME = 'clowder'
/** Where to listen when neither the command line nor the file says it. */
const DEFAULT_LISTEN: Address = { host: LOOPBACK, port: 8080 }

/** What log rotation sends, to httpd as to us. */
const REOPEN = ['SIGHUP', 'SIGUSR1'] as const

const OPTIONS = {
  listen: { type: 'string', multiple: true },
  worker: { type: 'string', multiple: true },
} as const

const HELP = `clowder balancer FILE: balances HTTP requests over workers, as httpd and mod_jk do

Usage: clowder balancer FILE [--listen HOST:PORT]…
       clowder balancer --worker NAME=URL… [--listen HOST:PORT]…

  FILE      httpd syntax with the directives of mod_jk (*.conf), a workers.properties or a clowder.yaml
  --listen  where to listen, instead of what FILE says; without either ${formatAddress(DEFAULT_LISTEN)}
  --worker  without a file: one load balancer over these workers, with /jk-status for this machine; a URL is
            ajp://HOST:PORT, with the secret of the variable ${SECRET_VARIABLE}, or http://HOST:PORT

SIGTERM or Ctrl-C stops it, finishing what is in flight. \`clowder check FILE\` shows all complaints about a file.`

export const balancer: Command = {
  name: 'balancer',
  summary: 'balance requests over workers, from the files of httpd and mod_jk or a clowder.yaml',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals } = parseCommandLine(args, OPTIONS, 1)
    const listen = (values.listen ?? []).map((text) => {
      const address = parseAddress(text)
      if (address === undefined) throw new CliError('CLI_USAGE', `--listen ${text} is not HOST:PORT`)
      return address
    })
    const [file] = positionals
    const options = await optionsOf(file, values.worker ?? [], listen, io)
    keepRequestsYoung()
    return serve(service(options, io, keepsEdits(options) ? file : undefined), io)
  },
}

async function optionsOf(
  file: string | undefined,
  workers: readonly string[],
  listen: readonly Address[],
  io: Io,
): Promise<BalancerOptions> {
  if (file === undefined) {
    if (workers.length === 0) throw new CliError('CLI_USAGE', 'balancer needs a FILE or --worker NAME=URL')
    return quickBalancer(listen.length > 0 ? listen : [DEFAULT_LISTEN], parseQuickWorkers(workers), takeSecret(io.env))
  }
  if (workers.length > 0) throw new CliError('CLI_USAGE', 'balancer takes a FILE or --worker, not both')
  const options = withAbsolutePaths(usable(await loadBalancerConfiguration(file), io))
  if (listen.length > 0) return atAnyAddress(options, listen)
  return options.listen.length > 0 ? options : atAnyAddress(options, [DEFAULT_LISTEN])
}

/** It listens elsewhere than FILE says: what virtual hosts say about addresses cannot hold any more, their names do. */
function atAnyAddress(options: BalancerOptions, listen: readonly Address[]): BalancerOptions {
  return { ...options, listen, hosts: options.hosts.map(({ addresses: _, ...host }) => host) }
}

function keepsEdits({ workers }: BalancerOptions): boolean {
  return Object.values(workers).some((worker) => worker.type === 'status' && worker.persist === true)
}

/** @param file beside which changes are kept; undefined to keep none */
function service(options: BalancerOptions, io: Io, file: string | undefined): Service {
  const kept = file === undefined ? undefined : new KeptEditsFile(file, io)
  const level = options.log?.level ?? DEFAULT_LOG_LEVEL
  const balancer: Balancer = createBalancer(options, {
    clock: io.clock,
    readMounts: mountFileNews(io.env),
    readTarget: ruleTargets(),
    statusPage: statusPages(options, io.clock, () => balancer),
    onEvent: (event) => {
      const entry = logged(event, level)
      if (entry !== undefined) io.err(`clowder: ${entry.text.replaceAll('\n', '\nclowder: ')}`)
      if (event.type === 'edited' && event.change.what === 'update') kept?.keep(() => balancer.edited())
    },
  })
  const reopen = () => balancer.reopenLogs()
  return {
    async start() {
      await kept?.restore(balancer)
      await balancer.start()
      for (const signal of REOPEN) process.on(signal, reopen)
      const http = balancer.addresses().map(formatAddress).join(',')
      return { role: 'balancer', name: NAME, facts: { http, pid: String(process.pid) } }
    },
    async stop() {
      for (const signal of REOPEN) process.off(signal, reopen)
      await balancer.stop()
      await kept?.settled()
    },
  }
}

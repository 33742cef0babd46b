/** What the command line says about a worker, laid over what its file says. Pure. */
import type { WorkerYamlOptions } from '../config/index.ts'
import type { ClusterOptions, WorkerConnectorOptions, WorkerOptions } from '../worker/index.ts'
import { type Address, parseAddress } from './address.ts'
import { CliError } from './errors.ts'
import { SECRET_VARIABLE } from './secret.ts'

export interface WorkerFlags {
  readonly name?: string | undefined
  readonly ajp?: readonly string[] | undefined
  readonly http?: readonly string[] | undefined
  readonly channel?: string | undefined
  readonly peer?: readonly string[] | undefined
  readonly admin?: string | undefined
  readonly sync?: boolean | undefined
  readonly insecure?: boolean | undefined
}

/** USE_ACK and SYNCHRONIZED_ACK (tomcat-cluster.md 2.1): a response waits until its changes are applied everywhere. */
const SYNCHRONISED = 6

/**
 * All options but the app. Fails with everything that is wrong with the flags.
 *
 * @param secret of the AJP connectors that `flags` name; those of the file have their own
 */
export function overlay(
  file: WorkerYamlOptions | undefined,
  flags: WorkerFlags,
  secret?: string,
): Omit<WorkerOptions, 'app'> {
  const problems: string[] = []
  const read = (flag: string, text: string): Address => {
    const address = parseAddress(text)
    if (address === undefined) problems.push(`${flag} ${text} is not HOST:PORT`)
    return address ?? { host: '', port: 0 }
  }
  const named = [
    ...(flags.ajp ?? []).map((text): WorkerConnectorOptions => {
      const { host, port } = read('--ajp', text)
      return {
        protocol: 'ajp',
        address: host,
        port,
        ...(secret === undefined ? { secretRequired: false } : { secret }),
      }
    }),
    ...(flags.http ?? []).map((text): WorkerConnectorOptions => {
      const { host, port } = read('--http', text)
      return { protocol: 'http', address: host, port }
    }),
  ]
  const connectors = named.length > 0 ? named : (file?.connectors ?? [])
  const hasAjp = connectors.some(({ protocol }) => protocol === 'ajp')
  const channel = flags.channel === undefined ? undefined : read('--channel', flags.channel)
  const peers = (flags.peer ?? []).map((text) => read('--peer', text))
  const admin = flags.admin === undefined ? undefined : read('--admin', flags.admin)
  if (connectors.length === 0) {
    const what = file === undefined ? 'worker needs' : 'the file has no connector; add'
    problems.push(`${what} --ajp HOST:PORT or --http HOST:PORT`)
  }
  if (flags.ajp !== undefined && secret === undefined && !flags.insecure)
    problems.push(`--ajp needs the balancer's secret in the variable ${SECRET_VARIABLE}, or --insecure to do without`)
  if (channel === undefined && file?.cluster === undefined) {
    if (peers.length > 0) problems.push('--peer needs --channel HOST:PORT')
    if (flags.sync) problems.push('--sync needs --channel HOST:PORT')
    if (flags.insecure && !hasAjp) problems.push('--insecure needs --channel HOST:PORT or --ajp HOST:PORT')
  }
  if (problems.length > 0) throw new CliError('CLI_USAGE', problems)

  const cluster = overlayCluster(file?.cluster, channel, peers, flags)
  return {
    ...file,
    ...(flags.name === undefined ? {} : { name: flags.name, jvmRoute: flags.name }),
    connectors: flags.insecure ? connectors.map(unprotected) : connectors,
    ...(cluster === undefined ? {} : { cluster }),
    ...(admin && { admin: { address: admin.host, port: admin.port } }),
  }
}

function unprotected(connector: WorkerConnectorOptions): WorkerConnectorOptions {
  return connector.protocol === 'ajp' ? { ...connector, insecure: true } : connector
}

function overlayCluster(
  file: ClusterOptions | undefined,
  channel: Address | undefined,
  peers: readonly Address[],
  flags: WorkerFlags,
): ClusterOptions | undefined {
  if (file === undefined && channel === undefined) return undefined
  return {
    ...file,
    // A port that was written out is meant: without it the peers would look for us in vain.
    ...(channel && { receiver: { address: channel.host, port: channel.port, autoBind: 1 } }),
    ...(peers.length > 0 && { staticMembers: peers }),
    ...(flags.sync && { channelSendOptions: SYNCHRONISED }),
    ...(flags.insecure && { insecure: true }),
  }
}

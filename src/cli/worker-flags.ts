/** What the command line says about a worker, laid over what its file says. Pure. */
import type { ClusterOptions, ConnectorFileOptions, WorkerFileOptions, WorkerOptions } from '../worker/index.ts'
import { type Address, parseAddress } from './address.ts'
import { CliError } from './errors.ts'

export interface WorkerFlags {
  readonly name?: string | undefined
  readonly http?: readonly string[] | undefined
  readonly channel?: string | undefined
  readonly peer?: readonly string[] | undefined
  readonly sync?: boolean | undefined
  readonly insecure?: boolean | undefined
}

/** USE_ACK and SYNCHRONIZED_ACK (tomcat-cluster.md 2.1): a response waits until its changes are applied everywhere. */
const SYNCHRONISED = 6

/** All options but the app. Fails with everything that is wrong with the flags. */
export function overlay(file: WorkerFileOptions | undefined, flags: WorkerFlags): Omit<WorkerOptions, 'app'> {
  const problems: string[] = []
  const read = (flag: string, text: string): Address => {
    const address = parseAddress(text)
    if (address === undefined) problems.push(`${flag} ${text} is not HOST:PORT`)
    return address ?? { host: '', port: 0 }
  }
  const connectors = (flags.http ?? []).map((text): ConnectorFileOptions => {
    const { host, port } = read('--http', text)
    return { protocol: 'http', address: host, port }
  })
  const channel = flags.channel === undefined ? undefined : read('--channel', flags.channel)
  const peers = (flags.peer ?? []).map((text) => read('--peer', text))
  // AJP connectors are read and, the config room has said so, not opened.
  const open =
    connectors.length > 0 ? connectors : (file?.connectors.filter(({ protocol }) => protocol === 'http') ?? [])
  if (open.length === 0)
    problems.push(`${file === undefined ? 'worker needs' : 'the file has no HTTP connector; add'} --http HOST:PORT`)
  if (channel === undefined && file?.cluster === undefined) {
    if (peers.length > 0) problems.push('--peer needs --channel HOST:PORT')
    if (flags.sync) problems.push('--sync needs --channel HOST:PORT')
    if (flags.insecure) problems.push('--insecure needs --channel HOST:PORT')
  }
  if (problems.length > 0) throw new CliError('CLI_USAGE', problems)

  const cluster = overlayCluster(file?.cluster, channel, peers, flags)
  return {
    ...file,
    ...(flags.name === undefined ? {} : { name: flags.name, jvmRoute: flags.name }),
    connectors: open,
    ...(cluster === undefined ? {} : { cluster }),
  }
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

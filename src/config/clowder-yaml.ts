/**
 * clowder.yaml → options of a balancer, of workers, or of both: what stands at the top, and how the parts of a worker fit
 * together. How those of the balancer do is in `clowder-yaml-checks.ts`; single values are read by the tables.
 */
import type { BalancerOptions, MountRule } from '../balancer/options.ts'
import { balancerKind } from './clowder-yaml-balancer.ts'
import { checkBalancer } from './clowder-yaml-checks.ts'
import { readYaml, type YamlMap, type YamlNode } from './clowder-yaml-document.ts'
import { field, map, type ObjectKind, object } from './clowder-yaml-kinds.ts'
import { YamlReader } from './clowder-yaml-read.ts'
import { type WorkerYamlOptions, workerKind } from './clowder-yaml-worker.ts'
import { checkWorkerOptions } from './clowder-yaml-worker-checks.ts'
import { type Complaints, shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import { maxWorkers } from './limits.ts'
import type { Position } from './position.ts'
import type { SourceReader, SourceText } from './source-text.ts'
import { readMountFile } from './uriworkermap.ts'

export interface ClowderYaml {
  readonly balancer?: BalancerOptions
  /** By name. */
  readonly workers?: Readonly<Record<string, WorkerYamlOptions>>
}

export const fileKind: ObjectKind = object({
  balancer: field(balancerKind, 'none', 'What `clowder balancer` runs.'),
  workers: field(
    map(workerKind, maxWorkers),
    'none',
    'What `clowder worker` runs, by name; with several `--name` chooses.',
  ),
})

type Environment = Readonly<Record<string, string | undefined>>

/** Options are complete only if no complaint is an error. */
export async function readClowderYaml(
  source: SourceText,
  files: SourceReader,
  env: Environment,
  complaints: Complaints,
): Promise<ClowderYaml> {
  const start = source.lines.at(0)
  const root = readYaml(source, complaints)
  if (root === undefined) {
    if (!complaints.hasErrors) complaints.add('CONFIG_KEY_MISSING', start, '', 'has neither balancer nor workers')
    return {}
  }
  const reader = new YamlReader(env, complaints)
  const read = reader.read(fileKind, root, '') as ClowderYaml | undefined
  if (read === undefined || root.is !== 'map') return {}
  const { balancer, workers } = read
  if (root.entries.size === 0 && !complaints.hasErrors)
    complaints.add('CONFIG_KEY_MISSING', start, '', 'has neither balancer nor workers')
  return {
    ...(balancer === undefined ? {} : { balancer: await finishBalancer(balancer, root, files, env, reader) }),
    ...(workers === undefined ? {} : { workers: finishWorkers(workers, reader) }),
  }
}

/** The one that is asked for; without a name, the only one. */
export function chooseWorker(
  { workers = {} }: ClowderYaml,
  name: string | undefined,
  start: Position,
  complaints: Complaints,
): WorkerYamlOptions | undefined {
  const names = Object.keys(workers)
  const chosen = names.length === 1 ? names[0] : name !== undefined && Object.hasOwn(workers, name) ? name : undefined
  if (chosen !== undefined) return workers[chosen]
  const listed = names.slice(0, 10).map(visible).join(', ')
  const message =
    names.length === 0
      ? 'describes no worker'
      : name === undefined
        ? `describes ${names.length} workers`
        : `describes no worker ${shown(name)}`
  const hint = () => {
    if (names.length === 0) return 'add it under workers'
    return (name === undefined ? undefined : didYouMean(name, names)) ?? `choose with --name: ${listed}`
  }
  complaints.add('CONFIG_WORKER_CHOICE', start, 'workers', message, hint)
  return undefined
}

async function finishBalancer(
  read: BalancerOptions,
  root: YamlMap,
  files: SourceReader,
  env: Environment,
  reader: YamlReader,
): Promise<BalancerOptions> {
  const { workers = {}, hosts = [] } = read
  const members = new Set(
    Object.values(workers).flatMap((worker) => (worker.type === 'lb' ? (worker.balanceWorkers ?? []) : [])),
  )
  const workerList = read.workerList ?? Object.keys(workers).filter((name) => !members.has(name))
  const options: BalancerOptions = {
    ...read,
    workers,
    workerList,
    hosts: await Promise.all(hosts.map((host) => finishHost(host, files, env, reader))),
    properties: flattened(root, reader),
  }
  checkBalancer(options, read, reader)
  return options
}

type Host = BalancerOptions['hosts'][number]

async function finishHost(host: Host, files: SourceReader, env: Environment, reader: YamlReader): Promise<Host> {
  const { mountFile } = host
  const at = mountFile && reader.placeOf(mountFile, 'file')
  const source = mountFile?.file && at ? await files.read(mountFile.file, at, 'mountFile') : undefined
  const fromFile: MountRule[] =
    source === undefined
      ? []
      : readMountFile(source, env, reader.complaints)
          .list()
          .map(({ rule }) => rule)
  return {
    ...host,
    names: host.names.map((name) => name.toLowerCase()),
    mounts: [...fromFile, ...host.mounts],
    access: host.access.map(withOrder),
  }
}

/** Who may is who is allowed, but for who is denied: the order of httpd's that surprises nobody. */
function withOrder(rule: Host['access'][number]): Host['access'][number] {
  if (rule.order !== undefined || (rule.allow ?? rule.deny ?? rule.limits) === undefined) return rule
  return { ...rule, order: 'allow,deny', allow: rule.allow ?? ['all'], deny: rule.deny ?? [] }
}

function finishWorkers(
  workers: Readonly<Record<string, WorkerYamlOptions>>,
  reader: YamlReader,
): Record<string, WorkerYamlOptions> {
  return Object.fromEntries(
    Object.entries(workers).map(([name, worker]) => {
      checkWorkerOptions(name, worker, reader)
      const named = { ...worker, name }
      const at = reader.placeOf(worker, 'jvmRoute') ?? reader.placeOf(workers, name)
      if (at !== undefined) reader.complaints.place(named, at)
      return [name, named]
    }),
  )
}

/** The file as names and values, for `cmd=dump` of jk-status; as written, so variables stay variables. */
function flattened(root: YamlMap, reader: YamlReader): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  const walk = (node: YamlNode, path: string): void => {
    if (reader.isSecret(node)) return
    if (node.is === 'scalar') pairs.push([path, String(node.value ?? '')])
    else if (node.is === 'list') for (const [index, item] of node.items.entries()) walk(item, `${path}[${index}]`)
    else for (const [key, { value }] of node.entries) walk(value, `${path}.${key}`)
  }
  const balancer = root.entries.get('balancer')
  if (balancer !== undefined) walk(balancer.value, 'balancer')
  return pairs
}

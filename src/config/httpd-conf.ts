/**
 * An httpd configuration with Jk directives → balancer options: reads the workers file and the mount files, merges the main
 * server into its virtual hosts (mod_jk.md 3.6) and checks what only shows when all files are known.
 */
import type { BalancerOptions, VirtualHostOptions } from '../balancer/options.ts'
import { buildWorkers, workerOptions } from './build-workers.ts'
import { type Complaints, shown } from './complaint.ts'
import { addressKey } from './httpd-hosts.ts'
import { readHttpdFiles } from './httpd-reader.ts'
import { type HttpdDraft, type NamedFile, readServers, type ServerDraft } from './httpd-server.ts'
import { MountSet, type PlacedMount } from './mount-rules.ts'
import { resolveBeside, type SourceReader, type SourceText } from './source-text.ts'
import { readMountFile } from './uriworkermap.ts'
import { checkMounts, workerMounts } from './worker-mounts.ts'
import { type VariableSource, WorkerProperties } from './workers-properties.ts'

/** Options from a file in httpd's syntax. They are complete only if no complaint is an error. */
export async function readHttpdConf(
  source: SourceText,
  reader: SourceReader,
  env: VariableSource['env'],
  complaints: Complaints,
): Promise<BalancerOptions> {
  const { nodes, serverRoot } = await readHttpdFiles(source, reader, env, complaints)
  const draft = readServers(nodes, source.file, complaints)
  const open = ({ word, directive }: NamedFile) => {
    return reader.read(resolveBeside(word.at.file, word.text, serverRoot), word.at, directive)
  }
  const properties = new WorkerProperties(
    { env, serverRoot: serverRoot ?? resolveBeside(source.file, '.') },
    complaints,
  )
  for (const { raw, at } of draft.workerLines) properties.addLine(raw, at)
  const workersFile = draft.workersFile === undefined ? undefined : await open(draft.workersFile)
  if (workersFile !== undefined) properties.addFile(workersFile)
  const workers = workersFile !== undefined || (draft.workersFile === undefined && draft.workerLines.length > 0)
  const template = complaints.has('CONFIG_TEXT_TEMPLATE')
  if (draft.workersFile === undefined && draft.workerLines.length === 0 && !template) {
    const hint = 'name the workers with JkWorkersFile or JkWorkerProperty'
    complaints.add('CONFIG_WORKERS_NONE', draft.main.at, 'JkWorkersFile', 'no workers are defined', hint)
  }
  const place = workersFile === undefined ? (draft.workerLines[0]?.at ?? draft.main.at) : workersFile.lines.at(0)
  const built = workers ? buildWorkers(properties, place, complaints) : undefined
  const mountFiles = new Map<ServerDraft, MountSet>()
  for (const server of [draft.main, ...draft.hosts]) {
    const file = server.mountFile === undefined ? undefined : await open(server.mountFile)
    if (file !== undefined) mountFiles.set(server, readMountFile(file, env, complaints))
  }
  const servers = mergeHosts(draft, mountFiles, workerMounts(built?.mounts ?? [], complaints), complaints)
  if (built !== undefined && !template) for (const { mounts } of servers) checkMounts(mounts, built, complaints)
  return {
    listen: draft.listen,
    ...workerOptions(built),
    hosts: servers.map(({ label, names, mounts, access }) => ({
      ...(label === undefined ? {} : { label }),
      names,
      mounts: mounts.map(({ rule }) => rule),
      access,
    })),
  }
}

interface MergedHost extends Omit<VirtualHostOptions, 'mounts'> {
  readonly mounts: readonly PlacedMount[]
}

/** Without virtual hosts the main server is the only host; with them it serves nobody and lends what they copy. */
function mergeHosts(
  draft: HttpdDraft,
  files: ReadonlyMap<ServerDraft, MountSet>,
  fromWorkers: MountSet,
  complaints: Complaints,
): MergedHost[] {
  const { main, hosts } = draft
  const none = new MountSet()
  const mainFile = files.get(main) ?? none
  const all = [...mainFile.list(), ...main.mounts.list(), ...fromWorkers.list()]
  if (hosts.length === 0) return [{ ...labelOf(main), names: [], mounts: all, access: main.access }]
  checkHosts(hosts, complaints)
  let copied = false
  const taken = new Set<string>()
  const merged = hosts.map((host): MergedHost => {
    const access = [...main.access, ...host.access]
    const names = ownNames(host, taken, complaints)
    const base = { ...labelOf(host), names, access }
    const own = !host.mounts.isEmpty || host.mountFile !== undefined
    const copies = host.mountCopy === undefined ? main.mountCopy === 'all' : host.mountCopy === 'on'
    copied ||= copies
    if (!copies) return { ...base, mounts: [...(files.get(host) ?? none).list(), ...host.mounts.list()] }
    if (!own) return { ...base, mounts: all }
    const file = host.mountFile === undefined ? mainFile : (files.get(host) ?? none)
    return { ...base, mounts: [...file.list(), ...host.mounts.over(main.mounts)] }
  })
  const [first] = all
  if (!copied && first !== undefined) {
    const message = `the mounts of the main server reach none of the ${hosts.length} virtual hosts`
    const hint = 'write JkMountCopy All into the main server, or JkMountCopy On into a host'
    complaints.add('CONFIG_MOUNT_UNREACHED', first.at, first.directive, message, hint)
  }
  return merged
}

/** What jk-status calls a server: `NAME`, or `NAME [ADDRESS]` with the address as it is written (mod_jk.md 7.6). */
function labelOf({ names, addresses }: ServerDraft): Pick<VirtualHostOptions, 'label'> {
  const [name] = names
  const [address] = addresses
  if (name === undefined && address === undefined) return {}
  return { label: [name?.name ?? '', ...(address === undefined ? [] : [`[${address.text}]`])].join(' ').trim() }
}

function ownNames(host: ServerDraft, taken: Set<string>, complaints: Complaints): string[] {
  const names: string[] = []
  const own = new Set<string>()
  for (const { name, at } of host.names) {
    if (own.has(name)) continue
    own.add(name)
    if (taken.has(name)) {
      complaints.add('CONFIG_HOST_NAME', at, '<VirtualHost>', `${shown(name)} belongs to an earlier virtual host`)
      continue
    }
    taken.add(name)
    names.push(name)
  }
  return names
}

/** The first host answers for all unknown names; others need a name to be reached. */
function checkHosts(hosts: readonly ServerDraft[], complaints: Complaints): void {
  const [first, ...others] = hosts
  const key = addressKey(first!.addresses)
  for (const host of others) {
    if (addressKey(host.addresses) !== key) {
      const message = `has other addresses than the first host, and clowder tells hosts apart by name only`
      complaints.add('CONFIG_HOST_ADDRESS', host.at, '<VirtualHost>', message)
    }
    if (host.names.length === 0) {
      const message = 'has no ServerName and is not the first host, so no request reaches it'
      complaints.add('CONFIG_HOST_NAME', host.at, '<VirtualHost>', message)
    }
  }
}

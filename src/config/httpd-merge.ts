/**
 * The main server and its virtual hosts → the hosts of a balancer: what is inherited (mod_jk.md 3.6; httpd's own merging),
 * and where each answers.
 */
import type { AccessRule, Condition } from '../balancer/access-options.ts'
import type { EnvRule } from '../balancer/environment.ts'
import type { ListenOptions, VirtualHostOptions } from '../balancer/options.ts'
import type { FilesOptions, SiteOptions } from '../balancer/site-options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { UserFiles } from './htpasswd-file.ts'
import { anyAddress, readHostAddresses } from './httpd-hosts.ts'
import type { Word } from './httpd-lines.ts'
import { loggedVariables, logOptions } from './httpd-logs.ts'
import type { HttpdDraft, ServerDraft } from './httpd-server.ts'
import { extractsTls, renamed, tellingOptions } from './httpd-telling.ts'
import { maxInherited } from './limits.ts'
import { MountSet, type PlacedMount } from './mount-rules.ts'

export interface MergedHost extends Omit<VirtualHostOptions, 'mounts'> {
  readonly mounts: readonly PlacedMount[]
}

/** What was read besides the drafts. */
export interface Surroundings {
  readonly files: ReadonlyMap<ServerDraft, MountSet>
  readonly fromWorkers: MountSet
  readonly users: UserFiles
  /** A path of a directive as an absolute one. */
  readonly resolve: (word: Word) => string
}

const defaultReloadMs = 60_000

/** Without virtual hosts the main server is the only host; with them it answers where none of them does. */
export function mergeHosts(draft: HttpdDraft, around: Surroundings, complaints: Complaints): MergedHost[] {
  const { main, hosts } = draft
  const { files, fromWorkers } = around
  const none = new MountSet()
  const mainFile = files.get(main) ?? none
  const all = [...mainFile.list(), ...main.mounts.list(), ...fromWorkers.list()]
  const mainHost: MergedHost = { ...labelOf(main), names: [], mounts: all, ...siteOf(main, undefined, true, around) }
  if (hosts.length === 0) return [mainHost]
  const inherited = hosts.length * (main.access.length + main.site.env.length + main.site.aliases.length)
  if (inherited > maxInherited) {
    const message = `${hosts.length} virtual hosts inherit more than maxInherited (${maxInherited}) sections and rules`
    complaints.add('CONFIG_FILE_TOO_LARGE', hosts[0]!.at, '<VirtualHost>', message)
    return [mainHost]
  }
  const addresses = hosts.map((host) => readHostAddresses(host, complaints))
  checkHosts(hosts, addresses, draft.listen, complaints)
  const taken = new Map<string, Set<string>>()
  let copied = false
  const merged = hosts.map((host, index): MergedHost => {
    const names = ownNames(host, addresses[index]!, taken, complaints)
    const own = !host.mounts.isEmpty || host.mountFile !== undefined
    const copies = host.mountCopy === undefined ? main.mountCopy === 'all' : host.mountCopy === 'on'
    copied ||= copies
    const base = { ...labelOf(host), names, ...siteOf(host, main, copies, around) }
    if (!copies) return { ...base, mounts: [...(files.get(host) ?? none).list(), ...host.mounts.list()] }
    if (!own) return { ...base, mounts: all }
    const file = host.mountFile === undefined ? mainFile : (files.get(host) ?? none)
    return { ...base, mounts: [...file.list(), ...host.mounts.over(main.mounts)] }
  })
  if (areAlike(addresses) && isCovered(draft.listen, addresses)) {
    complainOfUnreached(all, copied, hosts.length, complaints)
    return merged
  }
  const placed = merged.map((host, index): MergedHost => ({ ...host, addresses: addresses[index]! }))
  if (isCovered(draft.listen, addresses)) {
    complainOfUnreached(all, copied, hosts.length, complaints)
    return placed
  }
  return [...placed, { ...mainHost, addresses: ['*:*'] }]
}

function complainOfUnreached(
  all: readonly PlacedMount[],
  copied: boolean,
  hosts: number,
  complaints: Complaints,
): void {
  const [first] = all
  if (copied || first === undefined) return
  const message = `the mounts of the main server reach none of the ${hosts} virtual hosts`
  const hint = 'write JkMountCopy All into the main server, or JkMountCopy On into a host'
  complaints.add('CONFIG_MOUNT_UNREACHED', first.at, first.directive, message, hint)
}

/** What jk-status calls a server: `NAME`, or `NAME [ADDRESS]` with the address as it is written (mod_jk.md 7.6). */
function labelOf({ names, addresses }: ServerDraft): Pick<VirtualHostOptions, 'label'> {
  const [name] = names
  const [address] = addresses
  if (name === undefined && address === undefined) return {}
  return { label: [name?.name ?? '', ...(address === undefined ? [] : [`[${address.text}]`])].join(' ').trim() }
}

// ---- addresses and names -------------------------------------------------------------------------------------------

function areAlike(addresses: readonly (readonly string[])[]): boolean {
  return new Set(addresses.map((each) => each.toSorted().join(' '))).size === 1
}

/** Some virtual host answers wherever a client can come in. A file without Listen does not say where that is. */
function isCovered(listen: readonly ListenOptions[], addresses: readonly (readonly string[])[]): boolean {
  const all = new Set(addresses.flat())
  return listen.every(({ host, port }) => {
    if (all.has('*:*') || all.has(`*:${port}`)) return true
    const spelled = host.includes(':') ? `[${host}]` : host
    return host !== anyAddress && (all.has(`${spelled}:${port}`) || all.has(`${spelled}:*`))
  })
}

function ownNames(
  host: ServerDraft,
  addresses: readonly string[],
  taken: Map<string, Set<string>>,
  complaints: Complaints,
): string[] {
  const key = addresses.toSorted().join(' ')
  const others = taken.get(key) ?? new Set<string>()
  taken.set(key, others)
  const names: string[] = []
  const own = new Set<string>()
  for (const { name, at } of host.names) {
    if (own.has(name)) continue
    own.add(name)
    if (others.has(name)) {
      complaints.add('CONFIG_HOST_NAME', at, '<VirtualHost>', `${shown(name)} belongs to an earlier virtual host`)
      continue
    }
    others.add(name)
    names.push(name)
  }
  return names
}

/** The first host at an address answers for all unknown names; others need a name to be reached. */
function checkHosts(
  hosts: readonly ServerDraft[],
  addresses: readonly (readonly string[])[],
  listen: readonly ListenOptions[],
  complaints: Complaints,
): void {
  const seen = new Set<string>()
  const ports = new Set(listen.map(({ port }) => String(port)))
  for (const [index, host] of hosts.entries()) {
    const own = addresses[index]!
    if (host.names.length === 0 && own.every((address) => seen.has(address))) {
      const message = 'has no ServerName and is not the first host at its address, so no request reaches it'
      complaints.add('CONFIG_HOST_NAME', host.at, '<VirtualHost>', message)
    }
    for (const address of own) seen.add(address)
    const wanted = own.map((address) => address.slice(address.lastIndexOf(':') + 1))
    if (ports.size === 0 || ports.has('0') || wanted.some((port) => port === '*' || ports.has(port))) continue
    const message = `no Listen opens port ${wanted.join(', ')}, so no request reaches it`
    complaints.add('CONFIG_HOST_ADDRESS', host.at, '<VirtualHost>', message, `add Listen ${wanted[0]}`)
  }
}

// ---- the rest ------------------------------------------------------------------------------------------------------

/** @param main what the host inherits from; undefined for the main server itself */
function siteOf(
  host: ServerDraft,
  main: ServerDraft | undefined,
  copies: boolean,
  { users, resolve }: Surroundings,
): SiteOptions & Pick<VirtualHostOptions, 'access'> {
  const servers = main === undefined ? [host] : [main, host]
  const access = servers.flatMap((server) => server.access.map((draft) => users.complete(draft)))
  const sites = servers.map(({ site }) => site)
  const last = <Name extends keyof ServerDraft['site']>(name: Name) =>
    sites.findLast((site) => site[name] !== undefined)?.[name] as ServerDraft['site'][Name] | undefined
  const drafts = sites.map(({ telling }) => telling)
  const told = tellingOptions(drafts)
  const logs = logOptions(
    sites.map((site) => site.logs),
    resolve,
  )
  const env = neededOf(
    renamed(
      sites.flatMap((site) => site.env),
      drafts,
    ),
    access,
    [
      ...loggedVariables(logs),
      ...(told.telling?.attributes ?? []).map(([name]) => name),
      ...(extractsTls(drafts) ? ['HTTPS'] : []),
    ],
  )
  const forced = sites.flatMap((site) => site.forced)
  const root = last('root')
  const applications = host.site.applications ?? (copies ? main?.site.applications : undefined)
  const aliases = sites.toReversed().flatMap((site) => site.aliases)
  const strip = last('stripSession')
  const index = last('index')
  const folder = root === undefined ? undefined : resolve(root)
  const served = [
    ...(folder === undefined ? [] : [folder]),
    ...aliases.map(({ target }) => resolve(target)),
    ...(applications === undefined ? [] : [resolve(applications)]),
  ]
  const files: FilesOptions = {
    ...(folder === undefined ? {} : { root: folder }),
    ...(aliases.length === 0
      ? {}
      : { aliases: aliases.map(({ path, target }) => ({ path, target: resolve(target) })) }),
    ...(applications === undefined ? {} : { applications: resolve(applications) }),
    ...(index === undefined ? {} : { index }),
    ...(followsSymlinks(sites, served) ? {} : { followSymlinks: false }),
    ...(typeof strip === 'string' ? { stripSession: strip } : {}),
  }
  const hasFiles = root !== undefined || applications !== undefined || aliases.length > 0
  const mountFile = host.mountFile ?? (copies ? main?.mountFile : undefined)
  return {
    access,
    ...(env.length === 0 ? {} : { env }),
    ...(forced.length === 0 ? {} : { forced }),
    ...told,
    ...(hasFiles ? { files } : {}),
    ...(logs.length === 0 ? {} : { logs }),
    ...(mountFile === undefined
      ? {}
      : { mountFile: { file: resolve(mountFile.word), reloadMs: last('reloadMs') ?? defaultReloadMs } }),
  }
}

/**
 * Whether links are followed in the folders that are served: each inherits from the folders around it, the innermost last, and
 * httpd follows links unless told not to. A host has one answer, so that what is forbidden anywhere below is forbidden.
 */
function followsSymlinks(sites: readonly ServerDraft['site'][], served: readonly string[]): boolean {
  const told = sites.flatMap((site) => site.folders).toSorted((a, b) => a.folder.length - b.folder.length)
  return served.every((place) => {
    const around = told.filter(({ folder }) => below(place, folder)).at(-1)?.followSymlinks ?? true
    return around && told.every(({ folder, followSymlinks }) => followSymlinks !== false || !below(folder, place))
  })
}

/** `path` is `folder` or lies in it. */
function below(path: string, folder: string): boolean {
  const slashed = (text: string) => (text.endsWith('/') ? text : `${text}/`)
  return slashed(path).startsWith(slashed(folder))
}

/**
 * Rules for variables that nobody looks at would be evaluated for nothing, and every httpd has some for old browsers. When one
 * variable counts all are kept, since one may depend on another.
 */
function neededOf(
  env: readonly EnvRule[],
  access: readonly AccessRule[],
  others: readonly string[],
): readonly EnvRule[] {
  const required = access.flatMap(({ require }) => (require === undefined ? [] : variablesOf(require)))
  const read = new Set([...required, ...others])
  const isNeeded = (name: string) => name === 'no-jk' || name.startsWith('JK_') || read.has(name)
  return env.some(({ sets }) => sets.some(([name]) => isNeeded(name))) ? env : []
}

function variablesOf(condition: Condition): readonly string[] {
  if (condition.is === 'env') return condition.names
  if (condition.is === 'not') return variablesOf(condition.of)
  return condition.is === 'any' || condition.is === 'every' ? condition.of.flatMap(variablesOf) : []
}

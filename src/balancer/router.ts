/**
 * From the Host field and the target of a request to its rule: picks the virtual host, cleans the path, matches it and
 * looks up its access rules. Where the request then goes, and who is told what, others decide.
 *
 * Production asks for the same paths again and again, so routes are remembered: a fixed number of slots, found by a
 * hash that falls off while the end of the path is looked for. A path gets a slot when it comes a second time before
 * another one of the same slot does. So a flood of new paths costs one compare each, takes no memory, and leaves the
 * paths that repeat in place.
 */
import { type Access, compileAccess, type Guard } from './access.ts'
import { compileMounts, type MountMap } from './mount-map.ts'
import type { MountRule, VirtualHostOptions } from './options.ts'
import { encodePath, type PathRefusal, readPath, type TargetPath } from './path.ts'
import type { RequestOverrides } from './rule-extensions.ts'
import { type LocalEnd, VirtualHosts } from './virtual-hosts.ts'

/** Remembered routes; a power of two. */
export const ROUTE_SLOTS = 2_048
/** Longer paths are not remembered. With {@link ROUTE_SLOTS} this bounds the memory to 3 MiB. */
export const MAX_REMEMBERED_BYTES = 512

export type Route =
  | {
      readonly kind: 'worker'
      readonly worker: string
      readonly rule: MountRule
      /** The cleaned path, which was matched. */
      readonly path: string
      /** The path to forward, without the query: encoded, path parameters kept, and the same path to every reader. */
      readonly forward: string
      /** What the rule changes for the request. */
      readonly overrides: RequestOverrides | undefined
      /** Who may ask for it; undefined: everyone. */
      readonly access: Guard | undefined
      /** The index of the virtual host. */
      readonly host: number
    }
  | {
      readonly kind: 'none'
      readonly path: string
      readonly forward: string
      /** Decoded, with path parameters: the name of a file. */
      readonly local: string
      readonly access: Guard | undefined
      readonly host: number
    }
  /** No virtual host answers where the client came in: 404. */
  | { readonly kind: 'refused'; readonly status: PathRefusal | 'nowhere' }

export type FoundRoute = Exclude<Route, { readonly kind: 'refused' }>

export interface Router {
  /** `host` is the Host field (or the authority of the target), `target` in origin form, `end` where the client came in. */
  route(host: string | undefined, target: string, end?: LocalEnd): Route
  /** The same for a cleaned path of a host, which nobody asked for. */
  routeAt(host: number, path: string): FoundRoute
  /** Who may have the file that stands at a path. */
  guardOf(host: number, path: string, file: string): Guard | undefined
  /** From here on these are the rules of a host. */
  remount(host: number, rules: readonly MountRule[]): void
}

export interface RouterOptions {
  /** Default {@link ROUTE_SLOTS}; a power of two, or 0 to remember nothing. */
  readonly slots?: number
}

interface Host {
  readonly index: number
  mounts: MountMap
  readonly access: Access
  /** `%` and `\` are not mapped. */
  readonly rejectsUnsafe: boolean
  /** Where the hash of a path of this host starts. */
  readonly seed: number
}

interface Slot {
  readonly host: Host
  readonly hash: number
  readonly raw: string
  readonly route: Route
}

const QUERY = 0x3f
/** What another reader might decode once more, or take for a slash. */
const UNSAFE = /[%\\]/
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

const REFUSED = {
  400: { kind: 'refused', status: 400 },
  404: { kind: 'refused', status: 404 },
} as const satisfies Record<PathRefusal, Route>
const NOWHERE: Route = { kind: 'refused', status: 'nowhere' }

export function createRouter(hosts: readonly VirtualHostOptions[], options: RouterOptions = {}): Router {
  return new RememberingRouter(hosts, options.slots ?? ROUTE_SLOTS)
}

class RememberingRouter implements Router {
  readonly #hosts: readonly Host[]
  readonly #names: VirtualHosts
  readonly #mask: number
  readonly #slots: (Slot | undefined)[]
  /** The hash that last missed each slot. */
  readonly #missed: Int32Array

  constructor(hosts: readonly VirtualHostOptions[], slots: number) {
    this.#names = new VirtualHosts(hosts)
    this.#hosts = hosts.map((host, index) => ({
      index,
      mounts: compileMounts(host.mounts),
      access: compileAccess(host.access),
      rejectsUnsafe: host.rejectUnsafePaths === true,
      seed: FNV_OFFSET + index,
    }))
    this.#mask = slots - 1
    this.#slots = new Array(slots).fill(undefined)
    this.#missed = new Int32Array(slots)
  }

  routeAt(host: number, path: string): FoundRoute {
    return routeTo(this.#hosts[host]!, { path, forward: encodePath(path), local: path })
  }

  guardOf(host: number, path: string, file: string): Guard | undefined {
    return this.#hosts[host]!.access.guardFor(path, file)
  }

  remount(host: number, rules: readonly MountRule[]): void {
    this.#hosts[host]!.mounts = compileMounts(rules)
    this.#slots.fill(undefined)
  }

  route(hostField: string | undefined, target: string, localEnd?: LocalEnd): Route {
    const host = this.#hosts[this.#names.find(hostField, localEnd)]
    if (host === undefined) return NOWHERE
    const length = target.length
    let hash = host.seed
    let end = 0
    for (; end < length; end++) {
      const byte = target.charCodeAt(end)
      if (byte === QUERY) break
      hash = Math.imul(hash ^ byte, FNV_PRIME)
    }
    if (end < length && target.indexOf('#', end) !== -1) return REFUSED[400]
    if (this.#mask < 0 || end > MAX_REMEMBERED_BYTES) return findRoute(host, target.slice(0, end))

    const index = (hash ^ (hash >>> 15)) & this.#mask
    const slot = this.#slots[index]
    if (slot !== undefined && slot.hash === hash && slot.host === host) {
      if (slot.raw.length === end && target.startsWith(slot.raw)) return slot.route
    }
    return this.#findAnew(host, target, end, hash, index)
  }

  #findAnew(host: Host, target: string, end: number, hash: number, index: number): Route {
    if (this.#missed[index] !== hash) {
      this.#missed[index] = hash
      return findRoute(host, target.slice(0, end))
    }
    // A slice keeps the whole head it was cut from alive; what stays here must be a copy.
    const raw = Buffer.from(target.slice(0, end), 'latin1').toString('latin1')
    const route = findRoute(host, raw)
    this.#slots[index] = { host, hash, raw, route }
    return route
  }
}

function findRoute(host: Host, raw: string): Route {
  const read = readPath(raw)
  return typeof read === 'number' ? REFUSED[read] : routeTo(host, read)
}

function routeTo(host: Host, { path, forward, local }: TargetPath): FoundRoute {
  const access = host.access.guardFor(path)
  const isUnsafe = host.rejectsUnsafe && UNSAFE.test(path)
  const rule = isUnsafe ? undefined : host.mounts.match(path)
  if (rule === undefined) return { kind: 'none', path, forward, local, access, host: host.index }
  const overrides = host.mounts.overridesOf(rule)
  return { kind: 'worker', worker: rule.worker, rule, path, forward, overrides, access, host: host.index }
}

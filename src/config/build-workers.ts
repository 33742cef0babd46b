/**
 * Properties → workers: which ones exist, of which type, with which options, and whether they fit together (mod_jk.md 1.2).
 * Only workers in `worker.list` and their members are looked at; a template is never validated.
 */
import { isLoopback } from '../addresses/index.ts'
import type {
  BalancerOptions,
  EndpointWorkerOptions,
  LbWorkerOptions,
  StatusWorkerOptions,
  WorkerOptions,
} from '../balancer/options.ts'
import { Collection } from './collected-notices.ts'
import { type Complaints, shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import { maxWorkers } from './limits.ts'
import type { Position } from './position.ts'
import { withoutAliases } from './worker-aliases.ts'
import { directivesNamed, type WorkerDirective } from './worker-directives.ts'
import { checkName, oddCharacter } from './worker-names.ts'
import { isWorkerType, refusedTypes, type WorkerType, workerTypes } from './worker-types.ts'
import { type OptionValue, readValue } from './worker-values.ts'
import { itemsOf, type Property, textOf, valuePosition, type WorkerProperties } from './workers-properties.ts'

/** `worker.NAME.mount=…` of a listed worker. */
export interface WorkerMount {
  readonly worker: string
  readonly pattern: string
  readonly at: Position
  readonly directive: string
}

export interface BuiltWorkers {
  readonly workers: ReadonlyMap<string, WorkerOptions>
  /** In order, without repetitions. */
  readonly workerList: readonly string[]
  readonly mounts: readonly WorkerMount[]
  readonly maintainMs?: number
  /** As they were written, for jk-status. */
  readonly properties: readonly (readonly [name: string, value: string])[]
}

type Attributes = ReadonlyMap<string, Property>

/** Builds all listed workers and their members. `source` is where a missing `worker.list` is reported. */
export function buildWorkers(properties: WorkerProperties, source: Position, complaints: Complaints): BuiltWorkers {
  // What is missing in a template may stand in its places.
  if (complaints.has('CONFIG_TEXT_TEMPLATE')) return { workers: new Map(), workerList: [], mounts: [], properties: [] }
  properties.resolveReferences()
  const builder = new Builder(properties, complaints)
  const workerList = new Set<string>()
  const mounts: WorkerMount[] = []
  for (const { text: name, at } of listedNames(properties, source, complaints)) {
    if (workerList.has(name)) continue
    workerList.add(name)
    if (!builder.addListed(name, at)) break
    const mount = properties.workers.get(name)?.get('mount')
    if (mount === undefined) continue
    for (const { text: pattern, at: mountAt } of itemsOf(mount)) {
      mounts.push({ worker: name, pattern, at: mountAt, directive: mount.name })
    }
  }
  builder.complainOfUnused()
  builder.complainOfOpenDoors()
  properties.complainOfUnused()
  const maintain = properties.globals.get('maintain')
  const maintainMs = maintain === undefined ? undefined : builder.read(directivesNamed('maintain')[0]!, maintain)
  return {
    workers: builder.built,
    workerList: [...workerList],
    mounts,
    ...(typeof maintainMs === 'number' ? { maintainMs } : {}),
    properties: properties.written(),
  }
}

/** The part of the options that comes from the workers. */
export function workerOptions(
  built: BuiltWorkers | undefined,
): Pick<BalancerOptions, 'workers' | 'workerList' | 'maintainMs' | 'properties'> {
  const workers: Record<string, WorkerOptions> = Object.fromEntries(built?.workers ?? [])
  const maintainMs = built?.maintainMs
  const { workerList = [], properties = [] } = built ?? {}
  return { workers, workerList, ...(maintainMs === undefined ? {} : { maintainMs }), properties }
}

function listedNames(
  properties: WorkerProperties,
  source: Position,
  complaints: Complaints,
): Iterable<{ text: string; at: Position }> {
  const list = properties.globals.get('list')
  if (list !== undefined) return itemsOf(list)
  const message = 'missing; mod_jk then has the single worker ajp13'
  complaints.add('CONFIG_WORKER_LIST_MISSING', source, 'worker.list', message, 'name the workers that may be mounted')
  return [{ text: 'ajp13', at: source }]
}

class Builder {
  readonly built = new Map<string, WorkerOptions>()
  readonly #properties: WorkerProperties
  readonly #complaints: Complaints
  /** Workers that cannot be built, so that they are complained about once. */
  readonly #failed = new Set<string>()
  /** Workers that are complained about elsewhere. */
  readonly #mentioned = new Set<string>()

  constructor(properties: WorkerProperties, complaints: Complaints) {
    this.#properties = properties
    this.#complaints = complaints
  }

  /** False when there are too many workers to go on. */
  addListed(name: string, at: Position): boolean {
    if (!this.#hasRoom(at)) return false
    if (this.#properties.workers.has(name)) {
      if (checkName(name, at, 'worker.list', this.#complaints)) this.#build(name, at)
      return true
    }
    // A name without properties is not an error for mod_jk: it becomes an ajp13 worker with defaults (mod_jk.md 1.2).
    const odd = oddCharacter(name)
    const spelled =
      odd === undefined ? undefined : `${odd.code} in column ${at.column + odd.offset} is part of the name`
    const message = `nothing else is said of ${shown(name)}, so it is an ajp13 worker at localhost:8009`
    const hint = () => {
      const near = didYouMean(name, this.#properties.workers.keys())
      return [near, spelled].filter((part) => part !== undefined).join(' ') || undefined
    }
    this.#complaints.add('CONFIG_WORKER_UNDEFINED', at, 'worker.list', message, hint)
    this.built.set(name, { type: 'ajp13' })
    return true
  }

  /** A value by the general rule; its complaints name the property. */
  read(row: WorkerDirective, property: Property): OptionValue | undefined {
    const setting = { directive: property.name, value: textOf(property), at: valuePosition(property) }
    return readValue(row, setting, this.#complaints)
  }

  complainOfUnused(): void {
    for (const [name, attributes] of this.#properties.workers) {
      if (this.built.has(name) || this.#failed.has(name)) continue
      if (this.#mentioned.has(name) || this.#properties.templates.has(name)) continue
      const [property] = attributes.values()
      const at = property!.lines[0]!.at
      const message = `${shown(name)} is neither in worker.list nor a member of an lb that is`
      this.#complaints.add('CONFIG_WORKER_UNUSED', at, `worker.${name}`, message)
    }
  }

  /** AJP says who the user is, and is believed: a backend that asks for no secret believes everyone who reaches its port. */
  complainOfOpenDoors(): void {
    const guarded = new Set<string>()
    for (const options of this.built.values())
      if (options.type === 'lb' && options.secret !== undefined)
        for (const member of options.balanceWorkers) guarded.add(member)
    const open = new Collection()
    for (const [name, options] of this.built) {
      if (options.type !== 'ajp13' || options.secret !== undefined || guarded.has(name)) continue
      if (options.host === undefined || isLoopback(options.host) || options.port === 0) continue
      const [first] = this.#properties.workers.get(name)?.values() ?? []
      if (first !== undefined) open.add(name, first.lines[0]!.at)
    }
    open.complain('CONFIG_WORKER_EXPOSED', 'AJP to other machines without a secret', this.#complaints)
  }

  #hasRoom(at: Position): boolean {
    if (this.built.size < maxWorkers) return true
    this.#complaints.add('CONFIG_WORKER_LIMIT', at, 'worker.list', `more than maxWorkers (${maxWorkers}) workers`)
    return false
  }

  #build(name: string, at: Position): WorkerOptions | undefined {
    const before = this.built.get(name)
    if (before !== undefined || this.#failed.has(name)) return before
    const attributes = withoutAliases(this.#properties.workers.get(name)!, this.#complaints)
    const type = this.#typeOf(name, attributes, at)
    if (type === undefined) {
      this.#failed.add(name)
      return undefined
    }
    const options = this.#options(type, attributes)
    this.built.set(name, options)
    if (options.type === 'lb') this.built.set(name, this.#withMembers(name, options, attributes))
    const [first] = attributes.values()
    if (first !== undefined) this.#complaints.place(this.built.get(name)!, first.lines[0]!.at)
    return options
  }

  #typeOf(name: string, attributes: Attributes, at: Position): WorkerType | undefined {
    const property = attributes.get('type')
    const value = property === undefined ? 'ajp13' : textOf(property)
    const where = property === undefined ? at : valuePosition(property)
    const directive = property?.name ?? `worker.${name}.type`
    if (!isWorkerType(value)) {
      const hint = () => {
        if (Object.hasOwn(refusedTypes, value)) return refusedTypes[value]
        return didYouMean(value, Object.keys(workerTypes)) ?? `known: ${Object.keys(workerTypes).join(', ')}`
      }
      this.#complaints.add('CONFIG_WORKER_TYPE', where, directive, `${shown(value)} is no type of worker`, hint)
      return undefined
    }
    return value
  }

  /** Everything that follows the general rule of the table. */
  #options(type: WorkerType, attributes: Attributes): WorkerOptions {
    const values: Record<string, OptionValue> = {}
    for (const [attribute, property] of attributes) {
      const rows = directivesNamed(attribute)
      const row = rows.find(({ on }) => on.includes(type))
      const at = property.lines[0]!.at
      if (row === undefined) {
        const where = [...new Set(rows.flatMap(({ on }) => on))].join(', ')
        const message = `has no effect on a worker of type ${type}`
        this.#complaints.add('CONFIG_DIRECTIVE_MISPLACED', at, property.name, message, `it is for ${where}`)
        continue
      }
      if (row.special || row.effect === 'moot') continue
      const value = row.effect === 'never' ? undefined : this.read(row, property)
      if (row.effect === 'never') {
        this.#complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', at, property.name, 'accepted, has no effect', row.note)
      } else if (row.effect === 'later') {
        this.#complaints.add('CONFIG_DIRECTIVE_LATER', at, property.name, 'accepted, has no effect yet', row.note)
      }
      if (value !== undefined && row.option !== undefined) values[row.option] = value
    }
    this.#checkPool(values, attributes)
    // The table's `option` column is checked against the option types, and its kinds by a test over all rows.
    if (type === 'lb') return { ...(values as Partial<LbWorkerOptions>), type, balanceWorkers: [] }
    if (type === 'status') return { ...(values as Partial<StatusWorkerOptions>), type }
    return { ...(values as Partial<EndpointWorkerOptions>), type }
  }

  #checkPool(values: Record<string, OptionValue>, attributes: Attributes): void {
    const { connectionPoolSize: size, connectionPoolMinsize: minsize } = values
    if (typeof size !== 'number' || typeof minsize !== 'number' || minsize <= size) return
    const property = attributes.get('connection_pool_minsize')!
    const message = `${minsize} counts as ${size}, the size of the pool`
    this.#complaints.add('CONFIG_VALUE_ADJUSTED', valuePosition(property), property.name, message)
    values.connectionPoolMinsize = size
  }

  #withMembers(name: string, options: LbWorkerOptions, attributes: Attributes): LbWorkerOptions {
    const property = attributes.get('balance_workers')
    const directive = property?.name ?? `worker.${name}.balance_workers`
    const members: string[] = []
    const routes = new Map<string, string>()
    let named = 0
    for (const { text: member, at } of property === undefined ? [] : itemsOf(property)) {
      named += 1
      if (!this.#hasRoom(at)) break
      const built = this.#member(member, directive, at)
      if (built === undefined) continue
      const route = built.route ?? member
      const other = routes.get(route)
      if (other !== undefined) {
        const message = `${shown(other)} and ${shown(member)} have the same route ${shown(route)}`
        const hint = other === member ? 'name each member once' : 'give each member a route of its own'
        this.#complaints.add('CONFIG_ROUTE_TWICE', at, directive, message, hint)
        continue
      }
      routes.set(route, member)
      members.push(member)
    }
    if (named === 0) {
      const at = (property ?? attributes.get('type')!).lines[0]!.at
      this.#complaints.add('CONFIG_LB_EMPTY', at, directive, `the lb ${shown(name)} has no members`)
    }
    for (const member of members) this.#checkNeighbours(member, routes)
    return { ...options, balanceWorkers: members }
  }

  /** A member of an lb, built; undefined after a complaint. */
  #member(member: string, directive: string, at: Position): EndpointWorkerOptions | undefined {
    const attributes = this.#properties.workers.get(member)
    if (attributes === undefined) {
      const message = `${shown(member)} is not defined; mod_jk would send its share to localhost:8009`
      const hint = () => {
        return didYouMean(member, this.#properties.workers.keys()) ?? `define worker.${visible(member)}.host`
      }
      this.#complaints.add('CONFIG_MEMBER_UNDEFINED', at, directive, message, hint)
      return undefined
    }
    const type = attributes.get('type')
    if (type !== undefined && (textOf(type) === 'lb' || textOf(type) === 'status')) {
      this.#mentioned.add(member)
      const message = `${shown(member)} is of type ${textOf(type)}; members are http, https or ajp13 workers`
      this.#complaints.add('CONFIG_MEMBER_TYPE', at, directive, message)
      return undefined
    }
    if (!checkName(member, at, directive, this.#complaints)) return undefined
    return this.#build(member, at) as EndpointWorkerOptions | undefined
  }

  #checkNeighbours(member: string, routes: ReadonlyMap<string, string>): void {
    const attributes = this.#properties.workers.get(member)!
    const redirect = attributes.get('redirect')
    if (redirect !== undefined && !routes.has(textOf(redirect))) {
      const message = `${shown(textOf(redirect))} is no route of this lb`
      const hint =
        didYouMean(textOf(redirect), routes.keys()) ?? `its routes: ${[...routes.keys()].map(visible).join(', ')}`
      this.#complaints.add('CONFIG_REDIRECT_UNKNOWN', valuePosition(redirect), redirect.name, message, hint)
    }
    const domain = attributes.get('domain')
    if (domain !== undefined && textOf(domain).includes('.')) {
      const message = `${shown(textOf(domain))} never matches: a route's domain ends at its first dot`
      this.#complaints.add('CONFIG_DOMAIN_DOT', valuePosition(domain), domain.name, message)
    }
  }
}

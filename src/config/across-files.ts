/**
 * What a balancer and its backends say of each other: routes and jvmRoutes, ports and protocols, secrets, sizes of packets. Each file may be
 * right for itself. Backends that no file describes are not missed: people check the two files they are at.
 */
import type { BalancerOptions, EndpointWorkerOptions } from '../balancer/options.ts'
import type { ConnectorFileOptions } from '../worker/options.ts'
import { type Complaint, type Complaints, shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { FileKind } from './file-kind.ts'
import type { PlacedMount } from './mount-rules.ts'
import { type Position, startOf } from './position.ts'
import { checkMounts } from './worker-mounts.ts'

type PlaceOf = (part: object) => Position | undefined

/** A file that says what a balancer does. */
export interface FrontFile {
  readonly file: string
  readonly kind: FileKind
  readonly balancer: BalancerOptions
  readonly placeOf: PlaceOf
}

/** One worker of a server.xml or a clowder.yaml. */
export interface Backend {
  readonly file: string
  readonly worker: {
    readonly jvmRoute?: string
    readonly connectors: readonly BackendConnector[]
  }
  readonly placeOf: PlaceOf
}

type BackendConnector = Pick<ConnectorFileOptions, 'protocol' | 'port' | 'secret' | 'packetSize'>

/** A worker of the balancer that connects somewhere. */
interface Endpoint {
  readonly name: string
  readonly options: EndpointWorkerOptions
  /** Of a member of an lb. */
  readonly route: string | undefined
  readonly port: number
  readonly secret: string | undefined
  readonly at: Position
}

const standardPorts = { http: 8080, https: 8443, ajp13: 8009 } as const

/** The answer tells which complaints about single files are settled by the others. */
export function complainAcross(
  fronts: readonly FrontFile[],
  backends: readonly Backend[],
  complaints: Complaints,
): (complaint: Complaint) => boolean {
  const endpoints = fronts.flatMap(endpointsOf)
  if (endpoints.length > 0) for (const backend of backends) checkBackend(backend, endpoints, complaints)
  checkEqualRoutes(backends, complaints)
  const listed = new Set(fronts.flatMap(({ balancer }) => balancer.workerList))
  const parts = fronts.filter(({ kind, balancer }) => kind === 'httpd' && balancer.workerList.length === 0)
  if (listed.size === 0) return () => false
  const workers = new Map(fronts.flatMap(({ balancer }) => Object.entries(balancer.workers)))
  for (const part of parts) checkMounts(mountsOf(part), { workers, workerList: listed }, complaints)
  return ({ code, file }) => code === 'CONFIG_WORKERS_NONE' && parts.some((part) => part.file === file)
}

function endpointsOf({ file, balancer, placeOf }: FrontFile): readonly Endpoint[] {
  const { workers } = balancer
  const secrets = new Map<string, string>()
  const members = new Set<string>()
  for (const worker of Object.values(workers)) {
    if (worker.type !== 'lb') continue
    for (const member of worker.balanceWorkers) {
      members.add(member)
      if (worker.secret !== undefined) secrets.set(member, worker.secret)
    }
  }
  return Object.entries(workers).flatMap(([name, options]): readonly Endpoint[] => {
    if (options.type === 'lb' || options.type === 'status') return []
    return [
      {
        name,
        options,
        route: members.has(name) ? (options.route ?? name) : undefined,
        port: options.port ?? standardPorts[options.type],
        secret: options.secret ?? secrets.get(name),
        at: placeOf(options) ?? startOf(file),
      },
    ]
  })
}

function checkBackend(backend: Backend, endpoints: readonly Endpoint[], complaints: Complaints): void {
  const { worker, file, placeOf } = backend
  const at = placeOf(worker) ?? startOf(file)
  const routes = new Map(endpoints.flatMap((each) => (each.route === undefined ? [] : [[each.route, each] as const])))
  if (routes.size > 0 && (worker.jvmRoute === undefined || !routes.has(worker.jvmRoute))) {
    const known = [...routes.keys()].slice(0, 10).map(visible).join(', ')
    const message =
      worker.jvmRoute === undefined
        ? 'missing: without it sessions do not stick to this backend'
        : `${shown(worker.jvmRoute)} is the route of no member`
    const hint = () => didYouMean(worker.jvmRoute ?? '', routes.keys()) ?? `routes: ${known}`
    complaints.add('CONFIG_ROUTE_MISMATCH', at, 'Engine.jvmRoute', message, hint)
  }
  // A file without connectors is a part of one.
  if (worker.connectors.length === 0) return
  const member = worker.jvmRoute === undefined ? undefined : routes.get(worker.jvmRoute)
  if (member !== undefined) checkPort(member, backend, complaints)
  else checkConnectors(backend, endpoints, complaints)
}

/** The member of a route, and the backend that has the route. */
function checkPort(member: Endpoint, { worker, file }: Backend, complaints: Complaints): void {
  const { name, options, port, at } = member
  const directive = `worker.${name}.port`
  const protocol = options.type === 'ajp13' ? 'ajp' : 'http'
  const fitting = worker.connectors.filter((connector) => connector.port === port || connector.port === 0)
  const connector = fitting.find((each) => each.protocol === protocol)
  if (connector !== undefined) {
    checkAgreement(member, connector, file, complaints)
    return
  }
  const there = worker.connectors
    .map((each) => `${each.protocol === 'ajp' ? 'AJP' : 'HTTP'} at ${each.port}`)
    .join(', ')
  const message = `${shown(name)} speaks ${options.type} to port ${port}; ${shown(file)} has ${there}`
  const [other] = fitting
  const right = worker.connectors.filter((each) => each.protocol === protocol)
  const hint =
    other !== undefined
      ? `write type=${other.protocol === 'ajp' ? 'ajp13' : 'http'}`
      : right.length === 1
        ? `write port=${right[0]!.port}`
        : undefined
  complaints.add('CONFIG_PORT_MISMATCH', at, directive, message, hint)
}

/** A backend whose route says nothing: its AJP connectors are there for some worker. */
function checkConnectors(
  { worker, file, placeOf }: Backend,
  endpoints: readonly Endpoint[],
  complaints: Complaints,
): void {
  for (const connector of worker.connectors) {
    if (connector.protocol !== 'ajp' || connector.port === 0) continue
    const at = placeOf(connector) ?? startOf(file)
    const users = endpoints.filter(({ options, port }) => options.type === 'ajp13' && port === connector.port)
    const [user, ...more] = users
    if (user !== undefined) {
      if (more.length === 0) checkAgreement(user, connector, file, complaints)
      continue
    }
    const ports = [...new Set(endpoints.map(({ port }) => port))].slice(0, 10).join(', ')
    const message = `no worker speaks ajp13 to port ${connector.port}`
    complaints.add('CONFIG_PORT_MISMATCH', at, 'Connector.port', message, `ports of the workers: ${ports}`)
  }
}

/** What the secrets are is not shown. */
/** What both ends of AJP must say alike. */
function checkAgreement(
  { name, options, secret, at }: Endpoint,
  connector: BackendConnector,
  file: string,
  complaints: Complaints,
): void {
  if (connector.protocol !== 'ajp') return
  const [sent, taken] = [packetBytes(options.maxPacketSize), packetBytes(connector.packetSize)]
  if (sent !== taken) {
    const message = `packets have ${sent} bytes; those of the Connector at port ${connector.port} of ${shown(file)} have ${taken}`
    const hint = sent > taken ? `write packetSize="${sent}" there` : `write max_packet_size=${taken}`
    complaints.add('CONFIG_PACKET_SIZE_MISMATCH', at, `worker.${name}.max_packet_size`, message, hint)
  }
  if (connector.secret === undefined || connector.secret === secret) return
  const other = secret === undefined ? 'none is sent' : 'another one is sent'
  const message = `the Connector at port ${connector.port} of ${shown(file)} asks for a secret, and ${other}`
  complaints.add('CONFIG_SECRET_MISMATCH', at, `worker.${name}.secret`, message, 'write the same text in both places')
}

/** As mod_jk counts it: in steps of 1024, from 8192 to 65,536. */
function packetBytes(written = 0): number {
  return Math.min(65_536, Math.max(8_192, Math.ceil(written / 1024) * 1024))
}

function checkEqualRoutes(backends: readonly Backend[], complaints: Complaints): void {
  const first = new Map<string, Backend>()
  for (const backend of backends) {
    const { jvmRoute } = backend.worker
    if (jvmRoute === undefined) continue
    const other = first.get(jvmRoute)
    first.set(jvmRoute, other ?? backend)
    if (other === undefined) continue
    const at = backend.placeOf(backend.worker) ?? startOf(backend.file)
    const place = other.file === backend.file ? 'another worker of this file' : shown(other.file)
    const message = `${shown(jvmRoute)} is also the jvmRoute of ${place}`
    complaints.add('CONFIG_ROUTE_MISMATCH', at, 'Engine.jvmRoute', message, 'give each backend a route of its own')
  }
}

/** The mounts of a file that has no workers of its own. */
function mountsOf({ file, balancer, placeOf }: FrontFile): readonly PlacedMount[] {
  const rules = balancer.hosts.flatMap(({ mounts }) => mounts)
  return rules.map((rule) => ({ rule, at: placeOf(rule) ?? startOf(file), directive: 'JkMount' }))
}

/** `<Cluster>` → cluster options (tomcat-cluster.md 1). Defaults of Tomcat that depend on what the file lists are decided here. */
import type {
  CloudFileOptions,
  ClusterFileOptions,
  InterceptorFileOptions,
  LocalMemberFileOptions,
  ManagerFileOptions,
  MembershipFileOptions,
  SenderFileOptions,
  StaticMemberFileOptions,
} from '../worker/options.ts'
import { storedManagers } from './cluster-attributes.ts'
import { areHexKeys, KEY_HINT } from './cluster-key.ts'
import { shown } from './complaint.ts'
import { maxMembers } from './limits.ts'
import { NO_QUORUM, QUORUM_HINT } from './quorum-words.ts'
import type { AttributeValue, XmlReader } from './xml-attributes.ts'
import type { Element } from './xml-document.ts'

interface Members {
  readonly staticMembers: StaticMemberFileOptions[]
  localMember?: LocalMemberFileOptions
}

/** Undefined when the class of the cluster is not known. */
export function readCluster(
  element: Element,
  scope: ClusterFileOptions['scope'],
  contextManager: Element | undefined,
  reader: XmlReader,
): ClusterFileOptions | undefined {
  const row = reader.classRow(element)
  if (row === undefined) return undefined
  reader.ignoreOthers(element, ['Manager', 'Channel', 'Valve', 'ClusterListener', 'Deployer'])
  const members: Members = { staticMembers: [] }
  const channel = readChannel(reader.only(element, 'Channel'), members, reader)
  for (const name of ['ClusterListener', 'Deployer']) {
    for (const child of element.children) if (child.name === name) readPlain(child, reader)
  }
  const manager = contextManager ?? reader.only(element, 'Manager')
  const options: ClusterFileOptions = {
    scope,
    ...(reader.attributes(element, row) as Partial<ClusterFileOptions>),
    manager: readManager(manager, reader),
    ...channel,
    ...members,
    ...readValves(element, reader),
  }
  reader.complaints.place(options, element.at)
  if (options.manager.whenMinority === 'refuse' && !options.quorum) {
    const at = manager?.attributes.get('whenMinority')?.at ?? element.at
    reader.complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', at, 'Manager.whenMinority', NO_QUORUM, QUORUM_HINT)
  }
  return options
}

function readPlain(element: Element, reader: XmlReader): void {
  const row = reader.classRow(element)
  if (row !== undefined && row.effect === 'acts') reader.attributes(element, row)
}

function readManager(element: Element | undefined, reader: XmlReader): ManagerFileOptions {
  const row = element === undefined ? undefined : reader.classRow(element)
  if (element === undefined || row?.effect !== 'acts') return { kind: 'delta' }
  reader.ignoreOthers(element, ['SessionIdGenerator'])
  const generator = reader.only(element, 'SessionIdGenerator')
  const generatorRow = generator === undefined ? undefined : reader.classRow(generator)
  const id = generator === undefined || generatorRow === undefined ? {} : reader.attributes(generator, generatorRow)
  const kind = row.classes?.[0]?.endsWith('.BackupManager') ? 'backup' : 'delta'
  return { ...(reader.attributes(element, row) as Partial<ManagerFileOptions>), ...id, kind }
}

/** Of a Context without a cluster: that sessions are in a store is told, other managers are Tomcat's own affair. */
export function readLoneManager(element: Element, reader: XmlReader): void {
  const className = reader.text(element, 'className')?.value ?? ''
  if (storedManagers.some(({ classes }) => classes?.includes(className))) reader.classRow(element)
}

type ChannelPart = Pick<ClusterFileOptions, 'heartbeatMs' | 'membership' | 'receiver' | 'sender' | 'interceptors'>

function readChannel(element: Element | undefined, members: Members, reader: XmlReader): ChannelPart {
  const row = element === undefined ? undefined : reader.classRow(element)
  if (element === undefined || row === undefined) return { membership: { kind: 'multicast' }, receiver: {}, sender: {} }
  reader.ignoreOthers(element, ['Membership', 'Sender', 'Receiver', 'Interceptor'])
  const receiver = reader.only(element, 'Receiver')
  const receiverRow = receiver === undefined ? undefined : reader.classRow(receiver)
  const interceptors: InterceptorFileOptions[] = []
  const listed = element.children.filter(({ name }) => name === 'Interceptor')
  for (const child of listed) {
    const interceptor = readInterceptor(child, members, reader)
    if (interceptor !== undefined) interceptors.push(interceptor)
  }
  return {
    ...(reader.attributes(element, row) as Pick<ClusterFileOptions, 'heartbeatMs'>),
    membership: readMembership(reader.only(element, 'Membership'), members, reader),
    receiver: receiver === undefined || receiverRow === undefined ? {} : reader.attributes(receiver, receiverRow),
    sender: readSender(reader.only(element, 'Sender'), reader),
    ...(listed.length > 0 ? { interceptors } : {}),
  }
}

function readMembership(element: Element | undefined, members: Members, reader: XmlReader): MembershipFileOptions {
  const row = element === undefined ? undefined : reader.classRow(element)
  if (element === undefined || row === undefined) return { kind: 'multicast' }
  const values = reader.attributes(element, row)
  const name = row.classes?.[0] ?? ''
  if (name.endsWith('.CloudMembershipService')) return cloudMembership(element, values, reader)
  if (name.endsWith('.McastService')) return { ...values, kind: 'multicast' }
  readMembers(element, members, reader)
  return { ...values, kind: 'static' }
}

/** The short names, and the classes they stand for. */
const CLOUD_PROVIDERS: Readonly<Record<string, CloudFileOptions['provider']>> = {
  kubernetes: 'kubernetes',
  'org.apache.catalina.tribes.membership.cloud.KubernetesMembershipProvider': 'kubernetes',
  dns: 'dns',
  'org.apache.catalina.tribes.membership.cloud.DNSMembershipProvider': 'dns',
}

function cloudMembership(element: Element, values: object, reader: XmlReader): MembershipFileOptions {
  const { provider: given = 'kubernetes', ...rest } = values as Partial<Omit<CloudFileOptions, 'provider'>> & {
    readonly provider?: string
  }
  const provider = CLOUD_PROVIDERS[given]
  if (provider !== undefined) return { ...rest, kind: 'cloud', provider }
  const at = element.attributes.get('membershipProviderClassName')?.at ?? element.at
  const message = `${shown(given)} is no provider that clowder has; the members are those named in the file`
  reader.complaints.add('CONFIG_CLASS_LATER', at, 'Membership', message, 'use kubernetes or dns')
  return { kind: 'static' }
}

function readSender(element: Element | undefined, reader: XmlReader): SenderFileOptions {
  if (element === undefined || reader.classRow(element) === undefined) return {}
  reader.ignoreOthers(element, ['Transport'])
  const transport = reader.only(element, 'Transport')
  const row = transport === undefined ? undefined : reader.classRow(transport)
  return transport === undefined || row === undefined ? {} : reader.attributes(transport, row)
}

function readInterceptor(element: Element, members: Members, reader: XmlReader): InterceptorFileOptions | undefined {
  const row = reader.classRow(element)
  if (row === undefined || row.effect !== 'acts') return undefined
  const values = reader.attributes(element, row)
  const name = row.classes![0]!.replace(/^.*\./, '') as InterceptorFileOptions['name']
  if (name === 'StaticMembershipInterceptor') readMembers(element, members, reader)
  else reader.ignoreOthers(element, [])
  if (name === 'EncryptInterceptor') readEncryption(element, values, reader)
  return { ...values, name } as InterceptorFileOptions
}

const ALGORITHM = 'AES/GCM/NoPadding'

/** The other algorithms of Tomcat either do not notice what was changed, or were never safe. The key is not shown. */
function readEncryption(element: Element, values: Record<string, AttributeValue>, reader: XmlReader): void {
  const { encryptionKey: key, encryptionAlgorithm: algorithm } = values
  if (typeof algorithm === 'string') {
    // Java does not mind the case; a clowder.yaml does.
    if (algorithm.toLowerCase() === ALGORITHM.toLowerCase()) values.encryptionAlgorithm = ALGORITHM
    else {
      const at = element.attributes.get('encryptionAlgorithm')?.at ?? element.at
      const message = `${shown(algorithm)} is not there; clowder encrypts with ${ALGORITHM} only`
      const hint = `write encryptionAlgorithm="${ALGORITHM}" on all members`
      reader.complaints.add('CONFIG_CLASS_REFUSED', at, 'Interceptor.encryptionAlgorithm', message, hint)
    }
  }
  if (typeof key !== 'string' || areHexKeys(key)) return
  const at = element.attributes.get('encryptionKey')?.at ?? element.at
  const message = 'is no key of 16, 24 or 32 bytes in hex'
  reader.complaints.add('CONFIG_VALUE_REFUSED', at, 'Interceptor.encryptionKey', message, KEY_HINT)
}

/** `<Member>` and `<LocalMember>` of a static membership. */
function readMembers(element: Element, members: Members, reader: XmlReader): void {
  reader.ignoreOthers(element, ['Member', 'LocalMember'])
  for (const child of element.children) {
    if (child.name !== 'Member') continue
    const row = reader.classRow(child)
    if (row === undefined) continue
    const member = reader.attributes(child, row) as Partial<StaticMemberFileOptions>
    if (members.staticMembers.length >= maxMembers) {
      reader.complaints.add(
        'CONFIG_MEMBER_LIMIT',
        child.at,
        'Member',
        `more than maxMembers (${maxMembers}) static members`,
      )
      break
    }
    if (member.host === undefined || member.port === undefined || member.uniqueId === undefined) continue
    const { host, port, uniqueId } = member
    if (members.staticMembers.some((other) => other.host === host && other.port === port)) {
      reader.complaints.add('CONFIG_MEMBER_TWICE', child.at, 'Member', `${shown(`${host}:${port}`)} is named twice`)
    }
    if ([...members.staticMembers, members.localMember].some((other) => other && sameBytes(other.uniqueId, uniqueId))) {
      const message = `${shown(`${host}:${port}`)} has the unique id of another member`
      reader.complaints.add('CONFIG_MEMBER_TWICE', child.at, 'Member.uniqueId', message, 'give each member its own')
    }
    const known = { ...member, host, port, uniqueId }
    reader.complaints.place(known, child.at)
    members.staticMembers.push(known)
  }
  const local = reader.only(element, 'LocalMember')
  const row = local === undefined ? undefined : reader.classRow(local)
  if (local === undefined || row === undefined) return
  const member = reader.attributes(local, row) as Partial<LocalMemberFileOptions>
  if (member.uniqueId === undefined) return
  const { uniqueId } = member
  if (members.staticMembers.some((other) => sameBytes(other.uniqueId, uniqueId))) {
    const message = 'has the unique id of another member'
    reader.complaints.add('CONFIG_MEMBER_TWICE', local.at, 'LocalMember.uniqueId', message, 'give each member its own')
  }
  members.localMember = { ...member, uniqueId }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Without any valve Tomcat adds both; one valve of the file's own switches both off. */
function readValves(
  cluster: Element,
  reader: XmlReader,
): Pick<ClusterFileOptions, 'replicate' | 'replicationFilter' | 'bindRoute'> {
  const valves = cluster.children.filter(({ name }) => name === 'Valve')
  if (valves.length === 0) return { replicate: true, bindRoute: true }
  let replicate = false
  let bindRoute = false
  let filter: string | undefined
  for (const valve of valves) {
    const row = reader.classRow(valve)
    if (row === undefined || row.effect !== 'acts') continue
    const values = reader.attributes(valve, row)
    if (row.classes?.[0]?.endsWith('.ReplicationValve')) {
      replicate = true
      if (typeof values.replicationFilter === 'string') filter = values.replicationFilter
      complainOfFilter(valve, filter, reader)
    } else bindRoute = values.bindRoute !== false
  }
  if (!bindRoute) {
    const message =
      'lists valves without an active JvmRouteBinderValve; clowder gives a session the route of its new node all the same'
    reader.complaints.add('CONFIG_DIRECTIVE_LATER', valves[0]!.at, '<Cluster>', message)
  }
  if (!replicate) {
    const message = 'lists valves without a ReplicationValve, so sessions are not replicated'
    reader.complaints.add('CONFIG_VALVE_MISSING', valves[0]!.at, '<Cluster>', message, 'add it, or remove all valves')
  }
  return { replicate, bindRoute, ...(filter === undefined ? {} : { replicationFilter: filter }) }
}

/** Tomcat 5.5 took a list; since 6 the filter is one expression, in which a semicolon is a semicolon. */
function complainOfFilter(valve: Element, filter: string | undefined, reader: XmlReader): void {
  if (filter === undefined || !filter.includes(';')) return
  const at = valve.attributes.get('filter')?.at ?? valve.at
  const message = `${shown(filter)} is one expression, not a list, and matches no path without a semicolon`
  reader.complaints.add('CONFIG_VALUE_WORD', at, 'Valve.filter', message, 'join the parts with |')
}

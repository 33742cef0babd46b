/** How the parts of a worker in a clowder.yaml fit together: secrets, addresses, patterns, the other nodes. */
import { isLoopback } from '../addresses/index.ts'
import type { YamlReader } from './clowder-yaml-read.ts'
import { checkStore } from './clowder-yaml-store.ts'
import type { WorkerYamlOptions } from './clowder-yaml-worker.ts'
import { areHexKeys, isKey, KEY_HINT } from './cluster-key.ts'
import { shown } from './complaint.ts'
import { isHost } from './names-and-addresses.ts'
import { NO_QUORUM, QUORUM_HINT } from './quorum-words.ts'

type Connector = WorkerYamlOptions['connectors'][number]
type Cluster = NonNullable<WorkerYamlOptions['cluster']>

export function checkWorkerOptions(name: string, worker: WorkerYamlOptions, reader: YamlReader): void {
  const path = `workers.${name}`
  for (const [index, connector] of worker.connectors.entries()) {
    checkConnector(connector, `${path}.connectors[${index}]`, reader)
  }
  if (worker.admin !== undefined) checkAdmin(worker.admin, `${path}.admin.address`, reader)
  if (worker.cluster !== undefined) checkCluster(worker.cluster, `${path}.cluster`, reader)
}

/** The worker would not start. */
function checkAdmin(admin: NonNullable<WorkerYamlOptions['admin']>, path: string, reader: YamlReader): void {
  const at = reader.placeOf(admin, 'address')
  if (admin.address === undefined || at === undefined || isLoopback(admin.address)) return
  const message = `${shown(admin.address)} is beyond loopback, where who asks is not checked`
  const hint = 'leave it out, and reach the port through an SSH tunnel'
  reader.complaints.add('CONFIG_VALUE_REFUSED', at, path, message, hint)
}

function checkConnector(connector: Connector, path: string, reader: YamlReader): void {
  const { address, secret, secretRequired = true, protocol, allowedRequestAttributesPattern: pattern } = connector
  checkHost(connector, 'address', path, reader)
  if (protocol !== 'ajp') return
  const protocolAt = reader.placeOf(connector, 'protocol')
  if (pattern !== undefined) {
    const at = reader.placeOf(connector, 'allowedRequestAttributesPattern')
    if (at !== undefined && !isPattern(pattern))
      reader.complaints.add(
        'CONFIG_VALUE_REFUSED',
        at,
        `${path}.allowedRequestAttributesPattern`,
        `${shown(pattern)} is no regular expression`,
      )
  }
  if (secret !== undefined) {
    const at = reader.placeOf(connector, 'secret')
    // The value is not shown.
    if (at !== undefined && !/^[\x20-\x7e\xa0-\xff]+$/.test(secret))
      reader.complaints.add(
        'CONFIG_VALUE_REFUSED',
        at,
        `${path}.secret`,
        'has a character outside of ISO-8859-1, or a control character',
      )
  } else if (secretRequired && protocolAt !== undefined) {
    const hint = 'add secret here and to the worker of the balancer, or, on loopback, secretRequired: false'
    reader.complaints.add('CONFIG_SECRET_MISSING', protocolAt, path, 'AJP without a secret', hint)
  } else if (address !== undefined && !isLoopback(address) && connector.insecure !== true) {
    const at = reader.placeOf(connector, 'address')
    const message = `whoever reaches ${shown(address)} can pose as any user`
    if (at !== undefined)
      reader.complaints.add('CONFIG_CONNECTOR_EXPOSED', at, `${path}.address`, message, 'add a secret')
  }
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'v')
    return true
  } catch {
    return false
  }
}

function checkHost(holder: object, key: 'address' | 'host', path: string, reader: YamlReader): void {
  const host = (holder as Partial<Record<typeof key, string>>)[key]
  const at = reader.placeOf(holder, key)
  if (host === undefined || at === undefined || isHost(host)) return
  reader.complaints.add('CONFIG_ADDRESS_SYNTAX', at, `${path}.${key}`, `${shown(host)} is no host name and no address`)
}

function checkCluster(cluster: Cluster, path: string, reader: YamlReader): void {
  const { staticMembers = [], localMember, membership, receiver } = cluster
  if (receiver !== undefined) checkHost(receiver, 'address', `${path}.receiver`, reader)
  const addresses = new Set<string>()
  const ids = new Set(localMember?.uniqueId === undefined ? [] : [hex(localMember.uniqueId)])
  for (const [index, member] of staticMembers.entries()) {
    const here = `${path}.staticMembers[${index}]`
    checkHost(member, 'host', here, reader)
    const at = reader.placeOf(staticMembers, index)
    if (at === undefined) continue
    const address = `${member.host}:${member.port}`
    if (addresses.has(address))
      reader.complaints.add('CONFIG_MEMBER_TWICE', at, here, `${shown(address)} is named twice`)
    addresses.add(address)
    if (member.uniqueId === undefined) continue
    const id = hex(member.uniqueId)
    if (ids.has(id)) {
      const message = `${shown(address)} has the unique id of another member`
      reader.complaints.add('CONFIG_MEMBER_TWICE', at, `${here}.uniqueId`, message, 'give each member its own')
    }
    ids.add(id)
  }
  checkKeys(cluster, path, reader)
  checkStore(cluster, path, reader)
  checkMinority(cluster, path, reader)
  if (membership?.kind === 'seeds') {
    for (const [index, seed] of membership.seeds.entries()) {
      checkHost(seed, 'host', `${path}.membership.seeds[${index}]`, reader)
    }
  }
}

function checkMinority({ manager, quorum = 0 }: Cluster, path: string, reader: YamlReader): void {
  if (manager?.whenMinority !== 'refuse' || manager.kind === 'persistent' || quorum > 0) return
  const at = reader.placeOf(manager, 'whenMinority')
  if (at !== undefined)
    reader.complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', at, `${path}.manager.whenMinority`, NO_QUORUM, QUORUM_HINT)
}

function checkKeys({ encryption, interceptors = [] }: Cluster, path: string, reader: YamlReader): void {
  const complain = (holder: object, entry: string | number, where: string) => {
    const at = reader.placeOf(holder, entry)
    if (at === undefined) return
    const message = 'is no key of 16, 24 or 32 bytes in hex or base64'
    reader.complaints.add('CONFIG_VALUE_REFUSED', at, `${path}.${where}`, message, KEY_HINT)
  }
  const keys = encryption?.keys ?? []
  for (const [index, key] of keys.entries()) {
    if (typeof key === 'string' && !isKey(key)) complain(keys, index, `encryption.keys[${index}]`)
  }
  for (const [index, layer] of interceptors.entries()) {
    if (layer.name !== 'EncryptInterceptor' || areHexKeys(layer.encryptionKey)) continue
    complain(layer, 'encryptionKey', `interceptors[${index}].encryptionKey`)
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

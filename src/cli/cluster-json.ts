/**
 * What a worker's admin port answers -> plain values. It comes from another process, perhaps of another version: what is
 * shown must be there and of its type, what is unknown is kept, and no text has power over the terminal.
 */
import type { ClusterStatus } from '../worker/index.ts'
import { CliError } from './errors.ts'
import { printable } from './printable.ts'

type Shape = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'number or null'>>

const TOP: Shape = { worker: 'string', route: 'string', state: 'string', version: 'string', nowMs: 'number' }
const SESSIONS: Shape = {
  manager: 'string',
  total: 'number',
  owned: 'number',
  copies: 'number',
  orphans: 'number',
  conflicts: 'number',
  displaced: 'number',
  refused: 'number',
  refusing: 'boolean',
}
const TRAFFIC: Shape = {
  batchesSent: 'number',
  bytesSent: 'number',
  batchesReceived: 'number',
  bytesReceived: 'number',
  messagesRefused: 'number',
}
const CHANNEL: Shape = { name: 'string', state: 'string', address: 'string', aliveMs: 'number', lateness: 'number' }
const QUORUM: Shape = { held: 'boolean', present: 'number', needed: 'number' }
const MEMBER: Shape = {
  name: 'string',
  address: 'string',
  version: 'string',
  state: 'string',
  because: 'string',
  ageMs: 'number',
  queuedBytes: 'number',
  delayP50Ms: 'number or null',
  delayP99Ms: 'number or null',
  sent: 'number',
  received: 'number',
  failed: 'number',
}
const TRANSFER: Shape = { reason: 'string', blocks: 'number', bytes: 'number', ms: 'number', endedAtMs: 'number' }

export function parseClusterStatus(text: string): ClusterStatus {
  let value: unknown
  try {
    value = JSON.parse(text, (_key, one: unknown) => (typeof one === 'string' ? printable(one) : one))
  } catch (error) {
    throw new CliError('CLI_CLUSTER_UNREADABLE', 'the answer is not JSON', error)
  }
  const status = object(value, TOP, 'the answer')
  object(status.sessions, SESSIONS, 'sessions')
  object(status.traffic, TRAFFIC, 'traffic')
  for (const member of list(status.members, 'members')) object(member, MEMBER, 'a member')
  if (status.channel !== null) {
    const { missing, quorum } = object(status.channel, CHANNEL, 'channel')
    texts(missing, 'channel.missing')
    if (quorum !== null) object(quorum, QUORUM, 'channel.quorum')
  }
  if (status.lastTransfer !== null)
    texts(object(status.lastTransfer, TRANSFER, 'lastTransfer').from, 'lastTransfer.from')
  return status as unknown as ClusterStatus
}

function object(value: unknown, shape: Shape, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw unreadable(what, 'is no object')
  const record = value as Record<string, unknown>
  for (const [key, type] of Object.entries(shape)) {
    const found = record[key]
    if (typeof found === type || (type === 'number or null' && (found === null || typeof found === 'number'))) continue
    throw unreadable(what, `has no ${key}`)
  }
  return record
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(what, 'is no list')
  return value
}

function texts(value: unknown, what: string): void {
  if (!list(value, what).every((one) => typeof one === 'string'))
    throw unreadable(what, 'holds something else than texts')
}

function unreadable(what: string, fact: string): CliError {
  return new CliError('CLI_CLUSTER_UNREADABLE', `this is not a worker's view of its cluster: ${what} ${fact}`)
}

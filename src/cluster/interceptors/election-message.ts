/**
 * What members say to each other to agree on a leader (Tomcat `NonBlockingCoordinator.CoordinationMessage`;
 * tomcat-cluster.md 3.7). A packet is an i32 length and a member packet.
 *
 *   header: 16 | leader: packet | source: packet | count: i32 | member: packet … | view id: 16 | type: 16
 */
import { BytesError, Cursor, Writer } from '../../bytes/index.ts'
import { sameBytes } from '../identity.ts'
import { type Member, UNIQUE_ID_BYTES } from '../member.ts'
import { decodeMember, encodeMember } from '../member-packet.ts'

/** In one message. */
export const MAX_ELECTORS = 1024
const MAX_BYTES = 4 * 1024 * 1024

const HEADER = Buffer.from('aa26dee39e5a413faf86fa9263ca0d3f', 'hex')
const TYPES = {
  request: Buffer.from('68a1a4d672dc47edb1147a65ffd0cf1e', 'hex'),
  confirm: Buffer.from('43586baa45174cbaa5e9a9e783564b14', 'hex'),
} as const
const KEEP_ALIVE = Buffer.from(
  '4f87e7f1c505405eb37189a83472c8d2ee660a2281f74773ba489b5848847f6f' +
    '4a4c8c326f674103b333dd00777509e67732b5979a244f25bcac850fea936ac9',
  'hex',
)

export interface ElectionMessage {
  /** A request goes round; a confirmation ends it. */
  readonly type: 'request' | 'confirm'
  readonly leader: Member
  /** Who began it. */
  readonly source: Member
  readonly members: readonly Member[]
  /** 16 bytes. */
  readonly viewId: Uint8Array
}

export function encodeElection({ type, leader, source, members, viewId }: ElectionMessage): Buffer {
  const writer = new Writer({ initialBytes: 512, maxBytes: MAX_BYTES })
  const packet = (member: Member) => {
    const bytes = encodeMember(member)
    writer.i32(bytes.length)
    writer.bytes(bytes)
  }
  writer.bytes(HEADER)
  packet(leader)
  packet(source)
  writer.i32(members.length)
  for (const member of members) packet(member)
  writer.bytes(viewId)
  writer.bytes(TYPES[type])
  return writer.take()
}

/** Whether a body is about an election at all. */
export function isElection(body: Uint8Array): boolean {
  return (body.length > HEADER.length && sameBytes(body.subarray(0, HEADER.length), HEADER)) || isKeepAlive(body)
}

/** Undefined for a keep-alive, and for what is malformed. */
export function decodeElection(body: Uint8Array): ElectionMessage | undefined {
  if (isKeepAlive(body)) return undefined
  const cursor = new Cursor(Buffer.from(body))
  const packet = () => decodeMember(cursor.bytes(cursor.i32()))
  try {
    cursor.bytes(HEADER.length)
    const [leader, source] = [packet(), packet()]
    const count = cursor.i32()
    if (count < 0 || count > MAX_ELECTORS) return undefined
    const members = Array.from({ length: count }, packet)
    const viewId = cursor.bytes(UNIQUE_ID_BYTES)
    const said = cursor.bytes(UNIQUE_ID_BYTES)
    const type = TYPES.request.equals(said) ? 'request' : TYPES.confirm.equals(said) ? 'confirm' : undefined
    if (type === undefined || cursor.remaining > 0) return undefined
    return { type, leader, source, members, viewId }
  } catch (error) {
    if (error instanceof BytesError || (error as Error).name === 'ClusterError') return undefined
    throw error
  }
}

function isKeepAlive(body: Uint8Array): boolean {
  return body.length === KEEP_ALIVE.length && sameBytes(body, KEEP_ALIVE)
}

/**
 * Member <-> member packet (Tomcat `MemberImpl.getData`, `MemberImpl.getMember`; tomcat-cluster.md 3.1).
 *
 *   "TRIBES-B" 01 00 | body length: i32 | body | "TRIBES-E" 01 00
 *   body: alive: i64 | port: i32 | secure port: i32 | udp port: i32 | host length: u8 | host
 *         | command length: i32 | command | domain length: i32 | domain | unique id: 16 bytes | payload length: i32 | payload
 */
import { BytesError, Cursor, Writer } from '../bytes/index.ts'
import { isPort } from './address.ts'
import { ClusterError } from './errors.ts'
import { type Member, UNIQUE_ID_BYTES } from './member.ts'

/** A packet must also fit a multicast datagram. */
export const MAX_MEMBER_PACKET_BYTES = 65_507

/** The command of a member that says goodbye. */
export const SHUTDOWN_COMMAND: Uint8Array = Buffer.from('BABY-ALEX', 'latin1')

const BEGIN = Buffer.from('TRIBES-B\x01\x00', 'latin1')
const END = Buffer.from('TRIBES-E\x01\x00', 'latin1')

export function encodeMember(member: Member): Buffer {
  const writer = new Writer({ initialBytes: 128, maxBytes: MAX_MEMBER_PACKET_BYTES })
  writer.bytes(BEGIN)
  const body = writer.openI32()
  writer.i64Number(member.aliveMs)
  writer.i32(member.port)
  writer.i32(member.securePort)
  writer.i32(member.udpPort)
  writer.u8(member.host.length)
  writer.bytes(member.host)
  writer.i32(member.command.length)
  writer.bytes(member.command)
  writer.i32(member.domain.length)
  writer.bytes(member.domain)
  writer.bytes(member.uniqueId)
  writer.i32(member.payload.length)
  writer.bytes(member.payload)
  writer.closeI32(body)
  writer.bytes(END)
  return writer.take()
}

/** Reads one packet at the start of `bytes`; what follows its end marker is ignored, as Tomcat does. The member shares no memory with `bytes`. */
export function decodeMember(bytes: Uint8Array): Member {
  if (bytes.length > MAX_MEMBER_PACKET_BYTES) {
    throw malformed(`${bytes.length} bytes are over MAX_MEMBER_PACKET_BYTES (${MAX_MEMBER_PACKET_BYTES})`)
  }
  try {
    return read(new Cursor(Buffer.from(bytes)))
  } catch (error) {
    throw error instanceof BytesError ? malformed(error.message, error) : error
  }
}

function read(cursor: Cursor): Member {
  if (!cursor.bytes(BEGIN.length).equals(BEGIN)) throw malformed('it does not begin with TRIBES-B')
  const body = new Cursor(cursor.bytes(cursor.i32()))
  if (!cursor.bytes(END.length).equals(END)) throw malformed('its body is not followed by TRIBES-E')

  const aliveMs = body.i64Number()
  const port = body.i32()
  if (!isPort(port)) throw malformed(`a member is at a port of 1 to 65535, not ${port}`)
  const securePort = body.i32()
  const udpPort = body.i32()
  const hostLength = body.u8()
  if (hostLength !== 4 && hostLength !== 16) throw malformed(`an address has 4 or 16 bytes, not ${hostLength}`)
  return {
    aliveMs,
    port,
    securePort,
    udpPort,
    host: body.bytes(hostLength),
    command: body.bytes(body.i32()),
    domain: body.bytes(body.i32()),
    uniqueId: body.bytes(UNIQUE_ID_BYTES),
    payload: body.bytes(body.i32()),
  }
}

function malformed(why: string, cause?: unknown): ClusterError {
  return new ClusterError('CLUSTER_MEMBER_PACKET', `malformed member packet: ${why}`, { cause })
}

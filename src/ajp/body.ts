/**
 * Packets of the request body (ajp13.md 3.1), the only ones without a type: what is one follows from the state alone.
 *
 *   12 34 | payload length: u16 | data length: u16 | data              end of body: 12 34 00 00 or 12 34 00 02 00 00
 */
import { HEAD_BYTES, MAGIC, maxBodyBytes } from './constants.ts'
import { AjpError } from './errors.ts'
import type { PacketWriter } from './packet-writer.ts'

/** Packet head and data length: what stands before the data. */
const BODY_HEAD_BYTES = HEAD_BYTES + 2
const LENGTH_BYTES = 2
const EMPTY = Buffer.alloc(0)

/** The form of mod_jk. To be sent only when a packet was asked for (3.1). Not to be changed. */
export const END_OF_BODY: Buffer = Buffer.from('12340000', 'hex')

/**
 * The data in a payload, a view; empty at the end of the body, of either form. Surplus bytes are ignored, as Tomcat does:
 * its own test client sends some.
 */
export function decodeBody(payload: Buffer): Buffer {
  if (payload.length === 0) return EMPTY
  const length = payload.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : (payload[0]! << 8) | payload[1]!
  if (length > payload.length - LENGTH_BYTES)
    throw new AjpError('AJP_BODY_PACKET', `${length} bytes of data in a payload of ${payload.length}`)
  return payload.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
}

/** Appends a packet with a copy of `data`: for what travels with others in one write. */
export function encodeBody(writer: PacketWriter, data: Uint8Array): void {
  writer.open(MAGIC.REQUEST)
  writer.u16(data.length)
  writer.bytes(data)
  writer.close()
}

/** What is to be written before `length` bytes of data that are not copied; the caller owns it. */
export function bodyHead(length: number, packetBytes: number): Buffer {
  if (!(length > 0 && length <= maxBodyBytes(packetBytes)))
    throw new AjpError('AJP_NUMBER', `${length} bytes in one body packet`)
  const payload = length + LENGTH_BYTES
  const head = Buffer.allocUnsafe(BODY_HEAD_BYTES)
  head[0] = MAGIC.REQUEST >>> 8
  head[1] = MAGIC.REQUEST & 0xff
  head[2] = payload >>> 8
  head[3] = payload
  head[4] = length >>> 8
  head[5] = length
  return head
}

/**
 * How many of `available` bytes go into the first packet, which is sent unasked. Should the container refuse the request
 * before it reads its body, Tomcat takes that packet for a message, and the high byte of its data length for the type: 02
 * is a forged request, 0A a CPING. A shorter packet has a harmless one (7.2).
 */
export function firstBodyBytes(available: number, packetBytes: number): number {
  const bytes = Math.min(available, maxBodyBytes(packetBytes))
  const type = bytes >>> 8
  return type === 0x02 || type === 0x0a ? (type << 8) - 1 : bytes
}

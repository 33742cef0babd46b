/**
 * The small packets of a container, and the pings (ajp13.md 3.3, 4.3, 4.4, 5.1). SEND_HEADERS is in send-headers.ts, and
 * message-type.ts tells which packet one is.
 *
 *   SEND_BODY_CHUNK  03 | length: u16 | data | 00      length 0 asks to flush
 *   END_RESPONSE     05 | reuse: boolean
 *   GET_BODY_CHUNK   06 | length: u16
 *   CPONG            09
 */
import { HEAD_BYTES, MAGIC, MAX_PACKET_BYTES, MESSAGE, maxBodyBytes } from './constants.ts'
import { AjpError } from './errors.ts'
import type { PacketWriter } from './packet-writer.ts'

/** Type and length, before the data of a chunk. */
const CHUNK_HEAD_BYTES = 3

/** Whole packets that never differ. Not to be changed. */
export const CPING: Buffer = Buffer.from('123400010a', 'hex')
export const CPONG: Buffer = Buffer.from('4142000109', 'hex')
export const FLUSH: Buffer = Buffer.from('4142000403000000', 'hex')
/** The connection may carry another request. */
export const END_AND_KEEP: Buffer = Buffer.from('414200020501', 'hex')
export const END_AND_CLOSE: Buffer = Buffer.from('414200020500', 'hex')
/** To be written behind the data of a chunk. */
export const CHUNK_END: Buffer = Buffer.from('00', 'hex')

/** The data of a SEND_BODY_CHUNK, a view. The NUL behind it may be missing, as mod_jk allows; nothing else may differ. */
export function decodeChunk(payload: Buffer): Buffer {
  if (payload.length < CHUNK_HEAD_BYTES) throw new AjpError('AJP_SHORT', `a chunk of ${payload.length} bytes`)
  const length = (payload[1]! << 8) | payload[2]!
  const end = CHUNK_HEAD_BYTES + length
  const isExact = payload.length === end || (payload.length === end + 1 && payload[end] === 0)
  if (!isExact) throw new AjpError('AJP_CHUNK', `${length} bytes of data in a payload of ${payload.length}`)
  return payload.subarray(CHUNK_HEAD_BYTES, end)
}

/** Whether END_RESPONSE leaves the connection usable. */
export function decodeEnd(payload: Buffer): boolean {
  checkLength(payload, 2)
  return payload[1] !== 0
}

/** How much a GET_BODY_CHUNK asks for, never more than one packet takes. */
export function decodeGetBody(payload: Buffer, packetBytes: number): number {
  checkLength(payload, 3)
  const length = (payload[1]! << 8) | payload[2]!
  if (length === 0 || length > maxBodyBytes(MAX_PACKET_BYTES))
    throw new AjpError('AJP_NUMBER', `${length} bytes asked for`)
  return Math.min(length, maxBodyBytes(packetBytes))
}

/** Appends a chunk with a copy of `data`. Empty data would be a flush: nothing is written. */
export function encodeChunk(writer: PacketWriter, data: Uint8Array): void {
  if (data.length === 0) return
  writer.open(MAGIC.RESPONSE)
  writer.u8(MESSAGE.SEND_BODY_CHUNK)
  writer.u16(data.length)
  writer.bytes(data)
  writer.u8(0)
  writer.close()
}

/** The same for text that takes `bytes` bytes in `encoding`. */
export function encodeTextChunk(writer: PacketWriter, text: string, encoding: BufferEncoding, bytes: number): void {
  if (bytes === 0) return
  writer.open(MAGIC.RESPONSE)
  writer.u8(MESSAGE.SEND_BODY_CHUNK)
  writer.u16(bytes)
  writer.encoded(text, encoding, bytes)
  writer.u8(0)
  writer.close()
}

/** What is to be written before `length` bytes of data that are not copied, and `CHUNK_END`; the caller owns it. */
export function chunkHead(length: number, packetBytes: number): Buffer {
  const payload = length + CHUNK_HEAD_BYTES + CHUNK_END.length
  if (!(length > 0 && payload <= packetBytes - HEAD_BYTES))
    throw new AjpError('AJP_NUMBER', `${length} bytes in one chunk`)
  const head = Buffer.allocUnsafe(HEAD_BYTES + CHUNK_HEAD_BYTES)
  head[0] = MAGIC.RESPONSE >>> 8
  head[1] = MAGIC.RESPONSE & 0xff
  head[2] = payload >>> 8
  head[3] = payload
  head[4] = MESSAGE.SEND_BODY_CHUNK
  head[5] = length >>> 8
  head[6] = length
  return head
}

/** The packet that asks for as much as fits one: Tomcat never asks for less. The caller keeps it for all requests. */
export function getBodyPacket(packetBytes: number): Buffer {
  const length = maxBodyBytes(packetBytes)
  return Buffer.of(0x41, 0x42, 0, 3, MESSAGE.GET_BODY_CHUNK, length >>> 8, length & 0xff)
}

function checkLength(payload: Buffer, length: number): void {
  if (payload.length < length) throw new AjpError('AJP_SHORT', `${payload.length} bytes of ${length}`)
  if (payload.length > length) throw new AjpError('AJP_TRAILING', `${payload.length - length} bytes`)
}

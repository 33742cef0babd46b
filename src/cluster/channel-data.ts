/**
 * One message of the channel inside its frame (Tomcat `ChannelData.getDataPackage`; tomcat-cluster.md 4.2).
 *
 *   options: i32 | timestamp: i64 | unique id length: i32 | unique id | sender length: i32 | sender: member packet
 *   | body length: i32 | body
 *
 * What stands before the body hardly changes from message to message, so it is made once per sender and copied.
 */
import { BytesError, Cursor } from '../bytes/index.ts'
import { ClusterError } from './errors.ts'
import { FRAME_DATA, FRAME_END, FRAME_OVERHEAD, FRAME_START } from './frame.ts'
import { type Member, UNIQUE_ID_BYTES } from './member.ts'
import { decodeMember, encodeMember } from './member-packet.ts'

const OPTIONS = FRAME_DATA
const TIMESTAMP = OPTIONS + 4
const ID_LENGTH = TIMESTAMP + 8
const ID = ID_LENGTH + 4
const SENDER_LENGTH = ID + UNIQUE_ID_BYTES
const SENDER = SENDER_LENGTH + 4
const TWO_TO_32 = 0x1_0000_0000
const EMPTY = Buffer.alloc(0)

/** The fields of a message that differ from one to the next. */
export interface MessageFields {
  readonly options: number
  /** Epoch ms. */
  readonly timestamp: number
  /** 16 bytes. */
  readonly uniqueId: Uint8Array
  readonly body: Uint8Array
}

/** A message as it came off the wire. The sender may be replaced by an equal member that is better known. */
export interface DecodedMessage extends MessageFields {
  sender: Member
}

/** The start of every frame of this sender, with gaps where {@link encodeMessage} writes. */
export function frameHead(sender: Member): Buffer {
  const packet = encodeMember(sender)
  const head = Buffer.alloc(SENDER + packet.length + 4)
  head.set(FRAME_START)
  head.writeInt32BE(UNIQUE_ID_BYTES, ID_LENGTH)
  head.writeInt32BE(packet.length, SENDER_LENGTH)
  head.set(packet, SENDER)
  return head
}

/** Size of the frame that a body will become. */
export function frameBytes(head: Buffer, bodyBytes: number): number {
  return head.length + bodyBytes + FRAME_END.length
}

/** The whole frame of one message, in a buffer of its own: the body is copied once. */
export function encodeMessage(head: Buffer, message: MessageFields): Buffer {
  const { body, timestamp } = message
  const bodyEnd = head.length + body.length
  const frame = Buffer.allocUnsafe(bodyEnd + FRAME_END.length)
  frame.set(head)
  frame.writeInt32BE(frame.length - FRAME_OVERHEAD, FRAME_START.length)
  frame.writeInt32BE(message.options, OPTIONS)
  frame.writeInt32BE(Math.floor(timestamp / TWO_TO_32), TIMESTAMP)
  frame.writeUInt32BE(timestamp >>> 0, TIMESTAMP + 4)
  frame.set(message.uniqueId, ID)
  frame.writeInt32BE(body.length, head.length - 4)
  frame.set(body, head.length)
  frame.set(FRAME_END, bodyEnd)
  return frame
}

/**
 * Decodes the messages of one connection. Nearly all of them name the same sender, so its packet is compared with the
 * last one and decoded only when it differs.
 */
export class MessageDecoder {
  readonly #cursor = new Cursor(EMPTY)
  #packet: Buffer = EMPTY
  #sender: Member | undefined

  /** Unique id and body are views on `data`; the sender is not. Throws CLUSTER_MESSAGE or CLUSTER_MEMBER_PACKET. */
  decode(data: Buffer): DecodedMessage {
    try {
      return this.#decode(data)
    } catch (error) {
      throw error instanceof BytesError ? malformed(error.message, error) : error
    }
  }

  #decode(data: Buffer): DecodedMessage {
    const cursor = this.#cursor
    cursor.reset(data)
    const options = cursor.i32()
    const timestamp = cursor.i64Number()
    const idLength = cursor.i32()
    if (idLength !== UNIQUE_ID_BYTES) throw malformed(`a unique id has ${UNIQUE_ID_BYTES} bytes, not ${idLength}`)
    const uniqueId = cursor.bytes(UNIQUE_ID_BYTES)
    const sender = this.#senderOf(cursor.bytes(cursor.i32()))
    const body = cursor.bytes(cursor.i32())
    if (cursor.remaining > 0) throw malformed(`${cursor.remaining} bytes follow the body`)
    return { sender, options, timestamp, uniqueId, body }
  }

  #senderOf(packet: Buffer): Member {
    if (this.#sender === undefined || !packet.equals(this.#packet)) {
      this.#sender = decodeMember(packet)
      this.#packet = Buffer.from(packet)
    }
    return this.#sender
  }
}

function malformed(why: string, cause?: unknown): ClusterError {
  return new ClusterError('CLUSTER_MESSAGE', `malformed message: ${why}`, { cause })
}

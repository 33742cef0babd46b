/**
 * The envelope of everything on a Tribes connection (Tomcat `XByteBuffer`; tomcat-cluster.md 4.1, 4.3).
 *
 *   "FLT2002" | length: i32 | data: length bytes | "TLF2003"
 *
 * The data is a message (`channel-data.ts`) or, on the way back, one of two acknowledgements of three bytes.
 */
export const FRAME_START = Buffer.from('FLT2002', 'latin1')
export const FRAME_END = Buffer.from('TLF2003', 'latin1')
/** Offset of the data. */
export const FRAME_DATA = FRAME_START.length + 4
/** Bytes of a frame that are not data. */
export const FRAME_OVERHEAD = FRAME_DATA + FRAME_END.length

const ACK_DATA = Buffer.from([0x06, 0x02, 0x03])
const FAIL_ACK_DATA = Buffer.from([0x0b, 0x00, 0x05])

/** Positive acknowledgement. It names no message, so at most one may be due per connection. */
export const ACK_FRAME = encodeFrame(ACK_DATA)
/** Negative acknowledgement: the message arrived and could not be processed. */
export const FAIL_ACK_FRAME = encodeFrame(FAIL_ACK_DATA)

export function encodeFrame(data: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(data.length + FRAME_OVERHEAD)
  frame.set(FRAME_START)
  frame.writeInt32BE(data.length, FRAME_START.length)
  frame.set(data, FRAME_DATA)
  frame.set(FRAME_END, FRAME_DATA + data.length)
  return frame
}

/** Tells what an answer says; undefined when the data is no acknowledgement. */
export function readAck(data: Buffer): 'ack' | 'fail-ack' | undefined {
  if (data.equals(ACK_DATA)) return 'ack'
  return data.equals(FAIL_ACK_DATA) ? 'fail-ack' : undefined
}

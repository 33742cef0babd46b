/** The ways in which a stream may arrive. */
import type { PacketReader } from '../packet-reader.ts'

export const bytewise = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.of(byte))

export const cutAt = (bytes: Buffer, at: number): Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)]

/** Copies of all payloads that the reader cuts from the chunks. Each chunk is overwritten once it may be. */
export function cut(chunks: Iterable<Buffer>, reader: PacketReader): Buffer[] {
  const payloads: Buffer[] = []
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk)
    reader.push(lent)
    for (let payload = reader.next(); payload !== undefined; payload = reader.next())
      payloads.push(Buffer.from(payload))
    lent.fill(0xee)
  }
  return payloads
}

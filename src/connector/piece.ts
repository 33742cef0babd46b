/** One thing that an application has written: a text or bytes, with its length on the wire. */

export interface Piece {
  readonly data: string | Uint8Array
  readonly encoding: BufferEncoding
  readonly bytes: number
}

export function isData(chunk: unknown): chunk is string | Uint8Array {
  return typeof chunk === 'string' || chunk instanceof Uint8Array
}

/** @param given what stands in the place of the encoding: UTF-8 unless it is a name */
export function pieceOf(data: string | Uint8Array, given: unknown): Piece {
  if (typeof data !== 'string') return { data, encoding: 'utf8', bytes: data.byteLength }
  const encoding = typeof given === 'string' ? (given as BufferEncoding) : 'utf8'
  return { data, encoding, bytes: Buffer.byteLength(data, encoding) }
}

/** Its first bytes. */
export function startOf({ data, encoding }: Piece, bytes: number): Piece {
  const whole = typeof data === 'string' ? Buffer.from(data, encoding) : data
  return { data: whole.subarray(0, bytes), encoding, bytes }
}

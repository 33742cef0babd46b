/** What can go wrong between bytes and values. Numbers outside a fixed-width field are a `RangeError` of Buffer itself. */

export const bytesErrors = {
  BYTES_SHORT: 'fewer bytes are left than the next value needs',
  BYTES_UNSAFE: 'a 64-bit integer does not fit a JavaScript number exactly',
  BYTES_VARINT: 'a varint is padded, too long, or outside 0 … 2^53-1',
  BYTES_OVER_LIMIT: 'the writer would grow beyond its limit',
  BYTES_BRACKET: 'the bytes inside a length bracket do not fit its length field',
  BYTES_LATIN1: 'a character above U+00FF cannot be written as one byte',
} as const

export type BytesErrorCode = keyof typeof bytesErrors

export class BytesError extends Error {
  override readonly name = 'BytesError'
  readonly code: BytesErrorCode
  /** Where in the input or output it happened, counted from the first byte the cursor or writer was given. */
  readonly offset: number

  constructor(code: BytesErrorCode, message: string, offset: number) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

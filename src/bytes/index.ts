/**
 * Bytes to values and back, big-endian, with bounds. Every codec (AJP, Tribes, session deltas) reads through one
 * {@link Cursor} and writes through one {@link Writer}. Nothing here knows a protocol, a socket or a file.
 */
export { Cursor, MAX_VARINT_BYTES } from './cursor.ts'
export { BytesError, type BytesErrorCode, bytesErrors } from './errors.ts'
export { DEFAULT_MAX_WRITER_BYTES, KEEP_WRITER_BYTES, Writer, type WriterOptions } from './writer.ts'

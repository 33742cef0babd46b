/**
 * HTTP/1.1 as bytes (RFC 9112): heads, framing and chunked bodies, for both ends of a proxy. Pure: nothing here opens
 * a socket, starts a timer or keeps state beyond one message. What two parsers could read differently is refused with
 * an {@link Http1Error} that carries the status to answer with.
 */
export { checkBegunHead } from './begun-head.ts'
export { CHAR, consistsOf, DIGIT, HEX, TARGET, TCHAR, VALUE } from './chars.ts'
export { ChunkedDecoder, chunkHead, LAST_CHUNK, MAX_EXTENSION_BYTES } from './chunked.ts'
export { Http1Error, type Http1ErrorCode, http1Errors } from './errors.ts'
export { FIELD, type FieldId, type Fields, fieldId, MAX_CONNECTION_OPTIONS, parseFields } from './fields.ts'
export {
  checkAuthority,
  type HeadLimits,
  isAuthority,
  parseRequestFields,
  parseRequestLine,
  type RequestFields,
  type RequestLine,
} from './request-head.ts'
export { hasBody, parseResponseHead, type ResponseFraming, type ResponseHead } from './response-head.ts'

/** What can be wrong with an HTTP/1.1 message, with the status that tells a client so. */

export const http1Errors = {
  HTTP1_REQUEST_LINE: { status: 400, says: 'the request line is malformed' },
  HTTP1_TARGET: { status: 400, says: 'the request target is malformed' },
  HTTP1_TARGET_TOO_LONG: { status: 414, says: 'the request target is longer than the limit' },
  HTTP1_METHOD: { status: 501, says: 'the request method is not served here' },
  HTTP1_VERSION: { status: 505, says: 'the protocol version is not HTTP/1.0 or HTTP/1.1' },
  HTTP1_FIELD: { status: 400, says: 'a header field is malformed' },
  HTTP1_HEAD_TOO_LARGE: { status: 431, says: 'the head is larger than the limit' },
  HTTP1_TOO_MANY_FIELDS: { status: 431, says: 'the head has more fields than the limit' },
  HTTP1_HOST: { status: 400, says: 'the Host field is missing, repeated or malformed' },
  HTTP1_FRAMING: { status: 400, says: 'the length of the body is ambiguous' },
  HTTP1_CODING: { status: 501, says: 'the transfer coding is not understood' },
  HTTP1_EXPECT: { status: 417, says: 'the expectation cannot be met' },
  HTTP1_CHUNK: { status: 400, says: 'the chunked body is malformed' },
  HTTP1_STATUS_LINE: { status: 502, says: 'the status line is malformed' },
} as const

export type Http1ErrorCode = keyof typeof http1Errors

/** Thrown by the parsers of this room. `code` is stable; `status` is what a server answers with. */
export class Http1Error extends Error {
  readonly code: Http1ErrorCode
  readonly status: number

  constructor(code: Http1ErrorCode, fact?: string) {
    super(fact === undefined ? http1Errors[code].says : `${http1Errors[code].says}: ${fact}`)
    this.name = 'Http1Error'
    this.code = code
    this.status = http1Errors[code].status
  }
}

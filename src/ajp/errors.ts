/**
 * What can be wrong with AJP/1.3, in either direction.
 *
 * `status` is what a container answers, with END_RESPONSE 0 and a lingering close (ajp13.md 6.4); where there is none it
 * closes without an answer, because what follows cannot be told from another request. A web server that finds one of
 * these in a response destroys the connection and answers 502 for all of them.
 */

const PEER = 'check that a peer that speaks AJP/1.3 is at the other end; if it is, correct it'
const REQUEST = 'correct the program that sent the request'
const SIZE = 'raise the packet size on both ends (max_packet_size, packetSize), or send less'

export const ajpErrors = {
  AJP_MAGIC: { says: 'a packet does not begin with the magic of AJP/1.3', next: PEER },
  AJP_TYPE: { says: 'a packet is of no type that may be sent here', next: PEER },
  AJP_ORDER: { says: 'a packet came when it was not due', next: PEER },
  AJP_PACKET_TOO_LARGE: { status: 400, says: 'a packet announces more than the packet size allows', next: SIZE },
  AJP_SHORT: { status: 400, says: 'a packet ends before its content does', next: PEER },
  AJP_TRAILING: { status: 400, says: 'a packet goes on after its content', next: PEER },
  AJP_STRING: { status: 400, says: 'a string is null, or does not end with a NUL', next: PEER },
  AJP_CHARACTER: { status: 400, says: 'a string holds a character that has no place there', next: REQUEST },
  AJP_METHOD: { status: 400, says: 'the method has an unassigned code, or no name', next: PEER },
  AJP_TARGET: { status: 400, says: 'the URI is neither a path nor *', next: REQUEST },
  AJP_HEADER_CODE: { status: 400, says: 'a header name has an unassigned code', next: PEER },
  AJP_TOO_MANY_HEADERS: {
    status: 431,
    says: 'the request has more headers than the limit',
    next: 'raise the limit (maxHeaderCount), or send fewer headers',
  },
  AJP_CONTENT_LENGTH: { status: 400, says: 'content-length is repeated or not a number', next: REQUEST },
  AJP_TRANSFER_ENCODING: {
    status: 400,
    says: 'transfer-encoding is repeated, not chunked, or beside a content-length',
    next: REQUEST,
  },
  AJP_HOST: { status: 400, says: 'the Host header is malformed, or there are two that differ', next: REQUEST },
  AJP_ATTRIBUTE: {
    status: 400,
    says: 'a request attribute has an unassigned code or no name, or there are too many',
    next: PEER,
  },
  AJP_NUMBER: { status: 400, says: 'a number does not fit its field', next: REQUEST },
  AJP_REQUEST_TOO_LARGE: { status: 431, says: 'the headers do not fit into one packet', next: SIZE },
  AJP_TARGET_TOO_LARGE: { status: 414, says: 'the URI does not fit into one packet', next: SIZE },
  AJP_BODY_PACKET: { says: 'a packet of the request body is shorter than it says', next: PEER },
  AJP_BODY_SHORT: {
    says: 'the request body ended before its content-length',
    next: 'nothing if the client went away; else correct the web server',
  },
  AJP_BODY_LONG: {
    says: 'a body is longer than its content-length',
    next: 'look for a filter that changes the body and not its length',
  },
  AJP_STATUS: { status: 500, says: 'the response has a status outside 200 to 999', next: 'correct the application' },
  AJP_RESPONSE_TOO_LARGE: { status: 500, says: 'the response headers do not fit into one packet', next: SIZE },
  AJP_CHUNK: { says: 'a chunk of the response does not have the length it says', next: PEER },
  AJP_PACKET_SIZE: { says: 'the packet size is out of range', next: 'choose a size from 8192 to 65536' },
} as const

export type AjpErrorCode = keyof typeof ajpErrors

export class AjpError extends Error {
  override readonly name = 'AjpError'
  readonly code: AjpErrorCode
  /** What a container answers, or undefined where it only closes. */
  readonly status: number | undefined

  constructor(code: AjpErrorCode, fact?: string) {
    const row: { readonly says: string; readonly status?: number } = ajpErrors[code]
    super(fact === undefined ? row.says : `${row.says}: ${fact}`)
    this.code = code
    this.status = row.status
  }
}

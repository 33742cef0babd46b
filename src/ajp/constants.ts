/**
 * The numbers and names of AJP/1.3 (ajp13.md 1 and 2; Tomcat `org.apache.coyote.ajp.Constants`, mod_jk
 * `native/common/jk_ajp13.h`). All of them travel on the wire: nothing here may be renumbered.
 */
import { AjpError } from './errors.ts'

/** Magic, u16, and payload length, u16: what stands before every payload. */
export const HEAD_BYTES = 4

/** The first two bytes of a packet tell its direction. */
export const MAGIC = {
  /** Web server -> container. */
  REQUEST: 0x1234,
  /** Container -> web server: `AB`. */
  RESPONSE: 0x4142,
} as const

export type Magic = (typeof MAGIC)[keyof typeof MAGIC]

/** First byte of a payload. Packets of the request body have none: only the state tells what they are. */
export const MESSAGE = {
  FORWARD_REQUEST: 2,
  SEND_BODY_CHUNK: 3,
  SEND_HEADERS: 4,
  END_RESPONSE: 5,
  GET_BODY_CHUNK: 6,
  /** Historic, refused like everything unknown. */
  SHUTDOWN: 7,
  /** Historic login hook of the same kind; CPING is the living one. */
  PING: 8,
  CPONG: 9,
  CPING: 10,
} as const

export type RequestMessage = typeof MESSAGE.FORWARD_REQUEST | typeof MESSAGE.CPING
export type ResponseMessage =
  | typeof MESSAGE.SEND_BODY_CHUNK
  | typeof MESSAGE.SEND_HEADERS
  | typeof MESSAGE.END_RESPONSE
  | typeof MESSAGE.GET_BODY_CHUNK
  | typeof MESSAGE.CPONG

/** Method by code; code 0 is none. */
export const METHODS = [
  '',
  'OPTIONS',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'ACL',
  'REPORT',
  'VERSION-CONTROL',
  'CHECKIN',
  'CHECKOUT',
  'UNCHECKOUT',
  'SEARCH',
  'MKWORKSPACE',
  'UPDATE',
  'LABEL',
  'MERGE',
  'BASELINE-CONTROL',
  'MKACTIVITY',
] as const

/** In place of a method code: the name is in attribute 13. */
export const STORED_METHOD = 0xff

/** High byte of a coded header name; no string name may have a length that begins with it. */
export const HEADER_CODE = 0xa0

/** Request header by the low byte of its code; 0 is none. */
export const REQUEST_HEADERS = [
  '',
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'authorization',
  'connection',
  'content-type',
  'content-length',
  'cookie',
  'cookie2',
  'host',
  'pragma',
  'referer',
  'user-agent',
] as const

/** Response header by the low byte of its code; 0 is none. */
export const RESPONSE_HEADERS = [
  '',
  'Content-Type',
  'Content-Language',
  'Content-Length',
  'Date',
  'Last-Modified',
  'Location',
  'Set-Cookie',
  'Set-Cookie2',
  'Servlet-Engine',
  'Status',
  'WWW-Authenticate',
] as const

/** Codes of the attributes behind the headers of a request. Each has a string, but for the two that say otherwise. */
export const ATTRIBUTE = {
  CONTEXT: 1,
  SERVLET_PATH: 2,
  REMOTE_USER: 3,
  AUTH_TYPE: 4,
  QUERY_STRING: 5,
  JVM_ROUTE: 6,
  SSL_CERT: 7,
  SSL_CIPHER: 8,
  SSL_SESSION: 9,
  /** Two strings: name and value. */
  NAMED: 10,
  /** An integer. */
  SSL_KEY_SIZE: 11,
  SECRET: 12,
  STORED_METHOD: 13,
  ARE_DONE: 0xff,
} as const

/** Attributes with a name that the container itself understands (Tomcat `AjpProcessor.prepareRequest`). */
export const NAMED = {
  REMOTE_PORT: 'AJP_REMOTE_PORT',
  LOCAL_ADDR: 'AJP_LOCAL_ADDR',
  SSL_PROTOCOL: 'AJP_SSL_PROTOCOL',
  LB_ACTIVATION: 'JK_LB_ACTIVATION',
} as const

const SERVLET_TLS_ATTRIBUTES = ['cipher_suite', 'key_size', 'ssl_session', 'X509Certificate']

/** Names that need no permission (ajp13.md 2.5). Any other is refused unless its owner allows it: CVE-2020-1938. */
export const STANDARD_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(NAMED),
  ...SERVLET_TLS_ATTRIBUTES.map((name) => `javax.servlet.request.${name}`),
  ...SERVLET_TLS_ATTRIBUTES.map((name) => `jakarta.servlet.request.${name}`),
  'CERT_ISSUER',
  'CERT_SUBJECT',
  'CERT_COOKIE',
  'CERT_FLAGS',
  'CERT_SERIALNUMBER',
  'HTTPS_SERVER_SUBJECT',
  'HTTPS_SERVER_ISSUER',
  'HTTPS_SECRETKEYSIZE',
  'HTTPS_KEYSIZE',
])

/** Instead of a length: there is no string, not even an empty one. */
export const NULL_STRING = 0xffff

/** Bounds of the packet size P: both ends must be set to the same. */
export const MIN_PACKET_BYTES = 8_192
export const MAX_PACKET_BYTES = 65_536

/** Tomcat `maxHeaderCount`; what we send keeps to it too, for a request refused there may be executed in parts (7.2). */
export const DEFAULT_MAX_HEADERS = 100

/** Named attributes of one request; mod_jk sends three and one per JkEnvVar. More are AJP_ATTRIBUTE. */
export const MAX_NAMED_ATTRIBUTES = 256

/** Everything behind the head. */
export const maxPayloadBytes = (packetBytes: number): number => packetBytes - HEAD_BYTES
/** Data in one packet of the request body: less its own length. */
export const maxBodyBytes = (packetBytes: number): number => packetBytes - HEAD_BYTES - 2
/** Data in one chunk of the response: less type, length and NUL. */
export const maxChunkBytes = (packetBytes: number): number => packetBytes - HEAD_BYTES - 4

/** Throws AJP_PACKET_SIZE unless `packetBytes` is a packet size that AJP/1.3 has. */
export function checkPacketSize(packetBytes: number): number {
  if (Number.isInteger(packetBytes) && packetBytes >= MIN_PACKET_BYTES && packetBytes <= MAX_PACKET_BYTES)
    return packetBytes
  throw new AjpError('AJP_PACKET_SIZE', `${packetBytes}, not ${MIN_PACKET_BYTES} to ${MAX_PACKET_BYTES}`)
}

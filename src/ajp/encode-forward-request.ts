/**
 * Values -> one FORWARD_REQUEST packet (ajp13.md 2; the picture is in decode-forward-request.ts). Attributes go out in the
 * order of mod_jk and mod_proxy_ajp. What the container would refuse is refused here: once it was sent, the body packet
 * behind it could be read as a request (7.2).
 */
import { PATH, PEM, QUERY, TEXT, TOKEN } from './chars.ts'
import {
  ATTRIBUTE,
  DEFAULT_MAX_HEADERS,
  MAGIC,
  MAX_NAMED_ATTRIBUTES,
  MESSAGE,
  METHODS,
  STORED_METHOD,
} from './constants.ts'
import { checkUri } from './decode-forward-request.ts'
import { AjpError } from './errors.ts'
import type { RequestAttributes, RequestToForward } from './forward-request.ts'
import { writeRequestHeaders } from './header-section.ts'
import type { PacketWriter } from './packet-writer.ts'

export interface ForwardOptions {
  /** What the backend takes: its maxHeaderCount. Does not apply to headers that were encoded before. */
  readonly maxHeaders: number
  /**
   * Send DELETE and PROPFIND by name. Default false. Tomcat 10.1.47 takes their codes for OPTIONS and TRACE (bug 69848).
   */
  readonly namesDeleteAndPropfind: boolean
}

export const DEFAULT_FORWARD_OPTIONS: ForwardOptions = Object.freeze({
  maxHeaders: DEFAULT_MAX_HEADERS,
  namesDeleteAndPropfind: false,
})

const METHOD_CODES: ReadonlyMap<string, number> = new Map(METHODS.map((name, code) => [name, code]))

/**
 * Appends the packet to `writer`. Throws an AjpError, which leaves the writer as it was: AJP_TARGET_TOO_LARGE (414) when
 * it does not fit and the URI takes more than half of the room, else AJP_REQUEST_TOO_LARGE (431).
 */
export function encodeForwardRequest(
  writer: PacketWriter,
  request: RequestToForward,
  options: ForwardOptions = DEFAULT_FORWARD_OPTIONS,
): void {
  try {
    writer.open(MAGIC.REQUEST)
    writeRequest(writer, request, options)
    writer.close()
  } catch (error) {
    throw error instanceof AjpError && error.code === 'AJP_PACKET_TOO_LARGE' ? tooLarge(writer, request, error) : error
  }
}

/** Whose fault it is that a request does not fit. */
export function tooLarge(
  writer: PacketWriter,
  { uri, queryString }: Pick<RequestToForward, 'uri' | 'queryString'>,
  error: AjpError,
): AjpError {
  const targetBytes = uri.length + (queryString?.length ?? 0)
  const code = targetBytes > writer.packetBytes / 2 ? 'AJP_TARGET_TOO_LARGE' : 'AJP_REQUEST_TOO_LARGE'
  return new AjpError(code, error.message)
}

function writeRequest(writer: PacketWriter, request: RequestToForward, options: ForwardOptions): void {
  const { method, headers } = request
  const code = methodCode(method, options)
  checkUri(request.uri)
  writer.u8(MESSAGE.FORWARD_REQUEST)
  writer.u8(code)
  writer.string(request.protocol, TEXT)
  writer.text(request.uri, PATH)
  writer.string(request.remoteAddr, TEXT)
  writer.string(request.remoteHost, TEXT)
  writer.string(request.serverName, TEXT)
  writer.u16(request.serverPort)
  writer.u8(request.isSsl ? 1 : 0)
  if ('bytes' in headers) writer.bytes(headers.bytes)
  else writeRequestHeaders(writer, headers, options.maxHeaders)
  writeAttributes(writer, request.attributes, request.queryString, code === STORED_METHOD ? method : null)
  writer.u8(ATTRIBUTE.ARE_DONE)
}

/** STORED_METHOD for one without a code. */
export function methodCode(method: string, options: ForwardOptions): number {
  if (method === '') throw new AjpError('AJP_METHOD', 'empty')
  if (options.namesDeleteAndPropfind && (method === 'DELETE' || method === 'PROPFIND')) return STORED_METHOD
  return METHOD_CODES.get(method) ?? STORED_METHOD
}

export function writeAttributes(
  writer: PacketWriter,
  attributes: RequestAttributes,
  queryString: string | null,
  storedMethod: string | null,
): void {
  const { sslKeySize, named } = attributes
  writeText(writer, ATTRIBUTE.SECRET, attributes.secret)
  writeText(writer, ATTRIBUTE.CONTEXT, attributes.context)
  writeText(writer, ATTRIBUTE.SERVLET_PATH, attributes.servletPath)
  writeText(writer, ATTRIBUTE.REMOTE_USER, attributes.remoteUser)
  writeText(writer, ATTRIBUTE.AUTH_TYPE, attributes.authType)
  if (queryString !== null) {
    writer.u8(ATTRIBUTE.QUERY_STRING)
    writer.text(queryString, QUERY)
  }
  writeText(writer, ATTRIBUTE.JVM_ROUTE, attributes.jvmRoute)
  if (attributes.sslCert !== null) {
    writer.u8(ATTRIBUTE.SSL_CERT)
    writer.text(attributes.sslCert, PEM)
  }
  writeText(writer, ATTRIBUTE.SSL_CIPHER, attributes.sslCipher)
  writeText(writer, ATTRIBUTE.SSL_SESSION, attributes.sslSession)
  if (sslKeySize !== null) {
    writer.u8(ATTRIBUTE.SSL_KEY_SIZE)
    writer.u16(sslKeySize)
  }
  if (storedMethod !== null) {
    writer.u8(ATTRIBUTE.STORED_METHOD)
    writer.text(storedMethod, TOKEN)
  }
  if (named.length > 2 * MAX_NAMED_ATTRIBUTES) throw new AjpError('AJP_ATTRIBUTE', `${MAX_NAMED_ATTRIBUTES} allowed`)
  for (let i = 0; i < named.length; i += 2) {
    writer.u8(ATTRIBUTE.NAMED)
    writer.text(named[i]!, TEXT)
    writer.text(named[i + 1]!, TEXT)
  }
}

function writeText(writer: PacketWriter, code: number, text: string | null): void {
  if (text === null) return
  writer.u8(code)
  writer.text(text, TEXT)
}

/**
 * One FORWARD_REQUEST out of pieces that were encoded before (ajp13.md 10). Of a request only its method and target are
 * new: what is said of the client and the headers stays for as long as a client repeats them, what is said of the worker
 * for as long as its options do. The bytes are those of encode-forward-request.ts.
 *
 *   type, method, protocol, req_uri | client: fields 5 to 11 | secret | query | route | stored method | named | FF
 */
import { PATH, QUERY, TEXT, TOKEN } from './chars.ts'
import { ATTRIBUTE, MAGIC, MESSAGE, STORED_METHOD } from './constants.ts'
import { checkUri } from './decode-forward-request.ts'
import { type ForwardOptions, methodCode, tooLarge, writeAttributes } from './encode-forward-request.ts'
import { AjpError } from './errors.ts'
import { NO_ATTRIBUTES, type RequestAttributes, type RequestFacts } from './forward-request.ts'
import { writeRequestHeaders } from './header-section.ts'
import type { PacketWriter } from './packet-writer.ts'

export type ClientFactsToForward = Pick<
  RequestFacts,
  'remoteAddr' | 'remoteHost' | 'serverName' | 'serverPort' | 'isSsl'
>

/** Who asks whom, and the headers. Good for every worker, connection and packet size that has room for it. */
export interface ClientSection {
  /** remote_addr to the last header. */
  readonly bytes: Uint8Array
  readonly headerCount: number
  /** The content-length, or UNKNOWN_LENGTH: whether a first body packet is owed. */
  readonly bodyLength: number
  /** Attributes with names of their own, encoded. */
  readonly named: Uint8Array
}

/** What goes with every request to one worker. Each is a run of attributes, or empty. */
export interface WorkerSection {
  readonly secret: Uint8Array
  readonly route: Uint8Array
  readonly named: Uint8Array
}

/** What is new in every request. */
export type RequestToAssemble = Pick<RequestFacts, 'method' | 'protocol' | 'uri' | 'queryString'>

/** More headers than fit into the largest packet: whoever assembles has the limit that counts. */
const NO_LIMIT = 0xffff

/**
 * Its bytes lie in `writer` and are good until that is used again: most heads that are new come only once, and memory of
 * their own costs as much as encoding them. {@link keepClientSection} is for those that come again.
 *
 * @param headers name, value, name, value; hop-by-hop ones are the caller's to leave out
 * @param named from {@link encodeAttributes}
 */
export function encodeClientSection(
  writer: PacketWriter,
  facts: ClientFactsToForward,
  headers: readonly string[],
  named: Uint8Array,
): ClientSection {
  writer.open(MAGIC.REQUEST)
  writer.string(facts.remoteAddr, TEXT)
  writer.string(facts.remoteHost, TEXT)
  writer.string(facts.serverName, TEXT)
  writer.u16(facts.serverPort)
  writer.u8(facts.isSsl ? 1 : 0)
  const { bodyLength } = writeRequestHeaders(writer, headers, NO_LIMIT)
  return { bytes: writer.viewPayload(), headerCount: headers.length >> 1, bodyLength, named }
}

export function keepClientSection(section: ClientSection): ClientSection {
  const bytes = Buffer.allocUnsafeSlow(section.bytes.length)
  bytes.set(section.bytes)
  return { ...section, bytes }
}

/** These attributes alone, in their order. */
export function encodeAttributes(writer: PacketWriter, attributes: Partial<RequestAttributes>): Uint8Array {
  writer.open(MAGIC.REQUEST)
  writeAttributes(writer, { ...NO_ATTRIBUTES, ...attributes }, null, null)
  return writer.copyPayload()
}

/** As `encodeForwardRequest`: appends the packet to `writer`, or throws an AjpError and leaves it as it was. */
export function assembleForwardRequest(
  writer: PacketWriter,
  request: RequestToAssemble,
  client: ClientSection,
  worker: WorkerSection,
  options: ForwardOptions,
): void {
  const { headerCount } = client
  if (headerCount > options.maxHeaders)
    throw new AjpError('AJP_TOO_MANY_HEADERS', `${headerCount}, ${options.maxHeaders} allowed`)
  try {
    writer.open(MAGIC.REQUEST)
    write(writer, request, client, worker, methodCode(request.method, options))
    writer.close()
  } catch (error) {
    throw error instanceof AjpError && error.code === 'AJP_PACKET_TOO_LARGE' ? tooLarge(writer, request, error) : error
  }
}

function write(
  writer: PacketWriter,
  { method, protocol, uri, queryString }: RequestToAssemble,
  client: ClientSection,
  worker: WorkerSection,
  code: number,
): void {
  checkUri(uri)
  writer.u8(MESSAGE.FORWARD_REQUEST)
  writer.u8(code)
  writer.string(protocol, TEXT)
  writer.text(uri, PATH)
  writer.bytes(client.bytes)
  writer.bytes(worker.secret)
  if (queryString !== null) {
    writer.u8(ATTRIBUTE.QUERY_STRING)
    writer.text(queryString, QUERY)
  }
  writer.bytes(worker.route)
  if (code === STORED_METHOD) {
    writer.u8(ATTRIBUTE.STORED_METHOD)
    writer.text(method, TOKEN)
  }
  writer.bytes(client.named)
  writer.bytes(worker.named)
  writer.u8(ATTRIBUTE.ARE_DONE)
}

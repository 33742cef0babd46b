/**
 * Which fields travel on (RFC 9110 7.6.1), and what a proxy adds. Every head is written anew from parsed fields;
 * nothing that arrived is passed on unread.
 */
import { FIELD, type FieldId, type Fields, type RequestFields, type ResponseHead } from '../http1/index.ts'
import { clientAttributes } from './ajp-request.ts'
import type { AnswerHead, ClientFacts } from './exchange.ts'

/** Fields that end here: those of the connection, and those that are written anew. */
const OWN_REQUEST_FIELDS: ReadonlySet<FieldId> = new Set<FieldId>([
  FIELD.HOST,
  FIELD.CONNECTION,
  FIELD.CONTENT_LENGTH,
  FIELD.TRANSFER_ENCODING,
  FIELD.UPGRADE,
  FIELD.KEEP_ALIVE,
  FIELD.PROXY_CONNECTION,
  FIELD.TE,
  FIELD.HTTP2_SETTINGS,
  FIELD.FORWARDED,
  FIELD.X_FORWARDED_FOR,
  FIELD.X_FORWARDED_PROTO,
  FIELD.X_FORWARDED_HOST,
  FIELD.X_FORWARDED_PORT,
])

const OWN_RESPONSE_FIELDS: ReadonlySet<FieldId> = new Set<FieldId>([
  FIELD.CONNECTION,
  FIELD.CONTENT_LENGTH,
  FIELD.TRANSFER_ENCODING,
  FIELD.UPGRADE,
  FIELD.KEEP_ALIVE,
  FIELD.PROXY_CONNECTION,
])

/** Trailer fields that would change the message after the fact (RFC 9110 6.5.1) or its path. */
const FORBIDDEN_TRAILERS =
  /^(?:host|connection|content-.*|transfer-encoding|trailer|te|upgrade|keep-alive|expect|range|if-.*|authorization|proxy-.*|set-cookie|cookie|forwarded|x-forwarded-.*|cache-control|max-forwards|www-authenticate|age|date|expires|location|retry-after|vary|warning)$/i

/** `connectionOptions` are the fields that Connection lists; they end here too. */
function isDropped(
  id: FieldId,
  name: string,
  own: ReadonlySet<FieldId>,
  connectionOptions: readonly string[],
): boolean {
  if (id !== FIELD.OTHER && own.has(id)) return true
  return connectionOptions.length > 0 && connectionOptions.includes(name.toLowerCase())
}

/**
 * The lines of the fields that travel on. Neighbours that stand in the parsed text as we would write them are copied in
 * one piece; the others are written anew. (A head with six fields takes 1 µs less than written line by line.)
 */
function endToEndLines(
  fields: Fields & { readonly text: string; readonly connectionOptions: readonly string[] },
  own: ReadonlySet<FieldId>,
): string {
  const { names, values, ids, lines, text, connectionOptions } = fields
  let out = ''
  let runStart = -1
  let runEnd = -1
  for (let i = 0; i < ids.length; i++) {
    const name = names[i]!
    const isCopied = lines[i] !== -1 && !isDropped(ids[i]!, name, own, connectionOptions)
    if (isCopied) {
      if (runStart === -1) runStart = lines[i]!
      runEnd = lines[i]! + name.length + values[i]!.length + 4
      continue
    }
    if (runStart !== -1) {
      out += text.slice(runStart, runEnd)
      runStart = -1
    }
    if (lines[i] === -1 && !isDropped(ids[i]!, name, own, connectionOptions)) out += `${name}: ${values[i]!}\r\n`
  }
  return runStart === -1 ? out : out + text.slice(runStart, runEnd)
}

/**
 * The fields of a request as the backend gets them, each with its CRLF: Host first, the end-to-end fields in their
 * order, then the forwarding fields and the body's framing.
 */
export function requestFields(fields: RequestFields, host: string, forwarding: Forwarding): string {
  // Joined, not added up: a string made by `+` is a tree that every write of a repeated head would walk again.
  return [
    `Host: ${host}\r\n`,
    endToEndLines(fields, OWN_REQUEST_FIELDS),
    forwarding.fields(fields, host),
    framingLine(fields),
  ].join('')
}

function framingLine({ bodyLength, ids }: RequestFields): string {
  if (bodyLength === -1) return 'Transfer-Encoding: chunked\r\n'
  return bodyLength > 0 || ids.includes(FIELD.CONTENT_LENGTH) ? `Content-Length: ${bodyLength}\r\n` : ''
}

/**
 * X-Forwarded-For/-Proto/-Host/-Port and Forwarded (RFC 7239) for the requests of one client connection. What a trusted
 * proxy said is kept and continued; what anyone else said is gone, so that for them only the host can differ from one
 * request to the next.
 */
export class Forwarding {
  readonly client: ClientFacts
  /** What the client says of those before it is believed. */
  readonly isTrusted: boolean
  #host = ''
  #text = ''
  #ajpAttributes: Uint8Array | undefined

  constructor(client: ClientFacts, isTrusted: boolean) {
    this.client = client
    this.isTrusted = isTrusted
  }

  /** The lines to add to a request for `host` that came with these fields. */
  fields(fields: Fields, host: string): string {
    if (this.isTrusted) return forwardingFields((id) => joinedValues(fields, id), host, this.client)
    if (host !== this.#host) {
      this.#host = host
      this.#text = forwardingFields(saidNothing, host, this.client)
    }
    return this.#text
  }

  /** The same for AJP backends. */
  get ajpAttributes(): Uint8Array {
    this.#ajpAttributes ??= clientAttributes(this.client)
    return this.#ajpAttributes
  }

  /** Lets go of what only makes the next request cheaper. */
  forget(): void {
    this.#host = ''
    this.#text = ''
    this.#ajpAttributes = undefined
  }
}

const saidNothing = (): string => ''

function forwardingFields(said: (id: FieldId) => string, host: string, client: ClientFacts): string {
  const forwardedFor = said(FIELD.X_FORWARDED_FOR)
  const forwarded = said(FIELD.FORWARDED)
  const proto = client.encrypted ? 'https' : 'http'
  const node = client.address.includes(':') ? `"[${client.address}]"` : client.address
  const hop = `for=${node};host=${quotedIfNeeded(host)};proto=${proto}`
  return [
    `X-Forwarded-For: ${forwardedFor === '' ? client.address : `${forwardedFor}, ${client.address}`}`,
    `X-Forwarded-Proto: ${said(FIELD.X_FORWARDED_PROTO) || proto}`,
    `X-Forwarded-Host: ${said(FIELD.X_FORWARDED_HOST) || host}`,
    `X-Forwarded-Port: ${said(FIELD.X_FORWARDED_PORT) || client.localPort}`,
    `Forwarded: ${forwarded === '' ? hop : `${forwarded}, ${hop}`}\r\n`,
  ].join('\r\n')
}

function joinedValues(fields: Fields, id: FieldId): string {
  return fields.values.filter((_, i) => fields.ids[i] === id).join(', ')
}

/** A token stands as it is; a host with a port holds a colon and needs quotes (RFC 7239 4). */
function quotedIfNeeded(host: string): string {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(host) ? host : `"${host}"`
}

/** A backend's head as the client gets it, framing apart. `carriesBody` is false for HEAD, 204 and 304. */
export function answerHead(head: ResponseHead, carriesBody: boolean): AnswerHead {
  const lines = [`HTTP/1.1 ${head.status} ${head.reason}\r\n`, endToEndLines(head, OWN_RESPONSE_FIELDS)]
  const framing = !carriesBody ? 'none' : head.framing === 'length' ? 'length' : 'unknown'
  // Without a body the length still tells what a GET would have brought; a 204 has none to tell (RFC 9110 8.6).
  if (framing === 'none' && head.bodyLength >= 0 && head.status !== 204)
    lines.push(`Content-Length: ${head.bodyLength}\r\n`)
  return { status: head.status, text: lines.join(''), framing, length: framing === 'length' ? head.bodyLength : -1 }
}

/** An interim response for the client. */
export function informationalText(head: ResponseHead): string {
  return `${answerHead(head, false).text}\r\n`
}

/** The end of a chunked body with the trailers that may pass. */
export function lastChunk(trailers: Fields | undefined): string {
  let text = '0\r\n'
  if (trailers !== undefined) {
    for (let i = 0; i < trailers.names.length; i++) {
      if (!FORBIDDEN_TRAILERS.test(trailers.names[i]!)) text += `${trailers.names[i]!}: ${trailers.values[i]!}\r\n`
    }
  }
  return `${text}\r\n`
}

/**
 * Which fields travel on (RFC 9110 7.6.1), and what a proxy adds. Every head is written anew from parsed fields;
 * nothing that arrived is passed on unread.
 */
import { FIELD, type FieldId, type Fields, type RequestFields, type ResponseHead } from '../http1/index.ts'
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

/** `names` are the fields that Connection lists; they end here too, but never those that frame or route. */
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
 * The fields of a request as the backend gets them, each with its CRLF: Host first, the end-to-end fields in their
 * order, then the forwarding fields and the body's framing.
 */
export function requestFields(fields: RequestFields, host: string, client: ClientFacts, isTrusted: boolean): string {
  // Joined, not added up: a string made by `+` is a tree that every write would walk again.
  const lines = [`Host: ${host}\r\n`]
  for (let i = 0; i < fields.ids.length; i++) {
    const name = fields.names[i]!
    if (isDropped(fields.ids[i]!, name, OWN_REQUEST_FIELDS, fields.connectionOptions)) continue
    lines.push(name, ': ', fields.values[i]!, '\r\n')
  }
  lines.push(forwardingFields(fields, host, client, isTrusted))
  if (fields.bodyLength === -1) lines.push('Transfer-Encoding: chunked\r\n')
  else if (fields.bodyLength > 0 || fields.ids.includes(FIELD.CONTENT_LENGTH)) {
    lines.push(`Content-Length: ${fields.bodyLength}\r\n`)
  }
  return lines.join('')
}

/**
 * X-Forwarded-For/-Proto/-Host/-Port and Forwarded (RFC 7239). What a trusted proxy said is kept and continued; what
 * anyone else said is gone.
 */
function forwardingFields(fields: Fields, host: string, client: ClientFacts, isTrusted: boolean): string {
  const said = (id: FieldId): string => (isTrusted ? joinedValues(fields, id) : '')
  const forwardedFor = said(FIELD.X_FORWARDED_FOR)
  const forwarded = said(FIELD.FORWARDED)
  const proto = client.encrypted ? 'https' : 'http'
  const node = client.address.includes(':') ? `"[${client.address}]"` : client.address
  const hop = `for=${node};host=${quotedIfNeeded(host)};proto=${proto}`
  return (
    `X-Forwarded-For: ${forwardedFor === '' ? client.address : `${forwardedFor}, ${client.address}`}\r\n` +
    `X-Forwarded-Proto: ${said(FIELD.X_FORWARDED_PROTO) || proto}\r\n` +
    `X-Forwarded-Host: ${said(FIELD.X_FORWARDED_HOST) || host}\r\n` +
    `X-Forwarded-Port: ${said(FIELD.X_FORWARDED_PORT) || client.localPort}\r\n` +
    `Forwarded: ${forwarded === '' ? hop : `${forwarded}, ${hop}`}\r\n`
  )
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
  const lines = [`HTTP/1.1 ${head.status} ${head.reason}\r\n`]
  for (let i = 0; i < head.ids.length; i++) {
    const name = head.names[i]!
    if (isDropped(head.ids[i]!, name, OWN_RESPONSE_FIELDS, head.connectionOptions)) continue
    lines.push(name, ': ', head.values[i]!, '\r\n')
  }
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

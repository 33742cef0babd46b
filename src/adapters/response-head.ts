/** What is done to the head of a response, with the ways in which Node lets an application write one. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { types } from 'node:util'

/**
 * Adds a cookie to those that the response has, and returns what `writeHead` is to be given in place of `headers`. Cookies
 * in `headers` replace those set before, which is Node's rule; ours comes on top of what remains.
 */
export function addCookie(response: ServerResponse, headers: unknown, cookie: string): unknown {
  if (Array.isArray(headers)) return addToList(response, headers, cookie)
  if (typeof headers === 'object' && headers !== null) {
    const own = headers as OutgoingHttpHeaders
    const name = Object.keys(own).find(isSetCookie)
    if (name !== undefined) return { ...own, [name]: [own[name] ?? [], cookie].flat().map(String) }
  }
  response.appendHeader('Set-Cookie', cookie)
  return headers
}

/** Names and values by turns. Node keeps doubled names only while no header was set before, so we must not set one. */
function addToList(response: ServerResponse, headers: readonly unknown[], cookie: string): unknown {
  const cookies: unknown[] = []
  const others: unknown[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (isSetCookie(String(headers[i]))) cookies.push(headers[i + 1])
    else others.push(headers[i], headers[i + 1])
  }
  if (cookies.length === 0 && response.getHeaderNames().length > 0) {
    response.appendHeader('Set-Cookie', cookie)
    return headers
  }
  return [...others, 'Set-Cookie', [...cookies.flat().map(String), cookie]]
}

function isSetCookie(name: string): boolean {
  return name.toLowerCase() === 'set-cookie'
}

/**
 * Makes the head of a response that is held final, so that code which looks whether the response has begun sees that it
 * has. Nothing is sent yet. The length is what Node itself would have found at the end.
 */
export function settleHead(
  request: Pick<IncomingMessage, 'method'>,
  response: ServerResponse,
  chunk: unknown,
  encoding: unknown,
): void {
  if (response.headersSent) return
  const { statusCode } = response
  const hasBody = request.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304
  if (hasBody && !response.hasHeader('content-length') && !response.hasHeader('transfer-encoding')) {
    response.setHeader('Content-Length', lengthOf(chunk, encoding))
  }
  response.writeHead(statusCode)
}

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  }
  return types.isUint8Array(chunk) ? chunk.length : 0
}

/** What `end` takes in the place of its chunk, a callback and nothing included; else it throws. */
export function isBody(chunk: unknown): boolean {
  return !chunk || typeof chunk === 'string' || typeof chunk === 'function' || types.isUint8Array(chunk)
}

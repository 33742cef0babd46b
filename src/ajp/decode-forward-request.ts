/**
 * One FORWARD_REQUEST payload -> values, or the reason why not (ajp13.md 2, 6.4, 7.4).
 *
 *   02 | method: byte | protocol, req_uri, remote_addr, remote_host, server_name: string | server_port: integer |
 *   is_ssl: boolean | num_headers: integer | num_headers × (name: code or string, value: string) |
 *   attributes: (code: byte, value)* | FF
 *
 * Stricter than Tomcat in what [R] paragraphs of the specification ask for: nothing may follow the terminator, and
 * unassigned codes, null names and values, and characters that split messages elsewhere are refused.
 */
import { PATH, PEM, QUERY, TEXT, TOKEN } from './chars.ts'
import { ATTRIBUTE, DEFAULT_MAX_HEADERS, MAX_NAMED_ATTRIBUTES, MESSAGE, METHODS, STORED_METHOD } from './constants.ts'
import { AjpError } from './errors.ts'
import type { ForwardRequest, RequestAttributes } from './forward-request.ts'
import { Framing } from './framing.ts'
import { requestHeaderCodes } from './header-codes.ts'
import type { HeaderMemory, HeadersRead } from './header-memory.ts'
import { PayloadReader } from './payload-reader.ts'
import { readHeaders } from './read-headers.ts'

/**
 * @param maxHeaders one more is AJP_TOO_MANY_HEADERS
 * @param memory of the connection: headers that repeat those of the request before are not read again, and the array of
 * the result is then the same one
 */
export function decodeForwardRequest(
  payload: Buffer,
  maxHeaders: number = DEFAULT_MAX_HEADERS,
  memory?: HeaderMemory,
): ForwardRequest {
  const reader = new PayloadReader(payload)
  if (reader.u8() !== MESSAGE.FORWARD_REQUEST) throw new AjpError('AJP_TYPE', 'no FORWARD_REQUEST')
  const methodCode = reader.u8()
  const protocol = reader.string(TEXT)
  const uri = reader.text(PATH)
  checkUri(uri)
  const remoteAddr = reader.string(TEXT)
  const remoteHost = reader.string(TEXT)
  const serverName = reader.string(TEXT)
  const serverPort = reader.u16()
  const isSsl = reader.u8() !== 0
  const { headers, bodyLength, isChunked } = recallHeaders(reader, payload, maxHeaders, memory)
  const tail = readTail(reader)
  reader.end()
  return {
    method: methodCode === STORED_METHOD ? storedMethod(tail.stored) : codedMethod(methodCode),
    protocol,
    uri,
    queryString: tail.queryString,
    remoteAddr,
    remoteHost,
    serverName,
    serverPort,
    isSsl,
    headers,
    bodyLength,
    isChunked,
    attributes: tail.attributes,
  }
}

/** A path or `*`. Tomcat also takes the absolute form, which nobody sends. */
export function checkUri(uri: string): void {
  if (uri.charCodeAt(0) !== 0x2f && uri !== '*') throw new AjpError('AJP_TARGET', uri.slice(0, 40))
}

function codedMethod(code: number): string {
  const method = METHODS[code]
  if (method === undefined || method === '') throw new AjpError('AJP_METHOD', `code ${code}`)
  return method
}

/** The attribute counts only where the code says so: else there were two methods to choose from. */
function storedMethod(name: string | null): string {
  if (name === null || name === '') throw new AjpError('AJP_METHOD', 'no stored method')
  return name
}

function recallHeaders(
  reader: PayloadReader,
  payload: Buffer,
  maxHeaders: number,
  memory: HeaderMemory | undefined,
): HeadersRead {
  if (memory === undefined) return readRequestHeaders(reader, maxHeaders)
  const start = reader.offset
  const known = memory.recall(payload, start)
  if (known !== undefined) {
    reader.skip(memory.bytes)
    return known
  }
  const read = readRequestHeaders(reader, maxHeaders)
  memory.remember(payload, start, reader.offset, read)
  return read
}

function readRequestHeaders(reader: PayloadReader, maxHeaders: number): HeadersRead {
  const framing = new Framing()
  const count = reader.u16()
  if (count > maxHeaders) throw new AjpError('AJP_TOO_MANY_HEADERS', `${count}, ${maxHeaders} allowed`)
  const headers = readHeaders(reader, count, requestHeaderCodes, framing)
  framing.end()
  return { headers, bodyLength: framing.bodyLength, isChunked: framing.isChunked }
}

interface Tail {
  readonly queryString: string | null
  readonly stored: string | null
  readonly attributes: RequestAttributes
}

/** Everything behind the headers, the terminator included. */
function readTail(reader: PayloadReader): Tail {
  let queryString: string | null = null
  let stored: string | null = null
  let context: string | null = null
  let servletPath: string | null = null
  let remoteUser: string | null = null
  let authType: string | null = null
  let jvmRoute: string | null = null
  let sslCert: string | null = null
  let sslCipher: string | null = null
  let sslSession: string | null = null
  let sslKeySize: number | null = null
  let secret: string | null = null
  let secrets = 0
  let named: string[] = []
  for (let code = reader.u8(); code !== ATTRIBUTE.ARE_DONE; code = reader.u8()) {
    switch (code) {
      case ATTRIBUTE.CONTEXT:
        context = reader.string(TEXT)
        break
      case ATTRIBUTE.SERVLET_PATH:
        servletPath = reader.string(TEXT)
        break
      case ATTRIBUTE.REMOTE_USER:
        remoteUser = reader.string(TEXT)
        break
      case ATTRIBUTE.AUTH_TYPE:
        authType = reader.string(TEXT)
        break
      case ATTRIBUTE.QUERY_STRING:
        queryString = reader.string(QUERY)
        break
      case ATTRIBUTE.JVM_ROUTE:
        jvmRoute = reader.string(TEXT)
        break
      case ATTRIBUTE.SSL_CERT:
        sslCert = reader.string(PEM)
        break
      case ATTRIBUTE.SSL_CIPHER:
        sslCipher = reader.string(TEXT)
        break
      case ATTRIBUTE.SSL_SESSION:
        sslSession = reader.string(TEXT)
        break
      case ATTRIBUTE.NAMED:
        named = withNamed(named, reader)
        break
      case ATTRIBUTE.SSL_KEY_SIZE:
        sslKeySize = reader.u16()
        break
      case ATTRIBUTE.SECRET: {
        const value = reader.string(TEXT)
        secret = ++secrets === 1 || value === secret ? value : null
        break
      }
      case ATTRIBUTE.STORED_METHOD:
        stored = reader.string(TOKEN)
        break
      default:
        // What length its value has nobody can tell (Tomcat goes on with the next byte).
        throw reader.fail('AJP_ATTRIBUTE', `code ${code}`)
    }
  }
  return {
    queryString,
    stored,
    attributes: {
      context,
      servletPath,
      remoteUser,
      authType,
      jvmRoute,
      sslCert,
      sslCipher,
      sslSession,
      sslKeySize,
      secret,
      named,
    },
  }
}

/** A null value takes the attribute away (ajp13.md 2.5). */
function withNamed(named: string[], reader: PayloadReader): string[] {
  const name = reader.string(TEXT)
  if (name === null) throw reader.fail('AJP_ATTRIBUTE', 'without a name')
  const value = reader.string(TEXT)
  if (value !== null) {
    if (named.length === 2 * MAX_NAMED_ATTRIBUTES) throw reader.fail('AJP_ATTRIBUTE', `${MAX_NAMED_ATTRIBUTES} allowed`)
    named.push(name, value)
    return named
  }
  return named.filter((_, i) => named[i - (i % 2)] !== name)
}

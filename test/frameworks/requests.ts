/** Requests as data, and as the bytes that go over the wire. */

export interface Request {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  /** In order; names as they are sent. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** A list goes as chunks; trailers may follow. */
  readonly body: Buffer | readonly Buffer[] | undefined
  readonly trailers: readonly (readonly [name: string, value: string])[]
}

export type Parts = Partial<Omit<Request, 'method' | 'target' | 'fields' | 'body'>> & {
  readonly fields?: Readonly<Record<string, string>> | Request['fields']
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[]
}

/** The authority that every request asks for: no address of any listener, so that none can be mistaken for it. */
export const AUTHORITY = 'app.example:8080'

export function request(method: string, target: string, parts: Parts = {}): Request {
  const { fields = [], body, version = '1.1', trailers = [] } = parts
  return {
    method,
    target,
    version,
    fields: Array.isArray(fields) ? fields : Object.entries(fields),
    body: body === undefined ? undefined : isList(body) ? body.map(bytes) : bytes(body),
    trailers,
  }
}

export const get = (target: string, fields?: Parts['fields']): Request =>
  request('GET', target, fields === undefined ? {} : { fields })

export function post(target: string, type: string, body: NonNullable<Parts['body']>, fields: object = {}): Request {
  return request('POST', target, { fields: { 'Content-Type': type, ...fields }, body })
}

/** The head; `name` is what the journal calls this request. */
export function headOf({ method, target, version, fields, body, trailers }: Request, name: string): string {
  const lines = [`${method} ${target} HTTP/${version}`]
  if (!fields.some(([name]) => name.toLowerCase() === 'host')) lines.push(`Host: ${AUTHORITY}`)
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  lines.push(`X-Play: ${name}`)
  if (isList(body)) lines.push('Transfer-Encoding: chunked')
  else if (body !== undefined) lines.push(`Content-Length: ${body.length}`)
  if (trailers.length > 0) lines.push(`Trailer: ${trailers.map(([name]) => name).join(', ')}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

export function bodyOf({ body, trailers }: Request): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if (!isList(body)) return body
  const chunks = body.map(chunk)
  const end = `0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([...chunks, Buffer.from(end, 'latin1')])
}

export function chunk(data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
}

function bytes(data: string | Uint8Array): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)
}

function isList<T>(body: T | readonly T[] | undefined): body is readonly T[] {
  return Array.isArray(body)
}

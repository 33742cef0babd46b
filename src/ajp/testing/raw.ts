/** Builds packets byte by byte, right or wrong, without the code under test. */

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
export const u16 = (value: number): Buffer => Buffer.of(value >>> 8, value & 0xff)
/** An AJP string; one byte per character. */
export const str = (text: string): Buffer =>
  Buffer.concat([u16(text.length), Buffer.from(text, 'latin1'), Buffer.of(0)])
export const NULL = hex('FF FF')

export const toContainer = (payload: Buffer): Buffer => Buffer.concat([hex('12 34'), u16(payload.length), payload])
export const toWebServer = (payload: Buffer): Buffer => Buffer.concat([hex('41 42'), u16(payload.length), payload])

export interface RawRequest {
  readonly type?: Buffer
  readonly method?: Buffer
  readonly protocol?: Buffer
  readonly uri?: Buffer
  readonly remoteAddr?: Buffer
  readonly remoteHost?: Buffer
  readonly serverName?: Buffer
  readonly serverPort?: Buffer
  readonly isSsl?: Buffer
  /** Default: the number of `headers`. */
  readonly count?: Buffer
  /** Name and value each. */
  readonly headers?: readonly Buffer[]
  readonly attributes?: readonly Buffer[]
  readonly terminator?: Buffer
}

/** The payload of a FORWARD_REQUEST: `GET /` without headers, but for what is given. */
export function rawRequest(parts: RawRequest = {}): Buffer {
  const headers = parts.headers ?? []
  return Buffer.concat([
    parts.type ?? hex('02'),
    parts.method ?? hex('02'),
    parts.protocol ?? str('HTTP/1.1'),
    parts.uri ?? str('/'),
    parts.remoteAddr ?? str('203.0.113.7'),
    parts.remoteHost ?? NULL,
    parts.serverName ?? str('www.example.com'),
    parts.serverPort ?? u16(80),
    parts.isSsl ?? hex('00'),
    parts.count ?? u16(headers.length),
    ...headers,
    ...(parts.attributes ?? []),
    parts.terminator ?? hex('FF'),
  ])
}

export const header = (name: string, value: string): Buffer => Buffer.concat([str(name), str(value)])
/** @param code its low byte */
export const coded = (code: number, value: string): Buffer => Buffer.concat([Buffer.of(0xa0, code), str(value)])
export const attribute = (code: number, ...values: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.of(code), ...values])

/** The payload of a SEND_HEADERS. */
export function rawHead(status: number, message: Buffer, headers: readonly Buffer[], count = headers.length): Buffer {
  return Buffer.concat([hex('04'), u16(status), message, u16(count), ...headers])
}

/** What a container sends, right or wrong, without the encoder under test. */
import { coded, header, hex, rawHead, str, toWebServer, u16 } from '../../ajp/testing/raw.ts'

export { coded, header, hex, NULL, rawHead, str, toContainer, toWebServer, u16 } from '../../ajp/testing/raw.ts'

/** SEND_HEADERS; fields as name, value, name, value. The message is the status, as Tomcat has it. */
export function head(status = 200, ...fields: readonly string[]): Buffer {
  const pairs: Buffer[] = []
  for (let i = 0; i < fields.length; i += 2) pairs.push(header(fields[i]!, fields[i + 1]!))
  return toWebServer(rawHead(status, str(String(status)), pairs))
}

/** SEND_HEADERS with a coded Content-Length. */
export const headOfLength = (length: number, status = 200): Buffer =>
  toWebServer(rawHead(status, str(String(status)), [coded(3, String(length))]))

export function chunk(data: string | Buffer): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return toWebServer(Buffer.concat([hex('03'), u16(bytes.length), bytes, hex('00')]))
}

export const FLUSH = hex('4142 0004 03 0000 00')
export const END = hex('4142 0002 05 01')
export const END_AND_CLOSE = hex('4142 0002 05 00')
export const CPONG = hex('4142 0001 09')
export const CPING = hex('0a')
export const getBody = (bytes = 8_186): Buffer => toWebServer(Buffer.concat([hex('06'), u16(bytes)]))

/** A small answer, whole. */
export const answer = (body = 'ok'): Buffer => Buffer.concat([headOfLength(body.length), chunk(body), END])

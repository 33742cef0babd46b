/** The same question as in `oracle.ts` to our own codec, put together without sockets. */
import {
  ChunkedDecoder,
  checkAuthority,
  Http1Error,
  parseRequestFields,
  parseRequestLine,
} from '../../src/http1/index.ts'
import type { FoundRequest, Opinion } from './oracle.ts'

const LIMITS = { headBytes: 200_000, headerCount: 2_000, targetBytes: 200_000 }

export function readOurs(text: string): Opinion {
  const bytes = Buffer.from(text, 'latin1')
  const requests: FoundRequest[] = []
  let at = 0
  try {
    for (;;) {
      while (text.startsWith('\r\n', at)) at += 2
      const end = text.indexOf('\r\n\r\n', at)
      if (end === -1) return { requests, error: undefined }
      const lineEnd = text.indexOf('\r\n', at)
      const line = parseRequestLine(text, at, lineEnd, LIMITS)
      const fields = parseRequestFields(text.slice(lineEnd + 2, end + 2), line.minor, LIMITS)
      checkAuthority(line, fields)
      at = end + 4
      let body: string
      if (fields.bodyLength >= 0) {
        if (text.length < at + fields.bodyLength) return { requests, error: undefined }
        body = text.slice(at, at + fields.bodyLength)
        at += fields.bodyLength
      } else {
        const decoder = new ChunkedDecoder(LIMITS.headBytes, LIMITS.headerCount)
        at = decoder.read(bytes, at, bytes.length)
        if (!decoder.done) return { requests, error: undefined }
        body = bytes.toString('latin1', decoder.dataStart, decoder.dataEnd)
      }
      requests.push({ method: line.method, target: line.target, body })
      if (fields.hasClose || (line.minor === 0 && !fields.hasKeepAlive)) return { requests, error: undefined }
    }
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error
    return { requests, error: error.code }
  }
}

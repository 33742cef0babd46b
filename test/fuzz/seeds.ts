/** What the fuzzers begin with: messages of our own, and the corpus where it is there. */
import { type RequestVector, type ResponseVector, readVectors } from '../kit/vectors.ts'

/** Longer vectors are about limits, which tests of their own meet; here they would only slow down. */
const MAX_SEED_BYTES = 2_000

const OWN_REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /a/b?c=d HTTP/1.1\r\nHost: a:80\r\nUser-Agent: x\r\nAccept: */*\r\nCookie: a=b; c=d\r\nConnection: keep-alive\r\n\r\n',
  'GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x="y"\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
  'PUT /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nConnection: close, X\r\nX: 1\r\nTE: trailers\r\nContent-Length: 1\r\n\r\nz',
]

const OWN_RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\nX: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
]

/** Good seeds are picked this much more often: what is wrong twice is refused for the first of it. */
const GOOD_WEIGHT = 20

export function requestSeeds(): string[] {
  return weighted(OWN_REQUESTS, readVectors<RequestVector>('h1.jsonl'))
}

export function responseSeeds(): string[] {
  return weighted(OWN_RESPONSES, readVectors<ResponseVector>('responses.jsonl'))
}

function weighted(own: readonly string[], vectors: readonly (RequestVector | ResponseVector)[]): string[] {
  const short = vectors.filter(({ raw }) => raw.length <= MAX_SEED_BYTES)
  const good = short.filter(({ expected }) => expected === 'accept').map(({ raw }) => raw)
  const others = short.filter(({ expected }) => expected !== 'accept').map(({ raw }) => raw)
  return [...Array.from({ length: GOOD_WEIGHT }, () => [...own, ...good]).flat(), ...others]
}

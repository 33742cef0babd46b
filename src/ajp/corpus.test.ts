/** Verdicts on the hostile packets of the corpus, as far as the codec alone decides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suite } from '../../test/kit/suite.ts'
import { decodeBody } from './body.ts'
import { MAGIC, MESSAGE, MIN_PACKET_BYTES, STANDARD_NAMES } from './constants.ts'
import { lengthLeft } from './content-length.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { AjpError, type AjpErrorCode } from './errors.ts'
import { requestMessage, responseMessage } from './message-type.ts'
import { PacketReader } from './packet-reader.ts'
import { bodyReceived, isPacketDue, type RequestState, requestBegins } from './request-state.ts'
import { decodeChunk, decodeEnd, decodeGetBody } from './response.ts'
import { type ResponsePhase, responseReceived } from './response-state.ts'
import { decodeSendHeaders } from './send-headers.ts'
import { corpus, corpusMissing } from './testing/corpus.ts'

const SECRET = 'RIGHT'

/** What a container makes of a stream: a line per request, and the code that ended it. */
function container(bytes: Buffer): string[] {
  const reader = new PacketReader(MAGIC.REQUEST, MIN_PACKET_BYTES)
  const log: string[] = []
  let body: RequestState = requestBegins({ method: 'GET', bodyLength: 0, isChunked: false })
  return until(log, () => {
    reader.push(bytes)
    for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
      if (isPacketDue(body)) {
        const data = decodeBody(payload)
        body = bodyReceived(body, data.length)
        log.push(`body ${data.length}`)
      } else if (requestMessage(payload) === MESSAGE.CPING) {
        log.push('cping')
      } else {
        const request = decodeForwardRequest(payload)
        body = requestBegins(request)
        const { secret, named } = request.attributes
        if (named.some((name, i) => i % 2 === 0 && !STANDARD_NAMES.has(name))) log.push('unknown attribute')
        else log.push(`${request.method} ${secret === SECRET ? 'authentic' : 'anonymous'}`)
      }
    }
    if (reader.buffered > 0) log.push('incomplete')
  })
}

/** What a web server makes of an answer to a GET. */
function webServer(bytes: Buffer): string[] {
  const reader = new PacketReader(MAGIC.RESPONSE, MIN_PACKET_BYTES)
  const log: string[] = []
  let phase: ResponsePhase = 'wait'
  let left = -1
  return until(log, () => {
    reader.push(bytes)
    for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
      const message = responseMessage(payload)
      const data = message === MESSAGE.SEND_BODY_CHUNK ? decodeChunk(payload) : undefined
      phase = responseReceived(phase, message, data?.length)
      if (message === MESSAGE.SEND_HEADERS) {
        const head = decodeSendHeaders(payload)
        left = head.bodyLength
        log.push(`status ${head.status}`)
      } else if (data !== undefined) {
        left = lengthLeft(left, data.length)
        log.push(`data ${data.length}`)
      } else if (message === MESSAGE.GET_BODY_CHUNK) {
        log.push(`asks ${decodeGetBody(payload, MIN_PACKET_BYTES)}`)
      } else if (message === MESSAGE.END_RESPONSE) {
        log.push(`end ${decodeEnd(payload) ? 'keep' : 'close'}${left > 0 ? ' short' : ''}`)
      }
    }
    if (phase !== 'idle') log.push('unfinished')
  })
}

function until(log: string[], run: () => void): string[] {
  try {
    run()
  } catch (error) {
    if (!(error instanceof AjpError)) throw error
    log.push(error.code)
  }
  return log
}

const ours: Readonly<Record<string, readonly (string | AjpErrorCode)[]>> = {
  get: ['GET anonymous'],
  cping: ['cping'],
  'bad-magic': ['AJP_MAGIC'],
  'len-over': ['AJP_PACKET_TOO_LARGE'],
  'len-short': ['AJP_SHORT'],
  'unknown-type': ['AJP_TYPE'],
  shutdown: ['AJP_TYPE'],
  'method-0': ['AJP_METHOD'],
  'string-nul-missing': ['AJP_STRING'],
  'headers-neg': ['AJP_TOO_MANY_HEADERS'],
  'header-code-bad': ['AJP_HEADER_CODE'],
  'header-crlf': ['AJP_CHARACTER'],
  'header-name-bad': ['AJP_CHARACTER'],
  'two-cl': ['AJP_CONTENT_LENGTH'],
  'cl-neg': ['AJP_CONTENT_LENGTH'],
  'te-header': ['POST anonymous'],
  'attr-unknown-code': ['AJP_ATTRIBUTE'],
  // From here to secret-null the owner of the connector decides; the codec gives what it decides by.
  'attr-ghostcat': ['unknown attribute'],
  'secret-missing': ['GET anonymous'],
  'secret-wrong': ['GET anonymous'],
  'secret-as-req-attr': ['unknown attribute'],
  'secret-null': ['GET anonymous'],
  'body-over-cl': ['POST anonymous', 'AJP_BODY_LONG'],
  'body-empty-early': ['POST anonymous', 'AJP_BODY_SHORT'],
  'uri-8k': ['GET anonymous'],
  'resp-bad-magic': ['AJP_MAGIC'],
  'resp-unknown': ['AJP_TYPE'],
  'resp-len-over': ['AJP_PACKET_TOO_LARGE'],
  'resp-headers-short': ['AJP_SHORT'],
  'resp-header-crlf': ['AJP_CHARACTER'],
  'resp-body-len-lies': ['AJP_CHUNK'],
  'resp-get-body-after-end': ['status 200', 'data 2', 'end keep', 'AJP_ORDER'],
  'resp-status-0': ['AJP_STATUS'],
  'resp-reuse-0': ['status 200', 'data 2', 'end close'],
  'resp-get': ['status 200', 'data 2', 'end keep'],
  'resp-end-no-headers': ['AJP_ORDER'],
  'resp-body-over-cl': ['status 200', 'AJP_BODY_LONG'],
  'resp-cut-in-body': ['status 200', 'data 2', 'unfinished'],
  'resp-header-code-bad': ['AJP_HEADER_CODE'],
}

suite('hostile packets', { skip: corpusMissing }, () => {
  const packets = corpus()
  for (const { name, side, raw_hex, why } of packets)
    test(`${name}: ${why}`, () => {
      const bytes = Buffer.from(raw_hex, 'hex')
      assert.deepEqual(side === 'connector' ? container(bytes) : webServer(bytes), ours[name])
    })

  test('what must be accepted is, and what must be refused is by the codec or by the facts it gives', () => {
    const facts = /^(AJP_|unknown attribute)|anonymous/
    for (const { name, expected } of packets) {
      const log = ours[name]!
      if (expected === 'accept') assert.ok(!log.some((line) => line.startsWith('AJP_')), name)
      if (expected === 'reject')
        assert.ok(
          log.some((line) => facts.test(line)),
          name,
        )
    }
  })
})

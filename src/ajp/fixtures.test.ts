/**
 * Every packet of the fixtures: decoded equal to what an independent decoder found, encoded again to the same bytes where
 * its writer had our form, and in the order that both state machines allow.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeBody, END_OF_BODY, encodeBody } from './body.ts'
import { MAGIC, MAX_PACKET_BYTES, MESSAGE, MIN_PACKET_BYTES } from './constants.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { encodeForwardRequest } from './encode-forward-request.ts'
import type { ForwardRequest } from './forward-request.ts'
import { NO_CODE, requestHeaderCodes, responseHeaderCodes } from './header-codes.ts'
import { requestMessage, responseMessage } from './message-type.ts'
import { PacketReader } from './packet-reader.ts'
import { PacketWriter } from './packet-writer.ts'
import { bodyAsked, bodyReceived, isPacketDue, type RequestState, requestBegins } from './request-state.ts'
import {
  CPING,
  CPONG,
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  END_AND_CLOSE,
  END_AND_KEEP,
  encodeChunk,
  FLUSH,
  getBodyPacket,
} from './response.ts'
import {
  type DuePackets,
  dueAfterAsking,
  dueAfterRequest,
  dueAfterSending,
  isReusable,
  type ResponsePhase,
  responseReceived,
} from './response-state.ts'
import { decodeSendHeaders, encodeSendHeaders } from './send-headers.ts'
import { bytewise, cut, cutAt } from './testing/chunkings.ts'
import { type ExpectedPacket, type FixturePacket, fixtures } from './testing/fixtures.ts'

const constructed = fixtures('')
const live = fixtures('live/')
const wellFormed = [...constructed.filter(({ name }) => !name.startsWith('m')), ...live]

/** What we refuse although a real server sent it: one packet each, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  'tc-26-odd-headers': 'AJP_CHARACTER',
  'tc-36-status-1xx': 'AJP_STATUS',
  'tc-37-crlf-headers': 'AJP_CHARACTER',
  'tc-40-negative-content-length': 'AJP_CONTENT_LENGTH',
}

/** Tomcat leaves these responses unfinished and takes the next request all the same (4.4). */
const UNFINISHED = /^tc-(08|09|29)/

test('all files are there: 32 constructed with 86 packets, 110 captured', () => {
  assert.deepEqual(
    [constructed.length, constructed.flatMap(({ packets }) => packets).length, live.length],
    [32, 86, 110],
  )
})

describe('decoded as the independent decoder did, and encoded to the same bytes', () => {
  for (const { name, packets } of wellFormed) {
    test(name, () => {
      let refusals = 0
      for (const packet of packets) {
        try {
          checkPacket(packet)
        } catch (error) {
          assert.equal((error as { code?: string }).code, REFUSED[name], `${packet.title}: ${error}`)
          refusals++
        }
      }
      assert.equal(refusals > 0, name in REFUSED, 'exactly the packets that must be refused are')
    })
  }
})

function checkPacket({ bytes, payload, expected, title }: FixturePacket): void {
  const writer = new PacketWriter()
  const same = (encoded: Buffer) => assert.deepEqual(encoded, bytes, title)
  switch (expected.type) {
    case 'FORWARD_REQUEST': {
      assert.equal(requestMessage(payload), MESSAGE.FORWARD_REQUEST)
      const request = decodeForwardRequest(payload)
      assert.deepEqual(comparable(request), comparableOf(expected))
      encodeForwardRequest(writer, request)
      if (isOurForm(payload, expected)) same(writer.view())
      else assert.deepEqual(lowerNames(decodeForwardRequest(writer.view().subarray(4))), lowerNames(request))
      break
    }
    case 'CPING':
      assert.equal(requestMessage(payload), MESSAGE.CPING)
      same(CPING)
      break
    case 'BODY': {
      const data = decodeBody(payload)
      checkData(data, expected.data)
      encodeBody(writer, data)
      if (data.length === 0) assert.ok([0, 2, 6].includes(payload.length), 'a known end of body')
      // Fixture 17 has the surplus of Tomcat's test client.
      else if (payload.length === data.length + 2) same(writer.view())
      break
    }
    case 'CPONG':
      assert.equal(responseMessage(payload), MESSAGE.CPONG)
      same(CPONG)
      break
    case 'SEND_HEADERS': {
      assert.equal(responseMessage(payload), MESSAGE.SEND_HEADERS)
      const head = decodeSendHeaders(payload)
      assert.deepEqual(
        { status: head.status, message: head.message, headers: pairs(head.headers) },
        { status: expected.status, message: expected.message, headers: expected.headers },
      )
      encodeSendHeaders(writer, { ...head, message: head.message! })
      const again = decodeSendHeaders(writer.view().subarray(4))
      // The scripted server of jk- and px- sends names as strings that have codes.
      if (hasCodedNamesOnly(payload, expected.headers, responseHeaderCodes)) same(writer.view())
      else assert.deepEqual({ ...again, headers: lower(again.headers) }, { ...head, headers: lower(head.headers) })
      break
    }
    case 'SEND_BODY_CHUNK': {
      const data = decodeChunk(payload)
      checkData(data, expected.data)
      encodeChunk(writer, data)
      same(data.length === 0 ? FLUSH : writer.view())
      break
    }
    case 'GET_BODY_CHUNK':
      assert.equal(decodeGetBody(payload, MAX_PACKET_BYTES), expected.requested)
      same(getBodyPacket(expected.requested + 6))
      break
    case 'END_RESPONSE':
      assert.equal(decodeEnd(payload), expected.reuse === 1)
      same(expected.reuse === 1 ? END_AND_KEEP : END_AND_CLOSE)
      break
    default:
      assert.fail(`${title} is of no known type`)
  }
}

const pairs = (flat: readonly string[]): string[][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => flat.slice(2 * i, 2 * i + 2))
const lower = (flat: readonly string[]): string[] => flat.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))
const lowerNames = (request: ForwardRequest): ForwardRequest => ({ ...request, headers: lower(request.headers) })

function checkData(data: Buffer, expected: ExpectedPacket['data']): void {
  if (typeof expected === 'string') assert.equal(data.toString('latin1'), expected)
  else assert.equal(data.length, expected.length)
  if (typeof expected !== 'string' && expected.uniformByte !== undefined)
    assert.ok(data.every((byte) => byte === expected.uniformByte))
}

/** Our values in the words of expected.json; attributes in the order that both modules send. */
function comparable(request: ForwardRequest): unknown {
  const { attributes: a, queryString, bodyLength: _length, isChunked: _chunked, headers, ...facts } = request
  const list = [
    ['secret', a.secret],
    ['remote_user', a.remoteUser],
    ['auth_type', a.authType],
    ['query_string', queryString],
    ['jvm_route', a.jvmRoute],
    ['ssl_cert', a.sslCert],
    ['ssl_cipher', a.sslCipher],
    ['ssl_session', a.sslSession],
    ['ssl_key_size', a.sslKeySize],
    ...pairs(a.named).map((pair) => ['req_attribute', ...pair]),
  ].filter(([, value]) => value !== null)
  return { ...facts, headers: pairs(headers), attributes: list }
}

function comparableOf(expected: ExpectedPacket): unknown {
  const { method, protocol, uri, remoteAddr, remoteHost, serverName, serverPort, isSsl, headers } = expected
  const attributes = expected.attributes.filter(([name]) => name !== 'stored_method')
  return { method, protocol, uri, remoteAddr, remoteHost, serverName, serverPort, isSsl, headers, attributes }
}

/**
 * mod_jk 1.2.48 sends the names of the Accept family as strings, mod_proxy_ajp the methods ACL and SEARCH; Tomcat codes
 * only names in its own letter case. We code whatever has a code.
 */
function isOurForm(payload: Buffer, expected: ExpectedPacket): boolean {
  const isCodedMethod = payload[1] !== 0xff || !['ACL', 'SEARCH'].includes(expected.method)
  return isCodedMethod && hasCodedNamesOnly(payload, expected.headers, requestHeaderCodes)
}

function hasCodedNamesOnly(
  payload: Buffer,
  headers: ExpectedPacket['headers'],
  codes: typeof requestHeaderCodes,
): boolean {
  return headers.every(([name]) => codes.codeOf(name) === NO_CODE || !payload.includes(`${name}\0`, 0, 'latin1'))
}

describe('in the order that both state machines allow', () => {
  // Packets of different connections, or parts of one.
  const loose = /^(15|16|17)-/
  for (const { name, packets } of wellFormed.filter((one) => !loose.test(one.name) && !(one.name in REFUSED))) {
    test(name, () => {
      let phase: ResponsePhase = 'idle'
      let due: DuePackets = 'nothing'
      let body: RequestState = requestBegins({ method: 'GET', bodyLength: 0, isChunked: false })
      for (const { dir, payload, expected, title } of packets) {
        if (dir === 'C>S' && isPacketDue(body)) {
          assert.equal(expected.type, 'BODY', title)
          body = bodyReceived(body, decodeBody(payload).length)
          due = dueAfterSending(due)
        } else if (dir === 'C>S' && requestMessage(payload) === MESSAGE.CPING) {
          assert.equal(phase, 'idle', title)
          phase = 'ping'
        } else if (dir === 'C>S') {
          if (!UNFINISHED.test(name)) assert.equal(phase, 'idle', title)
          const request = decodeForwardRequest(payload)
          body = requestBegins(request)
          due = dueAfterRequest(request.bodyLength)
          phase = 'wait'
        } else {
          const message = responseMessage(payload)
          const dataBytes = message === MESSAGE.SEND_BODY_CHUNK ? decodeChunk(payload).length : 0
          phase = responseReceived(phase, message, dataBytes)
          if (message === MESSAGE.GET_BODY_CHUNK) {
            due = dueAfterAsking(due)
            // Tomcat also asks behind the last byte, and for the body of a GET: that we never do.
            if (body.body === 'ready') body = bodyAsked(body)
            else body = { body: 'asked', left: 0 }
          }
          if (message === MESSAGE.END_RESPONSE && decodeEnd(payload)) assert.ok(isReusable(true, due, 0), title)
        }
      }
    })
  }
})

describe('the same packets in any chunking (8.2 C1, C23; 8.3 S1, S18)', () => {
  for (const { name, packets } of [...constructed.filter(({ name }) => !/^m0[12]/.test(name)), ...live]) {
    for (const dir of ['C>S', 'S>C'] as const) {
      const some = packets.filter((packet) => packet.dir === dir)
      if (some.length === 0) continue
      test(`${name} ${dir}: turn by turn, whole, byte by byte, cut at each place`, () => {
        const magic = dir === 'C>S' ? MAGIC.REQUEST : MAGIC.RESPONSE
        const stream = Buffer.concat(some.map(({ bytes }) => bytes))
        const expected = some.map(({ payload }) => payload)
        const check = (chunks: Iterable<Buffer>, what: string) => {
          const payloads = cut(chunks, new PacketReader(magic, MIN_PACKET_BYTES))
          assert.equal(payloads.length, expected.length, what)
          for (let i = 0; i < payloads.length; i++) assert.ok(payloads[i]!.equals(expected[i]!), what)
        }
        check(
          some.map(({ bytes }) => bytes),
          'turn by turn',
        )
        check([stream], 'whole')
        check(bytewise(stream), 'byte by byte')
        for (let at = 1; at < stream.length; at++) check(cutAt(stream, at), `cut at ${at}`)
      })
    }
  }
})

describe('mod_jk and mod_proxy_ajp tell the same of one request (8.3 S18)', () => {
  // 03 was stuck to another member, and 11 does not fit mod_jk.
  const cases = live.filter(({ name }) => name.startsWith('jk-') && !/-(03|10|27|28|31)-/.test(name))
  for (const { name, packets } of cases) {
    const twin = live.find((one) => one.name === name.replace('jk-', 'px-'))!
    test(`${name} and ${twin.name}, apart from content-length 0, ports and JK_LB_ACTIVATION`, () => {
      const told = (list: readonly FixturePacket[]) =>
        list.filter(({ expected }) => expected.type === 'FORWARD_REQUEST').map(({ payload }) => withoutHabits(payload))
      assert.deepEqual(told(packets), told(twin.packets))
    })
  }
})

function withoutHabits(payload: Buffer): unknown {
  const { bodyLength, ...request } = decodeForwardRequest(payload)
  const { named, jvmRoute: _route, sslSession, ...attributes } = request.attributes
  return {
    ...request,
    serverPort: 0,
    bodyLength: Math.max(0, bodyLength),
    headers: pairs(lower(request.headers))
      .filter(([name, value]) => name !== 'content-length' || value !== '0')
      .map(([name, value]) => (name === 'host' ? [name, value!.replace(/:193\d\d$/, '')] : [name, value])),
    attributes: { ...attributes, hasSession: sslSession !== null },
    named: pairs(named)
      .filter(([name]) => name !== 'JK_LB_ACTIVATION')
      .map(([name, value]) => (name === 'AJP_REMOTE_PORT' ? [name] : [name, value])),
  }
}

test('the end of body that we send is that of mod_jk', () => {
  const packet = constructed.find(({ name }) => name.startsWith('05-'))!.packets.at(-4)!
  assert.deepEqual(packet.bytes, END_OF_BODY)
})

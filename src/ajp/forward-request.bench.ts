/** Encoding and decoding a typical GET with 12 headers take 2 µs each at most. */
import assert from 'node:assert/strict'
import type { MicroBench } from '../../bench/micro.ts'
import { Cursor, Writer } from '../bytes/index.ts'
import { DEFAULT_MAX_HEADERS } from './constants.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { encodeForwardRequest } from './encode-forward-request.ts'
import type { RequestToForward } from './forward-request.ts'
import { requestHeaderCodes } from './header-codes.ts'
import { HeaderMemory } from './header-memory.ts'
import { encodeRequestHeaders } from './header-section.ts'
import { PacketWriter } from './packet-writer.ts'
import { decodeSendHeaders, encodeSendHeaders } from './send-headers.ts'
import { typicalRequest, typicalResponse } from './testing/typical.ts'

const writer = new PacketWriter()
const cached: RequestToForward = {
  ...typicalRequest,
  headers: encodeRequestHeaders(writer, typicalRequest.headers as readonly string[]),
}
encodeForwardRequest(writer, typicalRequest)
const requestPacket = writer.take()
encodeSendHeaders(writer, typicalResponse)
const responsePacket = writer.take()
const memory = new HeaderMemory()
assertRoundTrip()

/** What is timed is right: the packet means the request it was made of, by the names that the protocol has for headers. */
function assertRoundTrip(): void {
  const named = (headers: readonly string[]) => headers.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))
  const { bodyLength, isChunked, ...decoded } = decodeForwardRequest(requestPacket.subarray(4))
  const expected = { ...typicalRequest, headers: named(typicalRequest.headers as readonly string[]) }
  assert.deepEqual({ ...decoded, headers: named(decoded.headers) }, expected)
  assert.deepEqual([bodyLength, isChunked], [0, false])
  writer.reset()
  encodeForwardRequest(writer, cached)
  assert.ok(writer.view().equals(requestPacket))
}

function encoded(request: RequestToForward): Buffer {
  writer.reset()
  encodeForwardRequest(writer, request)
  return writer.view()
}

/** What one would write with src/bytes and without checks, to have something to compare with. */
const plainWriter = new Writer()

function encodedPlainly(request: RequestToForward): Buffer {
  const w = plainWriter
  w.reset()
  const text = (value: string): void => {
    const opened = w.openU16()
    w.latin1(value)
    w.closeU16(opened)
    w.u8(0)
  }
  w.u16(0x1234)
  const packet = w.openU16()
  w.u8(2)
  w.u8(2)
  text(request.protocol!)
  text(request.uri)
  text(request.remoteAddr!)
  w.u16(0xffff)
  text(request.serverName!)
  w.u16(request.serverPort)
  w.u8(0)
  const headers = request.headers as readonly string[]
  w.u16(headers.length >> 1)
  for (let i = 0; i < headers.length; i += 2) {
    const code = requestHeaderCodes.codeOf(headers[i]!)
    if (code === 0) text(headers[i]!)
    else w.u16(0xa000 | code)
    text(headers[i + 1]!)
  }
  const { secret, jvmRoute, named } = request.attributes
  w.u8(12)
  text(secret!)
  w.u8(5)
  text(request.queryString!)
  w.u8(6)
  text(jvmRoute!)
  for (let i = 0; i < named.length; i += 2) {
    w.u8(10)
    text(named[i]!)
    text(named[i + 1]!)
  }
  w.u8(0xff)
  w.closeU16(packet)
  return w.view()
}

/** The headers of a request with a string of its own for each, unchecked. */
function headersPlainly(payload: Buffer): string[] {
  const c = new Cursor(payload)
  const text = (): string => {
    const value = c.latin1(c.u16())
    c.skip(1)
    return value
  }
  c.skip(2)
  for (let i = 0; i < 3; i++) text()
  c.skip(2)
  text()
  c.skip(3)
  const headers: string[] = []
  for (let count = c.u16(); count > 0; count--) {
    const code = payload[c.position] === 0xa0 ? c.u16() & 0xff : 0
    headers.push(code === 0 ? text() : requestHeaderCodes.nameOf(code)!, text())
  }
  for (let code = c.u8(); code !== 0xff; code = c.u8()) {
    text()
    if (code === 10) text()
  }
  return headers
}

export const benches: readonly MicroBench[] = [
  {
    name: 'ajp: encode a GET with 12 headers',
    about: '`plain` is src/bytes without any check; `cached` copies headers that were encoded before.',
    contestants: {
      ours: () => encoded(typicalRequest),
      cached: () => encoded(cached),
      plain: () => encodedPlainly(typicalRequest),
    },
    same: (packet) => (packet as Buffer).toString('hex'),
  },
  {
    name: 'ajp: decode a GET with 12 headers',
    about: '`remembered` comes behind a request with the same headers on the same connection, as most do.',
    contestants: {
      ours: () => decodeForwardRequest(requestPacket.subarray(4)),
      remembered: () => decodeForwardRequest(requestPacket.subarray(4), DEFAULT_MAX_HEADERS, memory),
    },
  },
  {
    name: 'ajp: decode a GET with 12 headers, against a plain reader',
    about: '`plain` makes a native call per string, without any check; only the headers are compared.',
    contestants: {
      ours: () => decodeForwardRequest(requestPacket.subarray(4)).headers,
      plain: () => headersPlainly(requestPacket.subarray(4)),
    },
  },
  {
    name: 'ajp: encode SEND_HEADERS with 8 headers',
    contestants: {
      ours: () => {
        writer.reset()
        encodeSendHeaders(writer, typicalResponse)
        return writer.view()
      },
    },
  },
  {
    name: 'ajp: decode SEND_HEADERS with 8 headers',
    contestants: { ours: () => decodeSendHeaders(responsePacket.subarray(4)) },
  },
]

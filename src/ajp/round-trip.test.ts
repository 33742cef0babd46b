/** The laws: decode(encode(m)) = m, and encode(decode(b)) means what b meant, whatever b is. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeBody } from './body.ts'
import { MAGIC, MESSAGE, MIN_PACKET_BYTES } from './constants.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { encodeForwardRequest } from './encode-forward-request.ts'
import { AjpError } from './errors.ts'
import type { ForwardRequest } from './forward-request.ts'
import { encodeRequestHeaders } from './header-section.ts'
import { requestMessage, responseMessage } from './message-type.ts'
import { PacketReader } from './packet-reader.ts'
import { PacketWriter } from './packet-writer.ts'
import { decodeChunk, decodeEnd, decodeGetBody } from './response.ts'
import { decodeSendHeaders, encodeSendHeaders } from './send-headers.ts'
import { arbitraryRequest, arbitraryResponse } from './testing/arbitraries.ts'
import { fixtures } from './testing/fixtures.ts'
import { mutated, seeded } from './testing/mutate.ts'
import { typicalRequest, typicalResponse } from './testing/typical.ts'

const writer = new PacketWriter()

function packetOf(write: (writer: PacketWriter) => void): Buffer {
  writer.reset()
  write(writer)
  return writer.take()
}

describe('what was encoded is decoded', () => {
  test('requests, their headers encoded with them or before', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const packet = packetOf((w) => encodeForwardRequest(w, request))
        assert.equal(packet.readUInt16BE(2), packet.length - 4)
        const { bodyLength, isChunked, ...decoded } = decodeForwardRequest(packet.subarray(4))
        assert.deepEqual(decoded, request)
        const headers = encodeRequestHeaders(writer, request.headers)
        assert.deepEqual([headers.bodyLength, headers.isChunked], [bodyLength, isChunked])
        assert.deepEqual(
          packetOf((w) => encodeForwardRequest(w, { ...request, headers })),
          packet,
        )
      }),
    )
  })
  test('responses', () => {
    fc.assert(
      fc.property(arbitraryResponse, (response) => {
        const packet = packetOf((w) => encodeSendHeaders(w, response))
        const { bodyLength, ...decoded } = decodeSendHeaders(packet.subarray(4))
        assert.deepEqual(decoded, response)
        assert.equal(bodyLength, -1)
      }),
    )
  })
  test('the typical ones of the bench', () => {
    const request = decodeForwardRequest(packetOf((w) => encodeForwardRequest(w, typicalRequest)).subarray(4))
    assert.equal(request.headers.length, 24)
    assert.deepEqual(lowerNames(request).headers, lower(typicalRequest.headers as string[]))
    const response = decodeSendHeaders(packetOf((w) => encodeSendHeaders(w, typicalResponse)).subarray(4))
    assert.deepEqual(response, { ...typicalResponse, bodyLength: 5120 })
  })
})

const lower = (flat: readonly string[]): string[] => flat.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))
const lowerNames = (request: ForwardRequest): ForwardRequest => ({ ...request, headers: lower(request.headers) })

/**
 * Damaged packets of httpd and Tomcat: each is refused with an AjpError, or decoded to something that encodes and decodes
 * to itself. Nothing else may be thrown, and the stream reader may not care how the bytes arrived.
 */
describe('damaged packets', () => {
  const ROUNDS = 20_000
  const packets = [...fixtures(''), ...fixtures('live/')]
    .flatMap((file) => file.packets)
    .filter(({ bytes }) => bytes.length < 3000)

  test(`${ROUNDS} of them, decoded by both ends`, () => {
    const random = seeded(20_261_122)
    let decoded = 0
    let refused = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { dir, payload } = packets[random() % packets.length]!
      const damaged = mutated(payload, random)
      const check = dir === 'C>S' ? checkRequest : checkResponse
      try {
        check(damaged)
        decoded++
      } catch (error) {
        if (!(error instanceof AjpError)) throw new Error(`${error} for ${damaged.toString('hex')}`)
        refused++
      }
    }
    assert.ok(decoded > ROUNDS / 50 && refused > ROUNDS / 10, `${decoded} decoded, ${refused} refused`)
  })

  test('cut from a stream the same way, however it arrives', () => {
    const random = seeded(7)
    for (let round = 0; round < 2000; round++) {
      const some = Array.from({ length: 3 }, () => packets[random() % packets.length]!.bytes)
      const stream = mutated(Buffer.concat(some), random)
      const magic = stream[0] === 0x41 ? MAGIC.RESPONSE : MAGIC.REQUEST
      const whole = outcome([stream], magic)
      const pieces: Buffer[] = []
      for (let at = 0; at < stream.length; ) {
        const next = at + 1 + (random() % 300)
        pieces.push(stream.subarray(at, next))
        at = next
      }
      assert.deepEqual(outcome(pieces, magic), whole)
    }
  })
})

function checkRequest(payload: Buffer): void {
  decodesOrRefuses(() => decodeBody(payload))
  if (requestMessage(payload) !== MESSAGE.FORWARD_REQUEST) return
  const request = decodeForwardRequest(payload)
  const again = decodeForwardRequest(packetOf((w) => encodeForwardRequest(w, request)).subarray(4))
  assert.deepEqual(lowerNames(again), lowerNames(request))
}

function checkResponse(payload: Buffer): void {
  switch (responseMessage(payload)) {
    case MESSAGE.SEND_HEADERS: {
      const head = decodeSendHeaders(payload)
      const message = head.message === null || /[^\t\x20-\x7e\x80-\xff]/.test(head.message) ? '' : head.message
      const again = decodeSendHeaders(packetOf((w) => encodeSendHeaders(w, { ...head, message })).subarray(4))
      assert.deepEqual([again.status, again.bodyLength], [head.status, head.bodyLength])
      assert.deepEqual(lower(again.headers), lower(head.headers))
      break
    }
    case MESSAGE.SEND_BODY_CHUNK:
      assert.ok(decodeChunk(payload).length >= payload.length - 4)
      break
    case MESSAGE.GET_BODY_CHUNK:
      assert.ok(decodeGetBody(payload, MIN_PACKET_BYTES) > 0)
      break
    case MESSAGE.END_RESPONSE:
      decodeEnd(payload)
  }
}

function decodesOrRefuses(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if (!(error instanceof AjpError)) throw error
  }
}

/** All payloads, and the code that ended the stream, or how much waits. */
function outcome(chunks: readonly Buffer[], magic: typeof MAGIC.REQUEST | typeof MAGIC.RESPONSE): unknown[] {
  const reader = new PacketReader(magic, MIN_PACKET_BYTES)
  const seen: unknown[] = []
  try {
    for (const chunk of chunks) {
      reader.push(chunk)
      for (let payload = reader.next(); payload !== undefined; payload = reader.next())
        seen.push(payload.toString('hex'))
    }
    seen.push(reader.buffered)
  } catch (error) {
    if (!(error instanceof AjpError)) throw error
    seen.push(error.code)
  }
  return seen
}

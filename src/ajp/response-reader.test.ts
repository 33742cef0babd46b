/** The list that every stream reader meets, and that it says the same as the reader of whole packets. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAGIC, MESSAGE, MIN_PACKET_BYTES } from './constants.ts'
import { AjpError } from './errors.ts'
import { responseMessage } from './message-type.ts'
import { PacketReader } from './packet-reader.ts'
import {
  CPONG,
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  END_AND_CLOSE,
  END_AND_KEEP,
  FLUSH,
  getBodyPacket,
} from './response.ts'
import { NO_MESSAGE, ResponseReader } from './response-reader.ts'
import { fixtures } from './testing/fixtures.ts'
import { mutated, seeded } from './testing/mutate.ts'
import { hex, rawHead, str, toWebServer, u16 } from './testing/raw.ts'

/** Messages as text; the pieces of a chunk joined. */
function messages(pieces: readonly Buffer[]): string[] {
  const reader = new ResponseReader(MIN_PACKET_BYTES)
  const found: string[] = []
  let data = ''
  const flushData = () => {
    if (data !== '') found.push(`3 ${data}`)
    data = ''
  }
  try {
    for (const piece of pieces) {
      // Its memory is used again for the next: nothing may be taken from it later.
      const shared = Buffer.from(piece)
      reader.push(shared, shared.length)
      for (let type = reader.next(); type !== NO_MESSAGE; type = reader.next()) {
        const text = reader.bytes.toString('hex', reader.start, reader.end)
        if (type === MESSAGE.SEND_BODY_CHUNK && text !== '') {
          data += text
          continue
        }
        flushData()
        found.push(type === MESSAGE.SEND_BODY_CHUNK ? '3' : text)
      }
      shared.fill(0xee)
    }
  } catch (error) {
    flushData()
    if (!(error instanceof AjpError)) throw error
    return [...found, error.code]
  }
  flushData()
  if (!reader.isBetween) found.push('more to come')
  return found
}

/** The same by the reader of whole packets. */
function expected(bytes: Buffer): string[] {
  const reader = new PacketReader(MAGIC.RESPONSE, MIN_PACKET_BYTES)
  const found: string[] = []
  let data = ''
  const flushData = () => {
    if (data !== '') found.push(`3 ${data}`)
    data = ''
  }
  reader.push(bytes)
  try {
    for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
      const type = responseMessage(payload)
      if (type === MESSAGE.END_RESPONSE) decodeEnd(payload)
      if (type === MESSAGE.GET_BODY_CHUNK && payload.length !== 3) decodeGetBody(payload, MIN_PACKET_BYTES)
      const chunk = type === MESSAGE.SEND_BODY_CHUNK ? decodeChunk(payload) : undefined
      if (chunk !== undefined && chunk.length > 0) {
        data += chunk.toString('hex')
        continue
      }
      flushData()
      found.push(chunk !== undefined ? '3' : payload.toString('hex'))
    }
  } catch (error) {
    flushData()
    if (!(error instanceof AjpError)) throw error
    return [...found, error.code]
  }
  flushData()
  if (reader.buffered > 0) found.push('more to come')
  return found
}

const chunk = (data: Buffer) => toWebServer(Buffer.concat([hex('03'), u16(data.length), data, hex('00')]))
const head = toWebServer(rawHead(200, str('200'), []))
const typical = Buffer.concat([head, FLUSH, chunk(Buffer.from('hello')), getBodyPacket(8192), END_AND_KEEP])

describe('a reader of what a container sends', () => {
  const containers = fixtures('')
    .concat(fixtures('live/'))
    .map(({ name, packets }) => ({
      name,
      bytes: Buffer.concat(packets.filter(({ dir }) => dir === 'S>C').map(({ bytes }) => bytes)),
    }))
  for (const { name, bytes } of containers) {
    if (bytes.length === 0) continue
    test(`${name}: whole, byte by byte, and cut at each place`, () => {
      const whole = expected(bytes)
      assert.deepEqual(messages([bytes]), whole)
      assert.deepEqual(messages([...bytes].map((byte) => Buffer.of(byte))), whole)
      for (let at = 1; at < Math.min(bytes.length, 3_000); at++)
        assert.deepEqual(messages([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`)
    })
  }

  const rows: readonly [rule: string, bytes: Buffer, says: readonly string[]][] = [
    ['the largest packet', chunk(Buffer.alloc(8184, 0x58)), [`3 ${'58'.repeat(8184)}`]],
    ['one byte more than the largest packet', toWebServer(Buffer.alloc(8189, 3)), ['AJP_PACKET_TOO_LARGE']],
    ['a chunk without its NUL (4.3)', toWebServer(hex('03 0001 41')), ['3 41']],
    [
      'a chunk without its NUL, and another packet',
      Buffer.concat([toWebServer(hex('03 0001 41')), CPONG]),
      ['3 41', '09'],
    ],
    ['another byte in place of the NUL', toWebServer(hex('03 0001 41 42')), ['3 41', 'AJP_CHUNK']],
    ['a chunk that is shorter than it says', toWebServer(hex('03 0003 41 00')), ['AJP_CHUNK']],
    ['a chunk that is longer than it says', toWebServer(hex('03 0001 41 00 00')), ['AJP_CHUNK']],
    ['a chunk without a length', toWebServer(hex('03 00')), ['AJP_SHORT']],
    ['an empty packet', hex('4142 0000'), ['AJP_TYPE']],
    ['the magic of the other direction', hex('1234 0001 09'), ['AJP_MAGIC']],
    ['half a magic', hex('41 00'), ['AJP_MAGIC']],
    ['CPONG with a byte more', toWebServer(hex('09 00')), ['AJP_TRAILING']],
    ['END_RESPONSE without its flag', toWebServer(hex('05')), ['AJP_SHORT']],
    [
      'a packet that is not over',
      typical.subarray(0, typical.length - 1),
      expected(typical).slice(0, -1).concat('more to come'),
    ],
    ['END_RESPONSE and close', END_AND_CLOSE, ['0500']],
    ...[0, 1, 2, 7, 8, 10, 255].map(
      (type) => [`type ${type}`, toWebServer(Buffer.of(type)), ['AJP_TYPE']] as [string, Buffer, string[]],
    ),
  ]
  for (const [rule, bytes, says] of rows) {
    test(rule, () => {
      assert.deepEqual(messages([bytes]), says)
      assert.deepEqual(messages([...bytes].map((byte) => Buffer.of(byte))), says)
    })
  }

  test('says of a wrong byte as soon as it is there', () => {
    const reader = new ResponseReader(8192)
    const bytes = hex('4142 2000')
    reader.push(bytes, bytes.length)
    assert.throws(() => reader.next(), { code: 'AJP_PACKET_TOO_LARGE' })
    reader.push(CPONG, CPONG.length)
    assert.throws(() => reader.next(), { code: 'AJP_PACKET_TOO_LARGE' })
  })

  test('agrees with the reader of whole packets about damaged ones', () => {
    const random = seeded(7)
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutated(typical, random)
      const [whole, ours] = [expected(bytes), messages([bytes])]
      // Data is passed on before the rest of its packet is there: what is wrong shows later, or is said in other words.
      const isSame = JSON.stringify(ours) === JSON.stringify(whole)
      const bothFail = /^AJP_/.test(whole.at(-1)!) && /^AJP_/.test(ours.at(-1)!)
      const isEarlier = whole.at(-1) === 'more to come'
      assert.ok(isSame || bothFail || isEarlier, `${bytes.toString('hex')}: ${ours} for ${whole}`)
      const cut = random() % (bytes.length + 1)
      assert.deepEqual(messages([bytes.subarray(0, cut), bytes.subarray(cut)]), ours)
    }
  })
})

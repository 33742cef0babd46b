import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AjpErrorCode } from './errors.ts'
import { PacketWriter } from './packet-writer.ts'
import { decodeSendHeaders, encodeSendHeaders, type ResponseToSend, reasonPhrase } from './send-headers.ts'
import { fixture } from './testing/fixtures.ts'
import { coded, header, hex, NULL, rawHead, str, toWebServer } from './testing/raw.ts'

function encode(head: Partial<ResponseToSend>, packetBytes = 8192): Buffer {
  const writer = new PacketWriter(packetBytes)
  encodeSendHeaders(writer, { status: 200, message: 'OK', headers: [], ...head })
  return writer.take()
}

describe('decodeSendHeaders', () => {
  test('status, message, coded and string names, repeated ones, in order', () => {
    const headers = [
      coded(1, 'text/plain'),
      header('x-a', '1'),
      header('X-A', '\u00e9'),
      coded(7, 'a=b'),
      coded(3, '12'),
    ]
    assert.deepEqual(decodeSendHeaders(rawHead(404, str('Not here'), headers)), {
      status: 404,
      message: 'Not here',
      headers: ['Content-Type', 'text/plain', 'x-a', '1', 'X-A', '\u00e9', 'Set-Cookie', 'a=b', 'Content-Length', '12'],
      bodyLength: 12,
    })
  })
  test('no header at all (4.1)', () => {
    const { headers, bodyLength } = decodeSendHeaders(rawHead(200, str('200'), []))
    assert.deepEqual([headers, bodyLength], [[], -1])
  })
  test('a content-length by a string name of any letter case', () =>
    assert.equal(decodeSendHeaders(rawHead(200, str(''), [header('content-LENGTH', '7')])).bodyLength, 7))
  test('a null message', () => assert.equal(decodeSendHeaders(rawHead(200, NULL, [])).message, null))
  test('as many headers as a packet holds', () => {
    const headers = Array.from({ length: 1000 }, () => header('X', ''))
    assert.equal(decodeSendHeaders(rawHead(200, str('OK'), headers)).headers.length, 2000)
  })
})

describe('decodeSendHeaders refuses (C11, C21)', () => {
  const rows: [rule: string, payload: Buffer, code: AjpErrorCode][] = [
    ...[0, 99, 100, 103, 199, 1000, 65_535].map((status): [string, Buffer, AjpErrorCode] => [
      `status ${status}`,
      rawHead(status, str(''), []),
      'AJP_STATUS',
    ]),
    ['a response splitting value', rawHead(200, str(''), [header('X', 'a\r\nSet-Cookie: b')]), 'AJP_CHARACTER'],
    ['a response splitting name', rawHead(200, str(''), [header('X-B\r\nX-C: 1', 'b')]), 'AJP_CHARACTER'],
    ['a NUL in a value', rawHead(200, str(''), [header('X', 'a\0b')]), 'AJP_CHARACTER'],
    ['a control character in a value', rawHead(200, str(''), [header('X', 'a\u0001b')]), 'AJP_CHARACTER'],
    ['DEL in a value', rawHead(200, str(''), [header('X', 'a\u007fb')]), 'AJP_CHARACTER'],
    ['an empty name', rawHead(200, str(''), [header('', 'b')]), 'AJP_CHARACTER'],
    ['a null name', rawHead(200, str(''), [Buffer.concat([NULL, str('b')])]), 'AJP_STRING'],
    ['a null value (older Tomcats skip what does not fit)', rawHead(200, str(''), [hex('A0 01 FF FF')]), 'AJP_STRING'],
    ['header code A000', rawHead(200, str(''), [coded(0, 'x')]), 'AJP_HEADER_CODE'],
    ['header code A00C', rawHead(200, str(''), [coded(12, 'x')]), 'AJP_HEADER_CODE'],
    ['more headers announced than there are', rawHead(200, str(''), [coded(1, 'x')], 2), 'AJP_SHORT'],
    ['fewer headers announced', rawHead(200, str(''), [coded(1, 'x')], 0), 'AJP_TRAILING'],
    ['a count of 65535', rawHead(200, str(''), [], 65_535), 'AJP_SHORT'],
    ['a value that is missing', rawHead(200, str(''), [hex('A0 01')]), 'AJP_SHORT'],
    ['two lengths', rawHead(200, str(''), [coded(3, '1'), header('content-length', '1')]), 'AJP_CONTENT_LENGTH'],
    ['a length that is none', rawHead(200, str(''), [coded(3, '1,2')]), 'AJP_CONTENT_LENGTH'],
    ['another type', hex('05 01'), 'AJP_TYPE'],
  ]
  for (const [rule, payload, code] of rows)
    test(rule, () => assert.throws(() => decodeSendHeaders(payload), { name: 'AjpError', code }))

  test('every payload that is cut short', () => {
    const whole = fixture('tc-25-all-coded-names', 'live/').packets[1]!.payload
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => decodeSendHeaders(whole.subarray(0, length)), { code: 'AJP_SHORT' }, `${length} bytes`)
  })
})

describe('encodeSendHeaders', () => {
  test('codes names in any letter case and keeps the others', () => {
    const headers = ['content-type', 'text/plain', 'X-A', '1', 'SET-COOKIE', 'a=b', 'WWW-Authenticate', 'Basic']
    const expected = [coded(1, 'text/plain'), header('X-A', '1'), coded(7, 'a=b'), coded(11, 'Basic')]
    assert.deepEqual(encode({ headers }), toWebServer(rawHead(200, str('OK'), expected)))
  })
  test('sends the status for an empty message, as Tomcat: old httpd fails without one (4.1)', () =>
    assert.deepEqual(encode({ status: 404, message: '' }), toWebServer(rawHead(404, str('404'), []))))

  const refused: [rule: string, head: Partial<ResponseToSend>, code: AjpErrorCode][] = [
    ['an interim status', { status: 103 }, 'AJP_STATUS'],
    ['a status of four digits', { status: 1000 }, 'AJP_STATUS'],
    ['a status that is no number', { status: Number.NaN }, 'AJP_STATUS'],
    ['S11: CR LF in a value', { headers: ['X', 'a\r\nb'] }, 'AJP_CHARACTER'],
    ['S11: a wide character in a value', { headers: ['X', '\u0141'] }, 'AJP_CHARACTER'],
    ['S11: a NUL in a value', { headers: ['X', '\0'] }, 'AJP_CHARACTER'],
    ['a name that is no token', { headers: ['X Y', ''] }, 'AJP_CHARACTER'],
    ['an empty name', { headers: ['', ''] }, 'AJP_CHARACTER'],
    ['CR LF in the message', { message: 'OK\r\nX: 1' }, 'AJP_CHARACTER'],
  ]
  for (const [rule, head, code] of refused) test(`${rule}: refused`, () => assert.throws(() => encode(head), { code }))

  for (const packetBytes of [8192, 16_000, 65_536])
    test(`S12: P = ${packetBytes}: a head of exactly P is sent, one byte more is refused`, () => {
      const spare = packetBytes - encode({ headers: ['X', ''] }, packetBytes).length
      const largest = { headers: ['X', 'v'.repeat(spare)] }
      const packet = encode(largest, packetBytes)
      assert.equal(packet.length, packetBytes)
      assert.deepEqual(decodeSendHeaders(packet.subarray(4)).headers, largest.headers)
      assert.throws(() => encode({ headers: ['X', 'v'.repeat(spare + 1)] }, packetBytes), {
        code: 'AJP_RESPONSE_TOO_LARGE',
        status: 500,
      })
    })
})

describe('reasonPhrase (C10)', () => {
  const rows: [rule: string, message: string | null, reason: string][] = [
    ['the status once more, as Tomcat sends it: the standard phrase', '404', ''],
    ['empty: the standard phrase', '', ''],
    ['null: the standard phrase', null, ''],
    ['OK', 'OK', 'OK'],
    ['another status is a text', '200', '200'],
    ['CR LF are left out', 'Not\r\nFound', 'NotFound'],
    ['all but visible ASCII is', '\0\u0001caf\u00e9\u007f ok\t', 'caf ok'],
    ['nothing visible: the standard phrase', '\r\n', ''],
  ]
  for (const [rule, message, reason] of rows)
    test(rule, () => assert.equal(reasonPhrase({ status: 404, message }), reason))
})

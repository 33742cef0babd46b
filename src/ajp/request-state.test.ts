import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeBody } from './body.ts'
import { UNKNOWN_LENGTH } from './content-length.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { bodyAsked, bodyReceived, isPacketDue, type RequestState, requestBegins } from './request-state.ts'
import { fixture } from './testing/fixtures.ts'

const begins = (method: string, bodyLength: number, isChunked = false, strict = true) =>
  requestBegins({ method, bodyLength, isChunked }, strict)
const state = (body: RequestState['body'], left: number): RequestState => ({ body, left })

describe('a request begins (appendix B)', () => {
  const rows: [rule: string, state: RequestState, body: RequestState['body'], left: number][] = [
    ['content-length 0: no body', begins('POST', 0), 'none', 0],
    ['content-length > 0: one packet is owed', begins('POST', 9), 'owed', 9],
    ['of a GET, too', begins('GET', 9), 'owed', 9],
    ['not strict: only the empty packet ends the body', begins('POST', 9, false, false), 'owed', UNKNOWN_LENGTH],
    ['not strict, content-length 0: no body', begins('POST', 0, false, false), 'none', 0],
    ['chunked: to be asked for', begins('POST', UNKNOWN_LENGTH, true), 'ready', UNKNOWN_LENGTH],
    ['chunked GET, as httpd sends for h2', begins('GET', UNKNOWN_LENGTH, true), 'ready', UNKNOWN_LENGTH],
    ['S7: POST with neither header', begins('POST', UNKNOWN_LENGTH), 'ready', UNKNOWN_LENGTH],
    ['PROPFIND with neither header', begins('PROPFIND', UNKNOWN_LENGTH), 'ready', UNKNOWN_LENGTH],
    ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'].map(
      (method): [string, RequestState, RequestState['body'], number] => [
        `S7: ${method} with neither header`,
        begins(method, UNKNOWN_LENGTH),
        'none',
        0,
      ],
    ),
  ]
  for (const [rule, actual, body, left] of rows) test(rule, () => assert.deepEqual(actual, { body, left }))
})

describe('a packet of the body arrives', () => {
  const rows: [rule: string, before: RequestState, bytes: number, body: RequestState['body'], left: number][] = [
    ['the owed one brings all', state('owed', 9), 9, 'done', 0],
    ['the owed one brings some', state('owed', 9), 4, 'ready', 5],
    ['an asked one brings some', state('asked', 5), 4, 'ready', 1],
    ['an asked one brings the last byte: nothing more is asked for (S3)', state('asked', 1), 1, 'done', 0],
    ['of a body of unknown length', state('asked', UNKNOWN_LENGTH), 8186, 'ready', UNKNOWN_LENGTH],
    ['the end of a body of unknown length', state('asked', UNKNOWN_LENGTH), 0, 'done', 0],
    ['an end in place of the first packet, not strict', state('owed', UNKNOWN_LENGTH), 0, 'done', 0],
  ]
  for (const [rule, before, bytes, body, left] of rows)
    test(rule, () => assert.deepEqual(bodyReceived(before, bytes), { body, left }))

  const refused: [rule: string, before: RequestState, bytes: number, code: string][] = [
    ['3.6: none is due, no body', state('none', 0), 1, 'AJP_ORDER'],
    ['3.6: none is due, an empty one', state('none', 0), 0, 'AJP_ORDER'],
    ['3.6: none was asked for', state('ready', UNKNOWN_LENGTH), 1, 'AJP_ORDER'],
    ['3.6: the body is complete', state('done', 0), 0, 'AJP_ORDER'],
    ['S6, row 38: the body ends early', state('asked', 5), 0, 'AJP_BODY_SHORT'],
    ['S6: the body ends before it begins', state('owed', 5), 0, 'AJP_BODY_SHORT'],
    ['row 39: the first packet is longer than the body', state('owed', 4), 8, 'AJP_BODY_LONG'],
    ['row 39: the last packet is longer than the rest', state('asked', 1), 2, 'AJP_BODY_LONG'],
  ]
  for (const [rule, before, bytes, code] of refused)
    test(`${rule}: refused`, () => assert.throws(() => bodyReceived(before, bytes), { code, status: undefined }))
})

describe('GET_BODY_CHUNK is sent', () => {
  test('of known length', () => assert.deepEqual(bodyAsked(state('ready', 5)), state('asked', 5)))
  test('of unknown length', () =>
    assert.deepEqual(bodyAsked(state('ready', UNKNOWN_LENGTH)), state('asked', UNKNOWN_LENGTH)))
  for (const body of ['none', 'owed', 'asked', 'done'] as const)
    test(`3.3: never in ${body}`, () => assert.throws(() => bodyAsked(state(body, 1)), { code: 'AJP_ORDER' }))
})

test('3.4: a packet is due in owed and asked, and in no other state', () => {
  const due = (['none', 'owed', 'ready', 'asked', 'done'] as const).filter((body) => isPacketDue(state(body, 1)))
  assert.deepEqual(due, ['owed', 'asked'])
})

test('m14, S15: what follows a request without body is a violation, whatever it looks like', () => {
  const [request, stray] = fixture('m14-smuggled-request-in-body').packets
  const before = requestBegins(decodeForwardRequest(request!.payload))
  assert.equal(stray!.payload[0], 2, 'it looks like a FORWARD_REQUEST')
  assert.equal(isPacketDue(before), false)
  assert.throws(() => bodyReceived(before, decodeBody(stray!.payload).length), { code: 'AJP_ORDER' })
})

test('any split of any body is delivered whole, with one packet per question', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 8186 }), { minLength: 1 }), fc.boolean(), (packets, isKnown) => {
      const total = packets.reduce((sum, bytes) => sum + bytes, 0)
      let current = begins('POST', isKnown ? total : UNKNOWN_LENGTH, !isKnown)
      let asked = 0
      for (const bytes of packets) {
        if (!isPacketDue(current)) {
          current = bodyAsked(current)
          asked++
        }
        current = bodyReceived(current, bytes)
      }
      if (!isKnown) current = bodyReceived(bodyAsked(current), 0)
      assert.deepEqual(current, { body: 'done', left: 0 })
      assert.equal(asked, isKnown ? packets.length - 1 : packets.length)
    }),
  )
})

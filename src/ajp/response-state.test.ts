import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MESSAGE, type ResponseMessage } from './constants.ts'
import {
  type DuePackets,
  dueAfterAsking,
  dueAfterRequest,
  dueAfterSending,
  isReusable,
  type ResponsePhase,
  responseReceived,
} from './response-state.ts'

const PHASES: readonly ResponsePhase[] = ['idle', 'ping', 'wait', 'body']

describe('what may come when (appendix A, 4)', () => {
  /** Message, bytes of data, and the phases in which it may come with the phase behind it. All others are violations. */
  const rows: [
    name: string,
    message: ResponseMessage,
    dataBytes: number,
    allowed: Partial<Record<ResponsePhase, ResponsePhase>>,
  ][] = [
    ['CPONG', MESSAGE.CPONG, 0, { ping: 'idle' }],
    ['GET_BODY_CHUNK', MESSAGE.GET_BODY_CHUNK, 0, { wait: 'wait', body: 'body' }],
    ['SEND_HEADERS', MESSAGE.SEND_HEADERS, 0, { wait: 'body' }],
    ['SEND_BODY_CHUNK', MESSAGE.SEND_BODY_CHUNK, 1, { body: 'body' }],
    ['a flush', MESSAGE.SEND_BODY_CHUNK, 0, { wait: 'wait', body: 'body' }],
    ['END_RESPONSE', MESSAGE.END_RESPONSE, 0, { body: 'idle' }],
  ]
  for (const [name, message, dataBytes, allowed] of rows)
    for (const phase of PHASES) {
      const after = allowed[phase]
      if (after !== undefined)
        test(`${name} in ${phase} leads to ${after}`, () =>
          assert.equal(responseReceived(phase, message, dataBytes), after))
      else
        test(`${name} in ${phase} is a violation`, () =>
          assert.throws(() => responseReceived(phase, message, dataBytes), { code: 'AJP_ORDER', status: undefined }))
    }
})

describe('which body packets are due (3.2, appendix A)', () => {
  test('C3: one for any content-length above 0', () => assert.equal(dueAfterRequest(1), 'first'))
  test('C2: none for content-length 0', () => assert.equal(dueAfterRequest(0), 'nothing'))
  test('C4: none for an unknown length', () => assert.equal(dueAfterRequest(-1), 'nothing'))

  const rows: [due: DuePackets, asked: DuePackets | undefined, sent: DuePackets | undefined][] = [
    ['nothing', 'asked', undefined],
    ['first', 'first and asked', 'nothing'],
    ['asked', undefined, 'nothing'],
    ['first and asked', undefined, 'asked'],
  ]
  for (const [due, asked, sent] of rows) {
    if (asked !== undefined) test(`asked for with ${due} due`, () => assert.equal(dueAfterAsking(due), asked))
    else
      test(`a second question with ${due} due is a violation`, () =>
        assert.throws(() => dueAfterAsking(due), { code: 'AJP_ORDER' }))
    if (sent !== undefined) test(`sent with ${due} due`, () => assert.equal(dueAfterSending(due), sent))
    else
      test(`7.2: nothing may be sent with ${due} due`, () =>
        assert.throws(() => dueAfterSending(due), { code: 'AJP_ORDER' }))
  }
})

describe('whether the connection is used again (4.4)', () => {
  const rows: [rule: string, mayReuse: boolean, due: DuePackets, surplus: number, reusable: boolean][] = [
    ['END_RESPONSE 1, nothing due, nothing behind it', true, 'nothing', 0, true],
    ['C6: END_RESPONSE 0', false, 'nothing', 0, false],
    ['C5: the owed packet was not sent', true, 'first', 0, false],
    ['a question was not answered', true, 'asked', 0, false],
    ['C11: data behind END_RESPONSE', true, 'nothing', 1, false],
  ]
  for (const [rule, mayReuse, due, surplus, reusable] of rows)
    test(rule, () => assert.equal(isReusable(mayReuse, due, surplus), reusable))
})

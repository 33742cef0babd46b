import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ControlMessage,
  clowderPing,
  controlMessageOf,
  PING_BODY,
  PROBE_BODY,
  pingPauseMs,
  START_BODY,
  STOP_BODY,
} from './control-messages.ts'
import { fixture } from './testing/fixture.ts'

describe('the bodies are those of Tomcat and are recognised', () => {
  const rows: [fixture: string, body: Uint8Array, is: ControlMessage][] = [
    ['payload-static-member-start', START_BODY, 'start'],
    ['payload-static-member-stop', STOP_BODY, 'stop'],
    ['payload-tcp-fail-detect', PROBE_BODY, 'probe'],
    ['payload-tcp-ping', PING_BODY, 'probe'],
  ]
  for (const [name, body, is] of rows) {
    test(name, () => {
      assert.deepEqual(body, fixture(name))
      assert.equal(controlMessageOf(fixture(name)), is)
      const other = fixture(name)
      other[other.length - 1]! ^= 1
      assert.equal(controlMessageOf(other), undefined, 'a body of that length that differs in the last byte')
    })
  }
  test('any other body is none of them', () => assert.equal(controlMessageOf(Buffer.from('hello')), undefined))
})

describe('the ping of a clowder member', () => {
  test('says how long it is until the next one', () => {
    // In the middle of a frame, as it arrives.
    const body = Buffer.concat([Buffer.alloc(3), clowderPing(500)]).subarray(3)
    assert.equal(controlMessageOf(body), 'ping')
    assert.equal(pingPauseMs(body), 500)
  })
  test('that promises nothing is none', () => {
    const body = clowderPing(1)
    body.writeInt32BE(-1, 12)
    assert.equal(controlMessageOf(body), undefined)
  })
})

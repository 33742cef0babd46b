import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ControlMessage,
  controlMessageOf,
  PING_BODY,
  PROBE_BODY,
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

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Complaints } from './complaint.ts'
import { readExtensions } from './rule-extensions.ts'

const at = { file: 'f', line: 1, column: 1 }

const rows: readonly [written: string, options: object | undefined, ...complaints: RegExp[]][] = [
  ['', undefined],
  ['reply_timeout=60000', { replyTimeoutMs: 60_000 }],
  ['reply_timeout=0', { replyTimeoutMs: 0 }],
  ['reply_timeout=-1', undefined],
  ['sticky_ignore=1;stateless=0', { stickyIgnore: true, stateless: false }],
  ['active=a,b;disabled=c;stopped=d e', { active: ['a', 'b'], disabled: ['c'], stopped: ['d', 'e'] }],
  ['fail_on_status=500,-404', { failOnStatus: [500, -404] }],
  ['use_server_errors=400', { useServerErrors: 400 }],
  [
    'session_cookie=SID;session_path=;sid;set_session_cookie=1',
    { sessionCookie: 'SID', sessionPath: ';sid', setSessionCookie: true },
  ],
  ['session_path=;sid', { sessionPath: ';sid' }],
  ['session_cookie_path=/app', { sessionCookiePath: '/app' }],
  ['reply_timeot=1', undefined, /"reply_timeot" is not known/],
  ['stateless', undefined, /"stateless" has no value/],
  ['stopped=a;stopped=b', { stopped: ['a'] }, /given twice; the first one counts/],
  ['reply_timeout=1;reply_timeout=2', { replyTimeoutMs: 2 }, /given twice; the last one counts/],
]

describe('rule extensions', () => {
  for (const [written, options, ...expected] of rows) {
    it(written === '' ? 'none' : written, () => {
      const complaints = new Complaints()
      assert.deepEqual(readExtensions(written, { at, directive: 'JkMount' }, complaints), options)
      const messages = complaints.list().map(({ message }) => message)
      assert.equal(messages.length, expected.length, messages.join())
      for (const [index, pattern] of expected.entries()) assert.match(messages[index]!, pattern)
    })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsOf, headsOf } from './heads.ts'

test('minimal: one request with Host alone', () =>
  assert.deepEqual(headsOf('/small', 'minimal', 'worker1'), ['GET /small HTTP/1.1\r\nHost: bench.test\r\n\r\n']))

test('browser: six fields, the last of them cookies with a session of the route', () => {
  const fields = fieldsOf('browser', 'worker2')
  assert.equal(fields.length, 6)
  assert.match(fields.at(-1)!.join(': '), /^Cookie: theme=dark; JSESSIONID=[0-9A-F]{32}\.worker2; /)
  assert.equal(headsOf('/small', 'browser', 'worker2').length, 1)
})

test('varied: no two requests alike, all of one size as browsers send them, all for the route', () => {
  const heads = headsOf('/small', 'varied', 'worker1')
  assert.equal(new Set(heads).size, heads.length)
  assert.ok(heads.length >= 100)
  for (const head of heads) {
    assert.match(head, /^GET \/small\?page=\d+ HTTP\/1\.1\r\nHost: bench\.test\r\n/)
    assert.match(head, /; JSESSIONID=[0-9A-F]{32}\.worker1; /)
    assert.ok(head.endsWith('\r\n\r\n'))
  }
})

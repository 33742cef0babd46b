import assert from 'node:assert/strict'
import { test } from 'node:test'
import { luaString, wrkScript } from './wrk-script.ts'

const literals: [rule: string, text: string, literal: string][] = [
  ['plain text', 'GET /a', '"GET /a"'],
  ['line ends', 'a\r\n', '"a\\013\\010"'],
  ['a digit behind an escape stays apart from it', '\n1', '"\\0101"'],
  ['quotes and backslashes', '"\\', '"\\"\\\\"'],
  ['bytes beyond ASCII', 'é', '"\\195\\169"'],
]
for (const [rule, text, literal] of literals) test(`luaString: ${rule}`, () => assert.equal(luaString(text), literal))

test('one head per group stays static: wrk must not find a global request()', () => {
  const script = wrkScript([
    { port: 1, heads: ['a'] },
    { port: 2, heads: ['b'] },
  ])
  assert.doesNotMatch(script, /function request/)
  assert.match(script, /port = 2/)
})

test('several heads are sent in turn', () =>
  assert.match(wrkScript([{ port: 1, heads: ['a', 'b'] }]), /function request\(\)/))

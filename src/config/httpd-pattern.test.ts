import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPattern } from './httpd-pattern.ts'
import { codes, collect, here } from './testing/collect.ts'

const ROWS: readonly [written: string, pattern: string | undefined][] = [
  ['^/app/(.*)$', '^/app/(.*)$'],
  ['(?i)^/app', '(?i)^/app'],
  ['\\A/app\\z', '^/app$'],
  ['[[:digit:]]+', '[0-9]+'],
  ['\\.(?:gif|jpe?g)$', '\\.(?:gif|jpe?g)$'],
  ['a(?=b)', 'a(?=b)'],
  ['\\Qa.b\\E', undefined],
  ['(?>a)b', undefined],
  ['a++', undefined],
  ['(?x) a', undefined],
  ['[[:nosuch:]]', undefined],
  ['(', undefined],
]

describe('regular expressions of httpd', () => {
  for (const [written, pattern] of ROWS) {
    it(written, () => {
      const { value, complaints } = collect((list) => readPattern({ text: written, at: here }, 'SetEnvIf', false, list))
      assert.equal(value, pattern)
      assert.deepEqual(codes(complaints), pattern === undefined ? ['CONFIG_PATTERN'] : [])
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { frontDirectives, frontOptions, newFront, readFrontDirective } from './httpd-front.ts'
import { parseHttpd } from './httpd-tree.ts'
import { sourceText } from './source-text.ts'
import { codes, collect } from './testing/collect.ts'

const ROWS: readonly [text: string, options: object, ...codes: string[]][] = [
  ['', {}],
  ['KeepAlive Off', { limits: { requestsPerConnection: 1 } }],
  ['KeepAlive On', {}],
  ['KeepAlive Off\nMaxKeepAliveRequests 100', { limits: { requestsPerConnection: 1 } }],
  ['KeepAliveTimeout 5', { timeouts: { keepAliveMs: 5_000 } }],
  ['KeepAliveTimeout 500ms', { timeouts: { keepAliveMs: 500 } }],
  ['MaxKeepAliveRequests 100', { limits: { requestsPerConnection: 100 } }],
  ['MaxKeepAliveRequests 0', { limits: { requestsPerConnection: 0 } }],
  ['Timeout 60', { timeouts: { bodyMs: 60_000, sendMs: 60_000 } }],
  ['RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500', { timeouts: { headMs: 40_000, bodyMs: 20_000 } }],
  ['RequestReadTimeout header=10', { timeouts: { headMs: 10_000 } }],
  ['LimitRequestBody 1048576', { limits: { bodyBytes: 1_048_576 } }],
  ['LimitRequestFields 50', { limits: { headerCount: 50 } }],
  ['LimitRequestFields 0', { limits: { headerCount: 65_535 } }],
  ['LimitRequestLine 8190', { limits: { targetBytes: 8_190 } }],
  ['LimitRequestLine 1', { limits: { targetBytes: 16 } }],
  ['KeepAliveTimeout soon', {}, 'CONFIG_ARGUMENTS'],
  ['LimitRequestBody 1k', {}, 'CONFIG_ARGUMENTS'],
  ['RequestReadTimeout 20', {}, 'CONFIG_ARGUMENTS'],
  ['Timeout', {}, 'CONFIG_ARGUMENTS'],
]

describe('limits and timeouts of httpd', () => {
  for (const [text, options, ...expected] of ROWS) {
    it(text === '' ? 'none' : text, () => {
      const { value, complaints } = collect((list) => {
        const front = newFront()
        for (const node of parseHttpd(sourceText('f', text), list)) {
          assert.ok(node.is === 'directive' && frontDirectives.has(node.key))
          readFrontDirective(node, front, list)
        }
        return frontOptions(front)
      })
      assert.deepEqual(value, options)
      assert.deepEqual(codes(complaints), expected)
    })
  }
})

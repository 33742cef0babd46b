import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isLoopback } from './loopback.ts'

describe('loopback', () => {
  for (const text of [
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LocalHost',
  ])
    test(`${text} is`, () => assert.ok(isLoopback(text)))
  for (const text of ['0.0.0.0', '::', '10.0.0.1', '127.1', '127.example.com', 'node1', ''])
    test(`${text} is not, or nobody knows`, () => assert.ok(!isLoopback(text)))
})

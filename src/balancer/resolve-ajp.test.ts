import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointWorkerOptions, LbWorkerOptions } from './options.ts'
import { packetSize, type ResolvedAjp } from './resolve-ajp.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'

function resolve(worker: Partial<EndpointWorkerOptions>, lb: Partial<LbWorkerOptions> = {}) {
  const { workers, warnings } = resolveOptions({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: { a: { type: 'ajp13', ...worker }, lb: { type: 'lb', balanceWorkers: ['a'], ...lb } },
    workerList: ['lb'],
    hosts: [{ names: [], mounts: [], access: [] }],
  })
  return { a: workers.a as ResolvedEndpointWorker, warnings }
}

describe('options of an ajp13 worker', () => {
  const rows: readonly [rule: string, given: Partial<EndpointWorkerOptions>, then: Partial<ResolvedAjp>][] = [
    ['no pings unless asked for', {}, { connectTimeoutMs: 0, prepostTimeoutMs: 0, connectionPingIntervalMs: 0 }],
    [
      'ping_mode A pings in all three places, idle connections every tenth timeout',
      { pingMode: 'A', pingTimeoutMs: 300 },
      { connectTimeoutMs: 300, prepostTimeoutMs: 300, connectionPingIntervalMs: 3_000 },
    ],
    ['ping_mode C', { pingMode: 'C' }, { connectTimeoutMs: 10_000, prepostTimeoutMs: 0, connectionPingIntervalMs: 0 }],
    ['ping_mode P', { pingMode: 'P' }, { connectTimeoutMs: 0, prepostTimeoutMs: 10_000, connectionPingIntervalMs: 0 }],
    ['ping_mode I', { pingMode: 'I' }, { connectTimeoutMs: 0, prepostTimeoutMs: 0, connectionPingIntervalMs: 100_000 }],
    [
      'letters of ping_mode in any case and order',
      { pingMode: 'pc' },
      { connectTimeoutMs: 10_000, prepostTimeoutMs: 10_000, connectionPingIntervalMs: 0 },
    ],
    [
      'what is said of a place goes before ping_mode',
      { pingMode: 'A', connectTimeoutMs: 1, prepostTimeoutMs: 2, connectionPingIntervalMs: 3 },
      { connectTimeoutMs: 1, prepostTimeoutMs: 2, connectionPingIntervalMs: 3 },
    ],
    ['a time pings without ping_mode', { prepostTimeoutMs: 7 }, { connectTimeoutMs: 0, prepostTimeoutMs: 7 }],
    ['a silence within an answer ends', {}, { answerGapMs: 60_000 }],
  ]
  for (const [rule, given, then] of rows) {
    test(rule, () => {
      const { a, warnings } = resolve(given)
      for (const [key, value] of Object.entries(then)) assert.equal(a[key as keyof ResolvedAjp], value, key)
      assert.deepEqual(warnings, [])
    })
  }

  test('unknown letters of ping_mode are passed over with a warning', () => {
    const { a, warnings } = resolve({ pingMode: 'xC' })
    assert.deepEqual([a.connectTimeoutMs, a.prepostTimeoutMs], [10_000, 0])
    assert.deepEqual(warnings, ['workers.a.pingMode: xC holds letters other than C, P, I and A'])
  })

  const sizes: readonly [given: number, then: number][] = [
    [0, 8_192],
    [8_192, 8_192],
    [8_193, 9_216],
    [9_000, 9_216],
    [65_535, 65_536],
    [1_000_000, 65_536],
  ]
  for (const [given, then] of sizes) {
    test(`max_packet_size ${given} is ${then}`, () => {
      assert.equal(resolve({ maxPacketSize: given }).a.maxPacketSize, then)
      assert.equal(packetSize(given), then)
    })
  }

  const secrets: readonly [rule: string, own: string | undefined, ofLb: string | undefined, then: string][] = [
    ['none', undefined, undefined, ''],
    ['its own', 'a', undefined, 'a'],
    ['that of its lb', undefined, 'b', 'b'],
    ['its own before that of its lb', 'a', 'b', 'a'],
    ['none of its own, said explicitly', '', 'b', ''],
  ]
  for (const [rule, own, ofLb, then] of secrets) {
    test(`secret: ${rule}`, () => {
      const { a } = resolve(own === undefined ? {} : { secret: own }, ofLb === undefined ? {} : { secret: ofLb })
      assert.equal(a.secret, then)
    })
  }

  const problems: readonly [rule: string, given: Partial<EndpointWorkerOptions>, problem: RegExp][] = [
    ['a secret with a line break', { secret: 'a\nb' }, /workers\.a\.secret: holds a character that AJP cannot send/],
    ['a secret beyond latin-1', { secret: '\u0416' }, /workers\.a\.secret: /],
    ['a silence without end', { answerGapMs: 0 }, /workers\.a\.answerGapMs: 0 is not within 1/],
    ['no header at all', { maxHeaderCount: 0 }, /workers\.a\.maxHeaderCount: 0 is not within 1/],
  ]
  for (const [rule, given, problem] of problems)
    test(`refused: ${rule}`, () => assert.throws(() => resolve(given), problem))
})

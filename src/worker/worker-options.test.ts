import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectorFileOptions } from './options.ts'
import { resolveOptions, type WorkerOptions } from './worker-options.ts'

const OPTIONS: WorkerOptions = { app: () => {}, connectors: [{ protocol: 'http', port: 8080 }] }

function endpoint(connector: Partial<ConnectorFileOptions>) {
  return resolveOptions({ ...OPTIONS, connectors: [{ protocol: 'http', port: 8080, ...connector }] }).endpoints[0]!
}

describe('worker options', () => {
  it('have defaults that suit a balancer in front', () =>
    assert.deepEqual(endpoint({}), {
      host: undefined,
      port: 8080,
      headTimeoutMs: 60_000,
      keepAliveTimeoutMs: 0,
      requestsPerConnection: 0,
      maxConnections: 8192,
      backlog: 100,
      maxHeadBytes: 8192,
    }))

  it('close idle connections only where that is written out', () => {
    assert.equal(endpoint({ connectionTimeoutMs: 20_000 }).keepAliveTimeoutMs, 0)
    assert.equal(endpoint({ connectionTimeoutMs: 20_000 }).headTimeoutMs, 20_000)
    assert.equal(endpoint({ keepAliveTimeoutMs: 30_000 }).keepAliveTimeoutMs, 30_000)
  })

  it('read -1 as "no limit"', () => {
    const found = endpoint({ connectionTimeoutMs: -1, maxKeepAliveRequests: -1, maxConnections: -1 })
    assert.deepEqual([found.headTimeoutMs, found.requestsPerConnection, found.maxConnections], [0, 0, 0])
  })

  it('make no cluster of one that does not replicate', () => {
    assert.equal(resolveOptions({ ...OPTIONS, cluster: { replicate: false } }).cluster, undefined)
    assert.deepEqual(resolveOptions({ ...OPTIONS, cluster: {} }).cluster, {})
  })

  for (const [rule, options, message] of [
    ['nowhere to listen', { connectors: [] }, /connectors is empty/],
    [
      'a connector that cannot be opened',
      { connectors: [{ protocol: 'ajp', port: 1 }] },
      /connectors\[0\] has the protocol ajp/,
    ],
    ['a port that is none', { connectors: [{ protocol: 'http', port: 65_536 }] }, /connectors\[0\]\.port is 65536/],
    ['a name that is no word', { name: 'my worker' }, /name "my worker" must be/],
    ['a grace below zero', { stopGraceMs: -1 }, /stopGraceMs must be 0 or more, not -1/],
    ['several at once', { name: '', connectors: [] }, /name .*; connectors is empty/],
  ] as const)
    it(`refuse ${rule}`, () =>
      assert.throws(() => resolveOptions({ ...OPTIONS, ...options }), { code: 'WORKER_OPTIONS', message }))
})

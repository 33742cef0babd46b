import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveOptions, type WorkerConnectorOptions, type WorkerOptions } from './worker-options.ts'

const OPTIONS: WorkerOptions = { app: () => {}, connectors: [{ protocol: 'http', port: 8080 }] }

function endpoint(connector: Partial<WorkerConnectorOptions>) {
  const [found] = resolveOptions({ ...OPTIONS, connectors: [{ protocol: 'http', port: 8080, ...connector }] }).endpoints
  assert.ok(found?.protocol === 'http')
  return found.http
}

function ajpEndpoint(connector: Partial<WorkerConnectorOptions>) {
  const [found] = resolveOptions({ ...OPTIONS, connectors: [{ protocol: 'ajp', port: 8009, ...connector }] }).endpoints
  assert.ok(found?.protocol === 'ajp')
  return found.ajp
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

  it('of AJP connectors are passed on, without what belongs to HTTP', () => {
    const ajp = { port: 8009, address: '127.0.0.1', secret: 's', packetSize: 65_536, connectionTimeoutMs: -1 }
    assert.deepEqual(ajpEndpoint({ ...ajp, maxKeepAliveRequests: 1, maxHeaderBytes: 1 }), ajp)
  })

  it('read the pattern of request attributes as Java would', () => {
    const pattern = ajpEndpoint({ allowedRequestAttributesPattern: '[[a-z]&&[^x]]+' }).allowedRequestAttributesPattern
    assert.ok(pattern instanceof RegExp)
    assert.deepEqual([pattern.test('abc'), pattern.test('x')], [true, false])
  })

  it('make no cluster of one that does not replicate', () => {
    assert.equal(resolveOptions({ ...OPTIONS, cluster: { replicate: false } }).cluster, undefined)
    assert.deepEqual(resolveOptions({ ...OPTIONS, cluster: {} }).cluster, {})
  })

  for (const [rule, options, message] of [
    ['nowhere to listen', { connectors: [] }, /connectors is empty/],
    [
      'a pattern that is none',
      { connectors: [{ protocol: 'ajp', port: 1, allowedRequestAttributesPattern: 'a(' }] },
      /connectors\[0\]\.allowedRequestAttributesPattern "a\(" is no regular expression/,
    ],
    ['a port that is none', { connectors: [{ protocol: 'http', port: 65_536 }] }, /connectors\[0\]\.port is 65536/],
    ['a name that is no word', { name: 'my worker' }, /name "my worker" must be/],
    ['a grace below zero', { stopGraceMs: -1 }, /stopGraceMs must be 0 or more, not -1/],
    ['several at once', { name: '', connectors: [] }, /name .*; connectors is empty/],
  ] as const)
    it(`refuse ${rule}`, () =>
      assert.throws(() => resolveOptions({ ...OPTIONS, ...options }), { code: 'WORKER_OPTIONS', message }))
})

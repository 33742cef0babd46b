import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClusterError } from './errors.ts'
import type { ChannelOptions } from './options.ts'
import { decodePayload } from './payload.ts'
import { DEFAULT_LIMITS, resolveOptions, resolveStaticMember } from './resolve-options.ts'
import { countingId } from './testing/fixture.ts'

describe('defaults', () => {
  test('are those of Tomcat, on loopback', () => {
    const options = resolveOptions({})
    assert.deepEqual(options.receiver, { address: '127.0.0.1', port: 4000, autoBind: 100, advertise: '127.0.0.1' })
    assert.equal(options.heartbeatMs, 5000)
    assert.deepEqual(options.sender, { connectTimeoutMs: 1000, timeoutMs: 3000, ackConnections: 4 })
    assert.deepEqual(options.failureDetector, { connectTimeoutMs: 1000, pingMs: 500, removeSuspectsMs: 300_000 })
    assert.equal(options.limits.maxDispatchBytes, 67_108_864)
    assert.equal(options.uniqueId.length, 16)
    assert.deepEqual(decodePayload(options.payload), { version: 1, entries: [] })
  })

  test('every start has another unique id', () => {
    assert.notDeepEqual(resolveOptions({}).uniqueId, resolveOptions({}).uniqueId)
  })

  test('a text domain becomes Latin-1 bytes', () => {
    assert.deepEqual([...resolveOptions({ domain: 'ä' }).domain], [0xe4])
  })

  test('autoBind below 1 means 1', () => {
    assert.equal(resolveOptions({ receiver: { autoBind: 0 } }).receiver.autoBind, 1)
  })

  test('the result cannot be changed', () => {
    assert.ok(Object.isFrozen(resolveOptions({})))
  })
})

describe('complaints', () => {
  const member = { host: '127.0.0.1', port: 4001 }
  const rows: [options: ChannelOptions, complaint: RegExp][] = [
    [{ receiver: { port: -1 } }, /^receiver\.port is -1, it must be 0 to 65535$/],
    [{ receiver: { port: 65536 } }, /^receiver\.port is 65536/],
    [{ receiver: { port: 1.5 } }, /^receiver\.port is 1\.5/],
    [{ receiver: { address: '' } }, /^receiver\.address is empty$/],
    [
      { receiver: { address: '0.0.0.0' }, insecure: true },
      /^other members cannot connect to 0\.0\.0\.0: set receiver\.advertise/,
    ],
    [{ uniqueId: new Uint8Array(15) }, /^uniqueId has 15 bytes, it must have 16$/],
    [{ domain: 'x'.repeat(256) }, /^domain has 256 bytes, at most 255$/],
    [{ payload: new Uint8Array(1025) }, /^payload has 1025 bytes, at most 1024 are allowed$/],
    [{ members: [{ host: '', port: 4001 }] }, /^members\[0\]\.host is empty$/],
    [{ members: [{ host: 'a', port: 0 }] }, /^members\[0\]\.port is 0, it must be 1 to 65535$/],
    [{ members: [{ ...member, uniqueId: new Uint8Array(3) }] }, /^members\[0\]\.uniqueId has 3 bytes/],
    [{ members: [member, member] }, /^members\[1\] is 127\.0\.0\.1:4001 again, as members\[0\]$/],
    [
      { members: [{ host: '10.0.0.12', port: 4000 }] },
      /^members\[0\] \(10\.0\.0\.12:4000\) cannot reach this node at 127\.0\.0\.1: set receiver\.address$/,
    ],
    [{ heartbeatMs: 0 }, /^heartbeatMs is 0, at least 1/],
    [{ heartbeatMs: Number.NaN }, /^heartbeatMs is NaN/],
    [{ heartbeatMs: 2 ** 31 }, /^heartbeatMs is 2147483648, at most 86400000$/],
    [{ sender: { timeoutMs: -1 } }, /^sender\.timeoutMs is -1/],
    [{ sender: { ackConnections: 0 } }, /^sender\.ackConnections is 0/],
    [{ limits: { maxFrameBytes: 100 } }, /^limits\.maxFrameBytes is 100, at least 4096$/],
    [{ limits: { maxQueuedBytesPerMember: 5000 } }, /^limits\.maxQueuedBytesPerMember is 5000, at least 33554432$/],
    [{ failureDetector: { removeSuspectsMs: Number.NaN } }, /^failureDetector\.removeSuspectsMs is no number$/],
  ]
  for (const [options, complaint] of rows) {
    test(String(complaint), () => {
      assert.throws(
        () => resolveOptions(options),
        (error: ClusterError) => {
          assert.equal(error.code, 'CLUSTER_OPTIONS')
          assert.equal(error.complaints.length, 1, error.message)
          assert.match(error.complaints[0] ?? '', complaint)
          return true
        },
      )
    })
  }

  test('come all at once', () => {
    assert.throws(() => resolveOptions({ heartbeatMs: 0, receiver: { port: -1 } }), {
      message: 'channel options: receiver.port is -1, it must be 0 to 65535; heartbeatMs is 0, at least 1',
    })
  })

  test('about a member that is added later', () => {
    assert.throws(() => resolveStaticMember({ host: 'a', port: 0 }), { code: 'CLUSTER_OPTIONS' })
    assert.equal(resolveStaticMember({ host: 'a', port: 1, uniqueId: countingId(0) }).port, 1)
  })
})

describe('listening beyond loopback', () => {
  test('is refused while nothing protects the port', () => {
    assert.throws(() => resolveOptions({ receiver: { address: '10.0.0.11' } }), { code: 'CLUSTER_INSECURE_BIND' })
  })
  test('is allowed when somebody says so', () => {
    assert.equal(resolveOptions({ receiver: { address: '10.0.0.11' }, insecure: true }).insecure, true)
  })
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    test(`${address} is loopback`, () => {
      assert.equal(resolveOptions({ receiver: { address } }).receiver.address, address)
    })
  }
})

test('default limits let the largest frame into every queue', () => {
  const { maxFrameBytes, maxQueuedBytesPerMember, maxDispatchBytes, maxReceiveBytes } = DEFAULT_LIMITS
  assert.ok(Math.min(maxQueuedBytesPerMember, maxDispatchBytes, maxReceiveBytes) >= maxFrameBytes)
})

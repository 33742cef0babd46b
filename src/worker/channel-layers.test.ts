import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { channelLayers, encryptionOf } from './channel-layers.ts'
import type { InterceptorFileOptions } from './options.ts'

const KEY = '000102030405060708090a0b0c0d0e0f'

describe('layers of a file', () => {
  it('stand in the order of the file; those of every channel are left to the channel', () => {
    const names = [
      'ThroughputInterceptor',
      'TcpPingInterceptor',
      'TcpFailureDetector',
      'NonBlockingCoordinator',
      'DomainFilterInterceptor',
      'StaticMembershipInterceptor',
      'TwoPhaseCommitInterceptor',
      'MessageDispatchInterceptor',
      'OrderInterceptor',
      'FragmentationInterceptor',
      'GzipInterceptor',
    ] as const
    assert.deepEqual(
      channelLayers([...names.map((name) => ({ name })), { name: 'EncryptInterceptor', encryptionKey: KEY }]).map(
        ({ name }) => name,
      ),
      ['throughput', 'ping', 'leader-election', 'domain-filter', 'two-phase-commit', 'order', 'fragmentation', 'gzip'],
    )
  })
})

describe('encryption of a file', () => {
  const rows: [rule: string, interceptors: InterceptorFileOptions[], encryption: object | undefined][] = [
    ['is none without the interceptor', [{ name: 'GzipInterceptor' }], undefined],
    [
      'is that of Tomcat',
      [{ name: 'GzipInterceptor' }, { name: 'EncryptInterceptor', encryptionKey: KEY, replayWindowTimeMs: 5 }],
      { keys: [KEY], format: 'tomcat', clockToleranceMs: 5 },
    ],
    [
      'has several keys where the file has them',
      [{ name: 'EncryptInterceptor', encryptionKey: `${KEY}, ${KEY}00`, replayWindowMessageCount: 9 }],
      { keys: [KEY, `${KEY}00`], format: 'tomcat', replayMessages: 9 },
    ],
  ]
  for (const [rule, interceptors, encryption] of rows) {
    it(rule, () => assert.deepEqual(encryptionOf(interceptors), encryption))
  }
})

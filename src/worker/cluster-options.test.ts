import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import {
  decodePayload,
  encodePayload,
  type Member,
  PAYLOAD_ENTRY,
  payloadValue,
  resolveOptions as resolveChannel,
} from '../cluster/index.ts'
import { createSessionManager } from '../session/index.ts'
import { channelOptions, sessionOptions } from './cluster-options.ts'
import { type ClusterOptions, resolveOptions, type WorkerOptions } from './worker-options.ts'

function worker(cluster: ClusterOptions, more: Partial<WorkerOptions> = {}) {
  return resolveOptions({
    app: () => {},
    jvmRoute: 'tomcat1',
    connectors: [{ protocol: 'http', port: 0 }],
    cluster,
    ...more,
  })
}

/** What the channel makes of a cluster. */
function channel(cluster: ClusterOptions) {
  return resolveChannel(channelOptions(cluster, worker(cluster)))
}

describe('channel of a worker', () => {
  it('listens on loopback unless it is told to do otherwise', () =>
    assert.equal(channel({}).receiver.address, '127.0.0.1'))

  it('takes the name of the machine for `auto`, as Tomcat does', () =>
    assert.equal(channelOptions({ receiver: { address: 'auto' } }, worker({})).receiver?.address, hostname()))

  it('says its route', () => {
    const payload = decodePayload(channel({}).payload)
    assert.equal(Buffer.from(payloadValue(payload!, 1)!).toString(), 'tomcat1')
  })

  it('has what the file says', () => {
    const id = Uint8Array.from({ length: 16 }, (_, index) => index)
    const options = channel({
      clusterName: 'Catalina',
      receiver: { address: '127.0.0.11', port: 4005, autoBind: 1 },
      staticMembers: [{ host: '127.0.0.12', port: 4000, uniqueId: id }],
      localMember: { uniqueId: id },
      heartbeatMs: 700,
      sender: { timeoutMs: 800 },
      interceptors: [
        { name: 'MessageDispatchInterceptor', maxQueueBytes: 2 ** 26 },
        { name: 'TcpFailureDetector', connectTimeoutMs: 90, removeSuspectsTimeoutMs: 91 },
      ],
    })
    assert.equal(options.name, 'Catalina')
    assert.deepEqual(options.receiver, { address: '127.0.0.11', advertise: '127.0.0.11', port: 4005, autoBind: 1 })
    assert.equal(options.members[0]!.host, '127.0.0.12')
    assert.deepEqual(options.uniqueId, id)
    assert.equal(options.heartbeatMs, 700)
    assert.equal(options.sender.timeoutMs, 800)
    assert.deepEqual(options.failureDetector, { connectTimeoutMs: 90, removeSuspectsMs: 91, pingMs: 500 })
    assert.equal(options.limits.maxDispatchBytes, 2 ** 26)
  })

  it('drops, waits or fails when too much waits, as alwaysSend says', () => {
    const policies = [undefined, true, false].map((alwaysSend) => {
      const dispatch = {
        name: 'MessageDispatchInterceptor',
        ...(alwaysSend === undefined ? {} : { alwaysSend }),
      } as const
      return channel({ interceptors: [dispatch] }).whenDispatchFull
    })
    assert.deepEqual(policies, ['drop', 'wait', 'throw'])
  })

  it('leaves loopback only when that is written out', () => {
    const receiver = { address: '192.0.2.1' }
    assert.throws(() => channel({ receiver }), { code: 'CLUSTER_INSECURE_BIND' })
    assert.equal(channel({ receiver, insecure: true }).receiver.address, '192.0.2.1')
    const encryptionKey = '000102030405060708090a0b0c0d0e0f'
    for (const cluster of [
      { encryption: { keys: [encryptionKey] } },
      { interceptors: [{ name: 'EncryptInterceptor', encryptionKey } as const] },
    ]) {
      assert.equal(channel({ receiver, ...cluster }).receiver.address, '192.0.2.1')
    }
  })
})

describe('sessions of a worker', () => {
  it('have one name on all nodes, whatever those call their hosts', () =>
    assert.equal(sessionOptions(worker({ clusterName: 'x' })).name, 'localhost#'))

  it('are shared with members that say they understand ours, not with a Tomcat', () => {
    const accepts = (payload: Uint8Array) => sessionOptions(worker({})).accepts!({ payload } as Member)
    assert.equal(accepts(channel({}).payload), true, 'another worker')
    assert.equal(accepts(new Uint8Array(0)), false, 'a Tomcat')
    assert.equal(accepts(encodePayload({ version: 1, entries: [] })), false, 'somebody else on the channel')
    const later = [{ type: PAYLOAD_ENTRY.SESSION_FORMATS, value: Uint8Array.of(0xc1, 0xc2) }]
    assert.equal(accepts(encodePayload({ version: 9, entries: later })), true, 'one that understands a later form, too')
  })

  it('have what the file says, the context before the manager', () => {
    const manager = { kind: 'delta', maxInactiveMs: 5000, stateTransferTimeoutMs: 900, maxActiveSessions: 7 } as const
    const cluster: ClusterOptions = { channelSendOptions: 6, manager }
    const options = sessionOptions(worker(cluster))
    assert.equal(options.maxInactiveIntervalMs, 5000)
    assert.equal(options.sendOptions, 6)
    assert.equal(options.stateTimeoutMs, 900)
    assert.equal(options.limits?.sessions, 7)
    assert.equal(sessionOptions(worker(cluster, { session: { timeoutMs: 60_000 } })).maxInactiveIntervalMs, 60_000)
  })

  it('are ended and refused as the file says; not where a store has them, which knows neither', () => {
    const policies = { whenFull: 'end-idlest', whenMinority: 'refuse' } as const
    const { whenFull, whenMinority } = sessionOptions(worker({ manager: { kind: 'backup', ...policies } }))
    assert.deepEqual({ whenFull, whenMinority }, policies)
    const store = { kind: 'redis', url: 'redis://127.0.0.1:6379' } as const
    const stored = sessionOptions(worker({ manager: { kind: 'persistent', store, ...policies } }))
    assert.deepEqual([stored.whenFull, stored.whenMinority], [undefined, undefined])
  })

  const backups: [what: string, given: object, sendOptions: number, fetchTimeoutMs: number | undefined][] = [
    ['wait for the copy unless told otherwise, as in Tomcat', {}, 6, undefined],
    ['are sent as mapSendOptions says, whatever the channel does', { mapSendOptions: 8, rpcTimeoutMs: 500 }, 8, 500],
  ]
  for (const [what, given, sendOptions, fetchTimeoutMs] of backups) {
    it(`of a BackupManager ${what}`, () => {
      const options = sessionOptions(worker({ channelSendOptions: 2, manager: { kind: 'backup', ...given } }))
      assert.deepEqual(
        [options.manager, options.sendOptions, options.fetchTimeoutMs],
        ['backup', sendOptions, fetchTimeoutMs],
      )
    })
  }

  it('have defaults where the file says nothing or "no limit"', () => {
    const options = sessionOptions(worker({ manager: { kind: 'delta', maxActiveSessions: -1 } }))
    assert.deepEqual(options.limits, {})
    assert.equal(createSessionManager(options).limits.sessions, 1_000_000)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WorkerFileOptions } from '../worker/index.ts'
import { overlay, type WorkerFlags } from './worker-flags.ts'

const FILE: WorkerFileOptions = {
  name: 'tomcat1',
  jvmRoute: 'tomcat1',
  connectors: [{ protocol: 'http', port: 8080 }],
  session: { timeoutMs: 1000 },
}

const CLUSTER: NonNullable<WorkerFileOptions['cluster']> = {
  scope: 'engine',
  channelSendOptions: 8,
  manager: { kind: 'delta' },
  membership: { kind: 'multicast' },
  receiver: { port: 4000, autoBind: 100 },
  sender: {},
  staticMembers: [],
  replicate: true,
  bindRoute: true,
}

describe('worker flags', () => {
  it('turn the admin port on, on loopback unless they say otherwise', () =>
    assert.deepEqual(overlay(FILE, { admin: '8095' }).admin, { address: '127.0.0.1', port: 8095 }))

  it('leave the admin port of the file, unless they name another', () => {
    const file = { ...FILE, admin: { port: 8095 } }
    assert.deepEqual(overlay(file, {}).admin, { port: 8095 })
    assert.deepEqual(overlay(file, { admin: '8096' }).admin, { address: '127.0.0.1', port: 8096 })
  })

  it('leave the admin port off', () => assert.equal('admin' in overlay(FILE, {}), false))

  it('must name the admin port as an address', () =>
    assert.throws(() => overlay(FILE, { admin: 'here' }), /--admin here is not HOST:PORT/))

  it('are enough without a file', () =>
    assert.deepEqual(
      overlay(undefined, {
        name: 'w1',
        http: ['8091'],
        channel: '127.0.0.1:4000',
        peer: ['127.0.0.1:4001'],
        sync: true,
      }),
      {
        name: 'w1',
        jvmRoute: 'w1',
        connectors: [{ protocol: 'http', address: '127.0.0.1', port: 8091 }],
        cluster: {
          receiver: { address: '127.0.0.1', port: 4000, autoBind: 1 },
          staticMembers: [{ host: '127.0.0.1', port: 4001 }],
          channelSendOptions: 6,
        },
      },
    ))

  it('give AJP connectors the secret', () => {
    const { connectors } = overlay(undefined, { ajp: ['8009'], http: ['[::1]:8080'] }, 'hidden')
    assert.deepEqual(connectors, [
      { protocol: 'ajp', address: '127.0.0.1', port: 8009, secret: 'hidden' },
      { protocol: 'http', address: '::1', port: 8080 },
    ])
  })

  it('may open AJP without a secret, where that is written out', () => {
    const { connectors } = overlay(undefined, { ajp: ['h:1'], http: ['2'], insecure: true })
    assert.deepEqual(connectors, [
      { protocol: 'ajp', address: 'h', port: 1, secretRequired: false, insecure: true },
      { protocol: 'http', address: '127.0.0.1', port: 2 },
    ])
  })

  it('may open the file’s AJP connectors beyond loopback, where that is written out', () => {
    const ajp = { protocol: 'ajp', address: '10.0.0.1', port: 8009, secretRequired: false } as const
    const { connectors } = overlay({ ...FILE, connectors: [ajp] }, { insecure: true }, 'for flags only')
    assert.deepEqual(connectors, [{ ...ajp, insecure: true }])
  })

  it('leave a file as it is when there are none', () => assert.deepEqual(overlay(FILE, {}), FILE))

  it('win over the file', () => {
    const options = overlay(
      { ...FILE, cluster: CLUSTER },
      { name: 'b', http: ['[::1]:1', '2'], channel: '5', sync: true, insecure: true },
    )
    assert.equal(options.jvmRoute, 'b')
    assert.deepEqual(
      options.connectors.map(({ address, port }) => [address, port]),
      [
        ['::1', 1],
        ['127.0.0.1', 2],
      ],
    )
    assert.deepEqual(options.cluster?.receiver, { address: '127.0.0.1', port: 5, autoBind: 1 })
    assert.equal(options.cluster?.channelSendOptions, 6)
    assert.equal(options.cluster?.insecure, true)
    assert.deepEqual(options.session, FILE.session)
  })

  it('keep the rest of the file’s cluster', () => {
    const options = overlay({ ...FILE, cluster: CLUSTER }, { peer: ['h:9'] })
    assert.deepEqual(options.cluster, { ...CLUSTER, staticMembers: [{ host: 'h', port: 9 }] })
  })

  const WRONG: [string, WorkerFileOptions | undefined, WorkerFlags, string[]][] = [
    ['nowhere to listen', undefined, {}, ['worker needs --ajp HOST:PORT or --http HOST:PORT']],
    [
      'a file without a connector',
      { ...FILE, connectors: [] },
      {},
      ['the file has no connector; add --ajp HOST:PORT or --http HOST:PORT'],
    ],
    [
      'AJP without a secret',
      undefined,
      { ajp: ['8009'] },
      ["--ajp needs the balancer's secret in the variable CLOWDER_AJP_SECRET, or --insecure to do without"],
    ],
    ['nothing to be insecure', FILE, { insecure: true }, ['--insecure needs --channel HOST:PORT or --ajp HOST:PORT']],
    [
      'several at once',
      undefined,
      { http: ['x'], peer: ['y'], sync: true },
      [
        '--http x is not HOST:PORT',
        '--peer y is not HOST:PORT',
        '--peer needs --channel HOST:PORT',
        '--sync needs --channel HOST:PORT',
      ],
    ],
  ]
  for (const [rule, file, flags, lines] of WRONG)
    it(`are refused: ${rule}`, () => assert.throws(() => overlay(file, flags), { code: 'CLI_USAGE', lines }))
})

/** The corrected files of the article load without a complaint, and say what the article says. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import { loadBalancerConfiguration, loadWorkerConfiguration } from './load.ts'

const folder = join(projectRoot(), 'examples/article')

describe('examples/article', () => {
  test('jk.conf with workers.properties', async () => {
    const { options, complaints } = await loadBalancerConfiguration(join(folder, 'jk.conf'))
    assert.deepEqual(complaints, [])
    assert.deepEqual(options?.listen, [{ host: '127.0.0.1', port: 8080 }])
    assert.deepEqual(options?.workerList, ['loadbalancer', 'jkstatus', 'jkmanager'])
    assert.deepEqual(options?.workers.loadbalancer, { type: 'lb', balanceWorkers: ['tomcat1', 'tomcat2'] })
    assert.deepEqual(options?.workers.tomcat1, {
      type: 'ajp13',
      host: '127.0.0.11',
      port: 8081,
      secret: 'choose-your-own',
      connectionPoolSize: 200,
      connectionPoolTimeoutMs: 600_000,
      socketKeepalive: true,
    })
    assert.deepEqual(
      options?.hosts.map(({ mounts }) => mounts.map(({ pattern, worker }) => [pattern, worker])),
      [
        [
          ['/*', 'loadbalancer'],
          ['/jk-status', 'jkstatus'],
          ['/jk-manager', 'jkmanager'],
        ],
      ],
    )
  })

  for (const [me, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    test(`server-tomcat${me}.xml`, async () => {
      const { options, complaints } = await loadWorkerConfiguration(join(folder, `server-tomcat${me}.xml`))
      assert.deepEqual(complaints, [])
      assert.equal(options?.jvmRoute, `tomcat${me}`)
      assert.deepEqual(options?.connectors, [
        { protocol: 'ajp', address: `127.0.0.1${me}`, port: 8080 + me, secret: 'choose-your-own' },
      ])
      const { cluster } = options
      assert.deepEqual(cluster?.receiver, { address: `127.0.0.1${me}`, port: 4000, autoBind: 1 })
      assert.deepEqual([cluster?.channelSendOptions, cluster?.channelStartOptions], [8, 3])
      assert.equal(cluster?.localMember?.uniqueId[15], me)
      assert.deepEqual(
        cluster?.staticMembers?.map(({ host, port, uniqueId }) => [host, port, uniqueId?.[15]]),
        [[`127.0.0.1${other}`, 4000, other]],
      )
      assert.deepEqual([cluster?.replicate, cluster?.bindRoute], [true, true])
    })
  }

  test('the workers stand where the balancer looks for them, under the names and with the secrets it knows', async () => {
    const balancer = (await loadBalancerConfiguration(join(folder, 'jk.conf'))).options
    for (const number of [1, 2]) {
      const worker = (await loadWorkerConfiguration(join(folder, `server-tomcat${number}.xml`))).options
      const member = balancer?.workers[worker?.jvmRoute ?? '']
      const [connector] = worker?.connectors ?? []
      assert.ok(member?.type === 'ajp13' && connector?.protocol === 'ajp')
      assert.deepEqual([member.host, member.port, member.secret], [connector.address, connector.port, connector.secret])
    }
  })
})

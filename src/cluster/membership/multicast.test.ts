/** Multicast in networks of its own: clowder members among themselves, and with a live Tomcat. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createNetwork, type Network, needsNetwork } from '../../../test/kit/netns.ts'
import { needsPeer } from '../../../test/kit/peers.ts'
import type { Running } from '../../../test/kit/process.ts'
import { suite } from '../../../test/kit/suite.ts'
import { startTomcat } from '../../../test/kit/tomcat.ts'
import { until } from '../../../test/kit/until.ts'
import type { ChannelOptions } from '../options.ts'

const extension = import.meta.url.slice(-3)
const NODE = fileURLToPath(new URL(`../testing/channel-node${extension}`, import.meta.url))

async function join(network: Network, node: string, address: string, more: ChannelOptions = {}): Promise<Running> {
  const options: ChannelOptions = {
    receiver: { address, port: 4000, autoBind: 1 },
    insecure: true,
    membership: [{ type: 'multicast', bind: address }],
    ...more,
  }
  const running = await network.start(node, process.execPath, [...process.execArgv, NODE, JSON.stringify(options)])
  await running.waitForLine(/^ready/)
  return running
}

suite('multicast', needsNetwork(), () => {
  test('members find each other, and are in view when start resolves', async (t) => {
    const nodes = { a: '10.0.0.1/24', b: '10.0.0.2/24', c: '10.0.0.3/24' }
    const network = await createNetwork({ owner: t, nodes })
    const a = await join(network, 'a', '10.0.0.1')
    const b = await join(network, 'b', '10.0.0.2')
    assert.match(b.lines.join(), /ready 10.0.0.2:4000 10.0.0.1:4000/)
    await a.waitForLine(/^\+10.0.0.2:4000/)
    const c = await join(network, 'c', '10.0.0.3')
    assert.match(c.lines.join(), /ready 10.0.0.3:4000 10.0.0.\d:4000,10.0.0.\d:4000/)

    c.signal('SIGKILL')
    await a.waitForLine(/^-10.0.0.3:4000 unreachable/)
    await b.waitForLine(/^-10.0.0.3:4000 unreachable/)
    await b.stop()
    await a.waitForLine(/^-10.0.0.2:4000 stopped/)
  })

  test('a partition is noticed, and what it parted finds each other again', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { a: '10.0.0.1/24', b: '10.0.0.2/24' } })
    const a = await join(network, 'a', '10.0.0.1')
    const b = await join(network, 'b', '10.0.0.2')
    await a.waitForLine(/^\+10.0.0.2:4000/)
    await network.partition(['a'], ['b'])
    await a.waitForLine(/^-10.0.0.2:4000 unreachable/)
    await b.waitForLine(/^-10.0.0.1:4000 unreachable/)
    await network.heal()
    const found = (node: Running) => node.lines.filter((line) => line.startsWith('+')).length
    await until('both are back', () => found(a) === 2 && found(b) === 2, { deadlineMs: 10_000 })
  })
})

/** As tomcat-cluster.md 10.9 has it, on the address of the Tomcat's node. */
const cluster = (address: string) => `
  <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
    <Manager className="org.apache.catalina.ha.session.DeltaManager" stateTransferTimeout="1"/>
    <Channel className="org.apache.catalina.tribes.group.GroupChannel">
      <Membership className="org.apache.catalina.tribes.membership.McastService" bind="${address}"/>
      <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver"
                address="${address}" port="4000" autoBind="1"/>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
    </Channel>
  </Cluster>`

suite('multicast with a live Tomcat', needsPeer('netns', 'tomcat'), () => {
  test('both see each other come and go; a Tomcat that was killed and restarted leaves no ghost', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { node: '10.0.0.1/24', tomcat: '10.0.0.2/24' } })
    const node = await join(network, 'node', '10.0.0.1')
    const tomcat = () => startTomcat({ owner: t, cluster: cluster('10.0.0.2'), launch: network.launcher('tomcat') })
    const first = await tomcat()
    await node.waitForLine(/^\+10.0.0.2:4000/)
    await first.process.waitForLine(/Replication member added.*10, 0, 0, 1.*:4000/, 20_000)

    await first.process.kill()
    await node.waitForLine(/^-10.0.0.2:4000 unreachable/)
    const second = await tomcat()
    await second.process.waitForLine(/Replication member added.*10, 0, 0, 1.*:4000/, 20_000)
    const view = () =>
      node.lines
        .filter((line) => /^[+-]/.test(line))
        .map((line) => line[0])
        .join('')
    assert.equal(view(), '+-+')

    await second.process.stop('SIGTERM', 20_000)
    await node.waitForLine(/^-10.0.0.2:4000 stopped/)
  })

  test('a Tomcat hears the goodbye of a node', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { node: '10.0.0.1/24', tomcat: '10.0.0.2/24' } })
    const { process: tomcat } = await startTomcat({
      owner: t,
      cluster: cluster('10.0.0.2'),
      launch: network.launcher('tomcat'),
    })
    const node = await join(network, 'node', '10.0.0.1')
    await tomcat.waitForLine(/Replication member added/, 20_000)
    await node.stop()
    await tomcat.waitForLine(/Received member disappeared/, 20_000)
  })
})

/** Multicast in networks of its own: clowder members among themselves, and with a live Tomcat. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createNetwork, type Network, needsNetwork } from '../../../test/kit/netns.ts'
import { needsPeer } from '../../../test/kit/peers.ts'
import { freePort } from '../../../test/kit/ports.ts'
import type { Running } from '../../../test/kit/process.ts'
import { suite } from '../../../test/kit/suite.ts'
import { startTomcat } from '../../../test/kit/tomcat.ts'
import { until } from '../../../test/kit/until.ts'
import type { ClusterEvent } from '../events.ts'
import { createChannel } from '../group-channel.ts'
import { encodeMember } from '../member-packet.ts'
import type { ChannelOptions } from '../options.ts'
import { testMember } from '../testing/fixture.ts'

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
    await until('both are back', () => found(a) === 2 && found(b) === 2)
  })
})

test('members on loopback hear each other there, and nobody else does', async (t) => {
  const port = await freePort()
  const open = async () => {
    const channel = createChannel({ receiver: { port: 0 }, membership: [{ type: 'multicast', port, frequencyMs: 50 }] })
    t.after(() => channel.stop())
    await channel.start()
    return channel
  }
  const [a, b] = [await open(), await open()]
  await until('they are together', () => a.members().length === 1 && b.members().length === 1)

  // What a node beyond loopback says is not for those who cannot be reached by it.
  const stranger = createSocket('udp4')
  t.after(() => void stranger.close())
  await new Promise<void>((bound) => void stranger.bind(0, '127.0.0.1', bound))
  stranger.setMulticastInterface('127.0.0.1')
  const send = (bytes: Uint8Array) => new Promise((sent) => stranger.send(bytes, port, '228.0.0.4', sent))
  const failures: ClusterEvent[] = []
  a.on('event', (event) => event.type === 'membership-failed' && failures.push(event))
  await send(encodeMember(testMember(9)))
  await send(encodeMember(testMember(9, { host: a.local.host, port: 70_000 })))
  await send(Buffer.from('garbage'))
  await until('the garbage is told', () => failures.length > 0)
  assert.deepEqual(a.snapshot().missing, [])
  assert.equal(a.members().length, 1)
})

test('a group that cannot be joined is told, and tried again', async (t) => {
  const channel = createChannel({
    receiver: { port: 0 },
    // An address of documentation (RFC 5737) is no interface of this machine.
    membership: [
      { type: 'multicast', port: await freePort(), bind: '192.0.2.77', frequencyMs: 10, recoverySleepMs: 10 },
    ],
    heartbeatMs: 20,
  })
  t.after(() => channel.stop())
  let count = 0
  channel.on('event', (event) => {
    if (event.type !== 'membership-failed') return
    assert.match(String(event.cause), /cannot join multicast 228.0.0.4/)
    count += event.count
  })
  await channel.start()
  await until('it was tried again', () => count > 2)
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
    await first.process.waitForLine(/Replication member added.*10, 0, 0, 1.*:4000/)

    await first.process.kill()
    await node.waitForLine(/^-10.0.0.2:4000 unreachable/)
    const second = await tomcat()
    await second.process.waitForLine(/Replication member added.*10, 0, 0, 1.*:4000/)
    const view = () =>
      node.lines
        .filter((line) => /^[+-]/.test(line))
        .map((line) => line[0])
        .join('')
    await until('the node sees it, too', () => view().length > 2)
    assert.equal(view(), '+-+')

    await second.process.stop()
    // `stopped` or `unreachable`: it closes its port before it says goodbye, and either may be heard first.
    await until('the node sees it go', () => view() === '+-+-')
  })

  test('a Tomcat hears the goodbye of a node', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { node: '10.0.0.1/24', tomcat: '10.0.0.2/24' } })
    const { process: tomcat } = await startTomcat({
      owner: t,
      cluster: cluster('10.0.0.2'),
      launch: network.launcher('tomcat'),
    })
    const node = await join(network, 'node', '10.0.0.1')
    await tomcat.waitForLine(/Replication member added/)
    await node.stop()
    await tomcat.waitForLine(/Received member disappeared/)
  })
})

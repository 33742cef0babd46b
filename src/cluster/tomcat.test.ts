/** In one group with a real Tomcat 10.1: both ends see each other come and go, and messages pass in both directions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsPeer } from '../../test/kit/peers.ts'
import { freePort } from '../../test/kit/ports.ts'
import { startTomcat, type Tomcat } from '../../test/kit/tomcat.ts'
import { until } from '../../test/kit/until.ts'
import { SEND } from './channel.ts'
import type { ClusterEvent } from './events.ts'
import { createChannel } from './group-channel.ts'
import { countingId } from './testing/fixture.ts'

const nodeId = countingId(0x10)
const tomcatId = countingId(0x60)
const signed = (id: Uint8Array) => `{${[...Int8Array.from(id)].join(',')}}`

/** Interceptor based static membership without multicast (tomcat-cluster.md 10.9). */
const cluster = (tomcatPort: number, nodePort: number) => `
  <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6" channelStartOptions="3">
    <Manager className="org.apache.catalina.ha.session.DeltaManager" stateTransferTimeout="1"/>
    <Channel className="org.apache.catalina.tribes.group.GroupChannel">
      <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver"
                address="127.0.0.1" port="${tomcatPort}" autoBind="1"/>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpPingInterceptor"/>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor">
        <LocalMember className="org.apache.catalina.tribes.membership.StaticMember" uniqueId="${signed(tomcatId)}"/>
        <Member className="org.apache.catalina.tribes.membership.StaticMember"
                host="127.0.0.1" port="${nodePort}" uniqueId="${signed(nodeId)}"/>
      </Interceptor>
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
    </Channel>
  </Cluster>`

const logged = (tomcat: Tomcat, line: RegExp) => tomcat.process.waitForLine(line)

test('a node and a Tomcat are members of one group', needsPeer('tomcat'), async (t) => {
  const [tomcatPort, nodePort] = [await freePort(), await freePort()]
  const channel = createChannel({
    uniqueId: nodeId,
    receiver: { port: nodePort, autoBind: 1 },
    members: [{ host: '127.0.0.1', port: tomcatPort, uniqueId: tomcatId }],
    heartbeatMs: 500,
  })
  t.after(() => channel.stop())
  const events: ClusterEvent[] = []
  channel.on('event', (event) => events.push(event))
  const bodies: Buffer[] = []
  const failed: string[] = []
  channel.addListener({
    message: ({ body }) => Boolean(bodies.push(Buffer.from(body))),
    sendFailed: (_members, cause) => failed.push(cause.code),
  })
  await channel.start()
  assert.equal(channel.members().length, 0)

  const tomcat = await startTomcat({ owner: t, jvmRoute: 'A', cluster: cluster(tomcatPort, nodePort) })
  await until('it is a member here', () => channel.members().length === 1)
  await logged(tomcat, new RegExp(`Replication member added.*:${nodePort},`))

  const has = (text: string) => bodies.some((body) => body.includes(text))
  await until('it asks for the sessions', () => has('org.apache.catalina.ha.session.SessionMessageImpl'))
  const answer = await fetch(`http://127.0.0.1:${tomcat.port}/count`)
  const session = /^1 ([0-9A-F]{32}\.A) /.exec(await answer.text())?.[1]
  assert.ok(session !== undefined)
  await until('its session is told', () => has(session))

  // Tomcat acknowledges what it cannot read, too: it arrived and was handed on.
  await channel.send(
    channel.members(),
    Buffer.from('not Java'),
    SEND.USE_ACK | SEND.SYNCHRONIZED_ACK | SEND.BYTE_MESSAGE,
  )
  await channel.send(channel.members(), Buffer.from('not Java'), SEND.ASYNCHRONOUS | SEND.BYTE_MESSAGE)

  assert.deepEqual(failed, [])

  tomcat.process.signal('SIGKILL')
  await until('its death is noticed', () => channel.members().length === 0)
  assert.deepEqual(
    events.filter(({ type }) => type === 'stranger' || type === 'connection-refused' || type === 'listener-failed'),
    [],
  )
})

test('a Tomcat hears the goodbye of a node, and a node that of a Tomcat', needsPeer('tomcat'), async (t) => {
  const [tomcatPort, nodePort] = [await freePort(), await freePort()]
  const tomcat = await startTomcat({ owner: t, jvmRoute: 'A', cluster: cluster(tomcatPort, nodePort) })
  const join = async () => {
    const channel = createChannel({
      uniqueId: nodeId,
      receiver: { port: nodePort, autoBind: 1 },
      members: [{ host: '127.0.0.1', port: tomcatPort, uniqueId: tomcatId }],
      sender: { connectTimeoutMs: 30_000 },
    })
    t.after(() => channel.stop())
    await channel.start()
    assert.equal(channel.members().length, 1, 'start waits for it')
    return channel
  }
  const first = await join()
  await logged(tomcat, /Replication member added/)
  await first.stop()
  await logged(tomcat, /Received member disappeared/)

  const second = await join()
  const reasons: string[] = []
  second.on('event', (event) => event.type === 'member-disappeared' && reasons.push(event.reason))
  tomcat.process.signal('SIGTERM')
  await until('it is gone', () => second.members().length === 0)
  assert.deepEqual(reasons, ['stopped'])
})

/** With a real Tomcat 10.1 that encrypts, compresses, cuts and numbers its messages: both ends understand each other. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { needsPeer } from '../../test/kit/peers.ts'
import { freePort } from '../../test/kit/ports.ts'
import { startTomcat } from '../../test/kit/tomcat.ts'
import { until } from '../../test/kit/until.ts'
import { SEND } from './channel.ts'
import { createChannel } from './group-channel.ts'
import { fragmentation } from './interceptors/fragmentation.ts'
import { gzip } from './interceptors/gzip.ts'
import { order } from './interceptors/order.ts'
import { countingId } from './testing/fixture.ts'

const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const SYNC = SEND.BYTE_MESSAGE | SEND.USE_ACK | SEND.SYNCHRONIZED_ACK
const nodeId = countingId(0x10)
const tomcatId = countingId(0x60)
const signed = (id: Uint8Array) => `{${[...Int8Array.from(id)].join(',')}}`
const interceptor = (name: string, attributes = '') =>
  `<Interceptor className="org.apache.catalina.tribes.group.interceptors.${name}" ${attributes}/>`

const cluster = (tomcatPort: number, nodePort: number) => `
  <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6" channelStartOptions="3">
    <Manager className="org.apache.catalina.ha.session.DeltaManager" stateTransferTimeout="1"/>
    <Channel className="org.apache.catalina.tribes.group.GroupChannel">
      <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver"
                address="127.0.0.1" port="${tomcatPort}" autoBind="1"/>
      ${interceptor('OrderInterceptor')}
      ${interceptor('FragmentationInterceptor', 'maxSize="200"')}
      ${interceptor('GzipInterceptor')}
      ${interceptor('EncryptInterceptor', `encryptionKey="${KEY}" encryptionAlgorithm="AES/GCM/NoPadding"`)}
      ${interceptor('TcpPingInterceptor')}
      ${interceptor('TcpFailureDetector')}
      <Interceptor className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor">
        <LocalMember className="org.apache.catalina.tribes.membership.StaticMember" uniqueId="${signed(tomcatId)}"/>
        <Member className="org.apache.catalina.tribes.membership.StaticMember"
                host="127.0.0.1" port="${nodePort}" uniqueId="${signed(nodeId)}"/>
      </Interceptor>
      ${interceptor('MessageDispatchInterceptor')}
    </Channel>
  </Cluster>`

async function together(owner: TestContext, key: string) {
  const [tomcatPort, nodePort] = [await freePort(), await freePort()]
  const channel = createChannel({
    uniqueId: nodeId,
    receiver: { port: nodePort, autoBind: 1 },
    members: [{ host: '127.0.0.1', port: tomcatPort, uniqueId: tomcatId }],
    heartbeatMs: 500,
    interceptors: [order(), fragmentation({ maxBytes: 200 }), gzip()],
    encryption: { keys: [key], format: 'tomcat' },
  })
  owner.after(() => channel.stop())
  const bodies: Buffer[] = []
  channel.addListener({ message: ({ body }) => Boolean(bodies.push(Buffer.from(body))) })
  await channel.start()
  const tomcat = await startTomcat({ owner, jvmRoute: 'A', cluster: cluster(tomcatPort, nodePort) })
  await until('it is a member here', () => channel.members().length === 1)
  await tomcat.process.waitForLine(new RegExp(`Replication member added.*:${nodePort},`))
  return {
    channel,
    bodies,
    counters: () => channel.snapshot().layers.encrypt!,
    session: async () => {
      const answer = await fetch(`http://127.0.0.1:${tomcat.port}/count`)
      return /^1 ([0-9A-F]{32}\.A) /.exec(await answer.text())![1]!
    },
    /** A large message, acknowledged after Tomcat has processed it. */
    say: () => channel.send(channel.members(), Buffer.alloc(5000, 'large '), SYNC),
    /** What Tomcat cannot decrypt it logs; among that the seals of our notifications, which are not for it. */
    undecrypted: () => tomcat.process.lines.filter((line) => /Failed to decrypt message/.test(line)).length,
  }
}

test('a node and a Tomcat with the same key and layers hear each other', needsPeer('tomcat'), async (t) => {
  const { bodies, counters, session, say, undecrypted } = await together(t, KEY)
  const id = await session()
  await until('its session is told', () => bodies.some((body) => body.includes(id)))
  assert.ok(bodies.every((body) => body.subarray(0, 4).toString('hex') === 'aced0005'))
  assert.deepEqual([counters().unreadable, counters().replayed], [0, 0])
  const before = undecrypted()
  for (let i = 0; i < 3; i++) await say()
  assert.equal(undecrypted(), before)
})

test('a node and a Tomcat with different keys do not', needsPeer('tomcat'), async (t) => {
  const { bodies, counters, session, say, undecrypted } = await together(t, KEY.replace('00', 'ff'))
  await session()
  await until('its messages are refused', () => counters().unreadable! > 0)
  assert.deepEqual(bodies, [])
  const before = undecrypted()
  await say()
  await until('it refuses ours', () => undecrypted() > before)
})

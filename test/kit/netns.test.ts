import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { createNetwork, needsNetwork } from './netns.ts'
import { needsPeer, peer } from './peers.ts'
import { suite } from './suite.ts'
import { startTomcat } from './tomcat.ts'
import { until } from './until.ts'

const SERVER = `const server = require('node:net').createServer((socket) => socket.end('hello'))
server.listen(8080, '0.0.0.0', () => console.log('listening'))`

/** Prints what the server says, or fails when it has said nothing for so long. */
const client = (host: string, patienceMs = 60_000) => [
  '-e',
  `const socket = require('node:net').connect(8080, '${host}').setTimeout(${patienceMs}, () => socket.destroy(new Error('lost')))
   socket.pipe(process.stdout)`,
]

suite('network', needsNetwork(), () => {
  test('nodes reach each other and nothing else', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { a: '192.168.1.100/24', b: '192.168.1.200/24' } })
    const server = await network.start('a', process.execPath, ['-e', SERVER])
    await server.waitForLine(/listening/)
    assert.equal(await network.run('b', process.execPath, client('192.168.1.100')), 'hello')
    await assert.rejects(network.run('b', process.execPath, client('192.0.2.1')), /ENETUNREACH/)
    const routes = await network.run('a', peer('netns'), ['route', 'show', 'default'])
    assert.equal(routes, '')
  })

  test('a partition loses what passes between its sides, until it heals', async (t) => {
    const nodes = { a: '10.0.0.1/24', b: '10.0.0.2/24', c: '10.0.0.3/24' }
    const network = await createNetwork({ owner: t, nodes })
    const server = await network.start('a', process.execPath, ['-e', SERVER])
    await server.waitForLine(/listening/)
    await network.partition(['a', 'b'], ['c'])
    assert.equal(await network.run('b', process.execPath, client('10.0.0.1')), 'hello')
    await assert.rejects(network.run('c', process.execPath, client('10.0.0.1', 1_000)), /lost|EHOSTUNREACH/)
    await network.heal()
    await until('c reaches a again', () => network.run('c', process.execPath, client('10.0.0.1', 1_000)))
  })

  test('multicast reaches the other nodes', async (t) => {
    const network = await createNetwork({ owner: t, nodes: { a: '10.0.0.1/24', b: '10.0.0.2/24' } })
    const listener = await network.start('b', process.execPath, [
      '-e',
      `const socket = require('node:dgram').createSocket('udp4')
       socket.on('message', (message, from) => console.log(message + ' from ' + from.address))
       socket.bind(45564, () => { socket.addMembership('228.0.0.4'); console.log('listening') })`,
    ])
    await listener.waitForLine(/listening/)
    const send = [
      '-e',
      `const socket = require('node:dgram').createSocket('udp4')
       socket.send('heartbeat', 45564, '228.0.0.4', () => socket.close())`,
    ]
    await until('a heartbeat arrives', async () => {
      await network.run('a', process.execPath, send)
      return listener.lines.includes('heartbeat from 10.0.0.1')
    })
  })

  test('everything is gone at the end', async (t) => {
    const closers: (() => void | Promise<void>)[] = []
    const owner = { after: (close: () => void | Promise<void>) => void closers.push(close) }
    t.after(() => Promise.all(closers.map((close) => close())))
    const network = await createNetwork({ owner, nodes: { only: '10.0.0.1/24' } })
    const sleeper = await network.start('only', process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const names = () => execFileSync(peer('netns'), ['netns', 'list'], { encoding: 'utf8' })
    // Other processes may be testing with networks of their own.
    const own = new RegExp(`clowder-${process.pid}-\\d+-node-only`)
    assert.match(names(), own)
    await Promise.all(closers.map((close) => close()))
    assert.equal(sleeper.exit?.signal, 'SIGKILL')
    assert.doesNotMatch(names(), own)
  })

  test('a tomcat runs on a node', needsPeer('tomcat'), async (t) => {
    const network = await createNetwork({ owner: t, nodes: { tomcat1: '192.168.1.100/24', web: '192.168.1.1/24' } })
    const tomcat = await startTomcat({ owner: t, address: '192.168.1.100', launch: network.launcher('tomcat1') })
    const url = `http://192.168.1.100:${tomcat.port}/plain`
    const fetchIt = ['-e', `fetch('${url}').then((response) => response.text()).then(console.log)`]
    assert.equal(await network.run('web', process.execPath, fetchIt), 'ok\n\n')
  })
})

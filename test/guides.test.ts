/**
 * What the guides show has to work as it stands there. The one for Redis has a file of its own; apps of all frameworks over
 * AJP are in `frameworks/`.
 */
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkFiles } from '../src/config/index.ts'
import type { Owner } from './kit/owner.ts'
import { startNode } from './kit/process.ts'
import { until } from './kit/until.ts'
import { folderFor, Ports, REACHED_ITS_END, shownCode, startShown, visit } from './shown-code.ts'

const guide = (name: string) => `docs/guides/${name}.md`

async function startApp(owner: Owner, name: string): Promise<number> {
  const ports = new Ports()
  const running = await startShown(shownCode(guide(name), 'js').join('\n'), { owner, ports })
  await running.waitForLine(REACHED_ITS_END)
  return ports.of(8091)
}

const CLOWDER_COOKIE = /^JSESSIONID=[0-9A-F]{32}\.worker1$/
for (const [name, cookie] of [
  ['express', CLOWDER_COOKIE],
  ['fastify', CLOWDER_COOKIE],
  ['koa', CLOWDER_COOKIE],
  ['hono', CLOWDER_COOKIE],
  ['node-http', CLOWDER_COOKIE],
  ['express-session', /^connect\.sid=s%3A/],
] as const)
  test(`the app of the guide for ${name} counts visits`, async (t) => {
    const port = await startApp(t, name)
    const first = await until('it serves', () => visit(port))
    assert.equal(first.text, '1')
    assert.match(first.cookie ?? '', cookie)
    assert.equal((await visit(port, first.cookie)).text, '2')
  })

test('the guide for node:http refuses the WebSocket of a visitor without a session', async (t) => {
  const port = await startApp(t, 'node-http')
  const { cookie } = await until('it serves', () => visit(port))
  /** Whether the app has ended the connection; what takes it over is not in the guide, so otherwise nothing is said. */
  const knock = (fields: string) => {
    const socket = connect(port, '127.0.0.1').resume()
    t.after(() => socket.destroy())
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`)
    return { hasEnded: () => socket.closed }
  }
  const known = knock(`Cookie: ${cookie}\r\n`)
  await until('it answers what came after', async () => (await visit(port, cookie)).text === '2')
  const stranger = knock('')
  await until('the stranger is refused', stranger.hasEnded)
  assert.ok(!known.hasEnded())
})

test('the app of the guide about users ends the other sessions of a user', async (t) => {
  const port = await startApp(t, 'users')
  const login = () => visit(port, '', '/login', 'POST')
  const [phone, tablet] = [await until('it serves', login), await login()]
  const devices = async (cookie?: string) =>
    (JSON.parse((await visit(port, cookie, '/devices')).text) as unknown[]).length
  assert.equal(await devices(phone.cookie), 2)
  assert.equal((await visit(port, phone.cookie, '/password', 'POST')).text, '1 other sessions were ended')
  assert.equal(await devices(phone.cookie), 1)
  assert.equal(await devices(tablet.cookie), 0)
})

for (const name of ['channel', 'managers'])
  for (const [index, code] of shownCode(guide(name), 'js').entries())
    test(`the code of the guide about ${name}, block ${index + 1}, runs to its end`, async (t) => {
      const env = { CLUSTER_KEY: '00112233445566778899aabbccddeeff' }
      const running = await startShown(code, { owner: t, ports: new Ports(), env })
      await running.waitForLine(REACHED_ITS_END)
    })

test('the app of the guide about AJP is reached through the workers.properties beside it', async (t) => {
  const ports = new Ports()
  const [code] = shownCode(guide('ajp'), 'js')
  const [properties] = shownCode(guide('ajp'), 'properties')
  const app = await startShown(code!, { owner: t, ports, env: { AJP_SECRET: 'known-to-both-ends' } })
  await app.waitForLine(REACHED_ITS_END)
  const file = join(folderFor(t), 'workers.properties')
  writeFileSync(file, await ports.replace(properties!))
  const balancer = await startNode(['dist/src/cli/main.js', 'balancer', file, '--listen', '0'], { owner: t })
  const [, port] = await balancer.waitForLine(/^ready balancer .*http=127\.0\.0\.1:(\d+)/)
  assert.equal((await visit(Number(port))).text, 'hello 127.0.0.1')
})

/** Where a fragment of a server.xml stands, by what it begins with. */
const CLUSTER = ['<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">', '</Cluster>'] as const
const CHANNEL = [
  `${CLUSTER[0]}<Channel className="org.apache.catalina.tribes.group.GroupChannel">`,
  `</Channel>${CLUSTER[1]}`,
] as const
const AROUND: Readonly<Record<string, readonly [before: string, after: string]>> = {
  Manager: CLUSTER,
  Interceptor: CHANNEL,
  Membership: CHANNEL,
}
/** What is said of a fragment because it is one: nobody listens, and of two ways to write an element both are shown. */
const OF_A_FRAGMENT: ReadonlySet<string> = new Set(['CONFIG_CONNECTOR_NONE', 'CONFIG_ELEMENT_REPEATED'])
for (const page of readdirSync('docs/guides').sort())
  for (const language of ['yaml', 'xml'])
    for (const [index, shown] of shownCode(`docs/guides/${page}`, language).entries())
      test(`${page}: ${language} block ${index + 1} is understood`, async () => {
        const [before, after] = AROUND[/^<(\w+)/.exec(shown)?.[1] ?? ''] ?? ['', '']
        const { complaints } = await checkFiles([`a.${language}`], {
          readFile: () => Buffer.from(`${before}${shown}${after}`),
          env: { CLUSTER_KEY: '00112233445566778899aabbccddeeff' },
        })
        assert.deepEqual(
          complaints.filter(({ code }) => !OF_A_FRAGMENT.has(code)),
          [],
        )
      })

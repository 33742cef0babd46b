/**
 * One configuration with all kinds of Jk directives, read by httpd with mod_jk and by clowder: the same requests reach the
 * same container with the same attributes, and the request log says the same of them.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  decodeForwardRequest,
  END_AND_KEEP,
  encodeSendHeaders,
  type ForwardRequest,
  MAGIC,
  PacketReader,
  PacketWriter,
} from '../../src/ajp/index.ts'
import { createBalancer } from '../../src/balancer/index.ts'
import { loadBalancerConfiguration } from '../../src/config/index.ts'
import { type Folder, temporaryFolder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import { suite } from '../kit/suite.ts'
import { until } from '../kit/until.ts'
import { get } from '../stories/visitor.ts'

const NOTES = ['NAME', 'VALUE', 'ACCESSED', 'SESSIONS', 'READ', 'ERRORS', 'BUSY', 'ACTIVATION', 'STATE']
const FORMAT = [
  '%U %s %{JK_WORKER_NAME}n %{JK_WORKER_TYPE}n %{JK_WORKER_ROUTE}n',
  ...['FIRST', 'LAST'].flatMap((which) => NOTES.map((name) => `%{JK_LB_${which}_${name}}n`)),
].join(' ')

function directives(site: Folder): string[] {
  return [
    `DocumentRoot ${site.path}`,
    `<Directory ${site.path}>`,
    'Require all granted',
    '</Directory>',
    'DirectoryIndex index.html index.jsp',
    `LogFormat "${FORMAT}" notes`,
    `CustomLog ${site.path}/LOG notes`,
    'JkMount /app/* lb',
    'JkMount /alone/* alone',
    'JkMount /drained/* lb;disabled=n1',
    'JkMount /*.jsp lb',
    'JkUnMount /app/static/* lb',
    'JkOptions +RejectUnsafeURI +ForwardLocalAddress +DisableReuse -ForwardDirectories +FlushPackets',
    'JkEnvVar TENANT nobody',
    'JkEnvVar REMOTE_ADDR',
    'JkEnvVar HTTP_X_TENANT',
    'JkEnvVar REQUEST_METHOD',
    'JkRemoteUserIndicator WHO',
    'SetEnvIf X-Who "^(\\w+)$" WHO=$1 JK_REMOTE_USER=nobody',
    'SetEnvIf X-Tenant "(.+)" TENANT=$1',
    'SetEnvIf X-Forwarded-Proto ^https$ HTTPS=on SSL_CIPHER=good SSL_CIPHER_USEKEYSIZE=128',
    'SetEnvIf Request_URI \\.gif$ no-jk',
    'SetEnvIf Request_URI /routed JK_ROUTE=n1',
  ]
}

function workers(port: number): string {
  const at = (name: string) => `worker.${name}.type=ajp13\nworker.${name}.host=127.0.0.1\nworker.${name}.port=${port}\n`
  return `worker.list=lb,alone\n${at('n1')}${at('alone')}worker.lb.type=lb\nworker.lb.balance_workers=n1\n`
}

/** An AJP container that answers everything alike and keeps what it was asked. */
async function container(owner: Owner) {
  const seen: ForwardRequest[] = []
  const writer = new PacketWriter()
  encodeSendHeaders(writer, { status: 204, message: 'None', headers: [] })
  const answer = Buffer.concat([writer.take(), END_AND_KEEP])
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const reader = new PacketReader(MAGIC.REQUEST, 8_192)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      reader.push(data)
      for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
        seen.push(decodeForwardRequest(payload))
        socket.write(answer)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(owner, () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { seen, connections: () => sockets.size, port: (server.address() as { port: number }).port }
}

type Container = Awaited<ReturnType<typeof container>>

interface Front {
  readonly port: number
  readonly container: Container
  readonly log: string
}

function site(owner: Owner): Folder {
  const folder = temporaryFolder('site', owner)
  folder.write('shop/index.jsp', '<% source %>')
  folder.write('plain/index.html', 'plain')
  folder.write('empty/.keep', '')
  folder.write('app/static/cat.txt', 'cat')
  folder.write('app/cat.gif', 'gif')
  return folder
}

async function startModJk(owner: Owner): Promise<Front> {
  const [folder, at] = [site(owner), await container(owner)]
  const config = () => directives(folder).join('\n')
  const modules = ['setenvif', 'env', 'dir']
  const { port } = await startHttpd({ owner, modules, workersProperties: workers(at.port), config })
  return { port, container: at, log: join(folder.path, 'LOG') }
}

async function startClowder(owner: Owner): Promise<Front> {
  const [folder, at] = [site(owner), await container(owner)]
  const files = temporaryFolder('clowder', owner)
  files.write('workers.properties', workers(at.port))
  const lines = ['Listen 127.0.0.1:0', 'JkWorkersFile workers.properties', ...directives(folder)]
  const { options, complaints } = await loadBalancerConfiguration(files.write('httpd.conf', lines.join('\n')))
  assert.ok(options !== undefined, JSON.stringify(complaints))
  const balancer = createBalancer(options)
  await balancer.start()
  atEnd(owner, () => balancer.stop(0))
  return { port: balancer.addresses()[0]!.port, container: at, log: join(folder.path, 'LOG') }
}

const requests: readonly (readonly [rule: string, path: string, headers?: Readonly<Record<string, string>>])[] = [
  ['an lb', '/app/x?a=b'],
  ['a worker that stands alone', '/alone/x'],
  ['a route for a worker that stands alone', '/alone/routed'],
  ['a route for an lb', '/app/routed'],
  ['a member that the rule disables, for a session', '/drained/x', { Cookie: 'JSESSIONID=x.n1' }],
  ['a user under another name', '/app/x', { 'X-Who': 'ann' }],
  ['an attribute in place of its default', '/app/x', { 'X-Tenant': 'cats' }],
  ['TLS at a proxy in front', '/app/x', { 'X-Forwarded-Proto': 'https' }],
  ['an unsafe path', '/app/a%2562'],
  ['what is unmounted', '/app/static/cat.txt'],
  ['what no-jk unmaps', '/app/cat.gif'],
  ['a page of a folder', '/shop/?q=1'],
  ['a page that is there as a file', '/plain/'],
  ['a page that only the container knows', '/empty/'],
]

/** What says nothing about the front. */
function facts({ method, uri, queryString, remoteAddr, isSsl, attributes }: ForwardRequest) {
  const { named, ...known } = attributes
  return { method, uri, queryString, remoteAddr, isSsl, ...known, named }
}

suite('one configuration', needsPeer('mod_jk'), () => {
  let fronts: readonly Front[] = []
  let end: () => void | Promise<void> = () => {}
  const owner: Owner = {
    after: (close) => {
      end = close
    },
  }

  before(async () => {
    fronts = [await startModJk(owner), await startClowder(owner)]
  })
  after(() => end())

  for (const [rule, path, headers = {}] of requests) {
    test(rule, async () => {
      const [there, here] = await Promise.all(
        fronts.map(async ({ port, container: { seen } }) => {
          const before = seen.length
          const { status } = await get(port, path, { headers })
          return { status, asked: seen.slice(before).map(facts) }
        }),
      )
      assert.deepEqual(here, there)
    })
  }

  test('the request log says the same of all of them', async () => {
    const [there, here] = await Promise.all(
      fronts.map(async ({ log }) => {
        const read = () => readFileSync(log, 'utf8').trimEnd().split('\n')
        await until('all requests are logged', () => read().length === requests.length)
        return read()
      }),
    )
    assert.deepEqual(here, there)
  })

  test('DisableReuse: each request had a connection of its own', () => {
    for (const { container: each } of fronts) assert.equal(each.connections(), each.seen.length)
  })
})

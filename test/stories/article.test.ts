/**
 * The article's cluster, from the files of `examples/article`: three processes on one machine, the article's own httpd in
 * front of clowder's workers, and three machines with the addresses that the article gives them.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createBalancer } from '../../src/balancer/index.ts'
import type { Address } from '../../src/cli/address.ts'
import { quickBalancer } from '../../src/cli/quick-balancer.ts'
import { type Folder, temporaryFolder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import { createNetwork, needsNetwork } from '../kit/netns.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import type { Running } from '../kit/process.ts'
import { suite } from '../kit/suite.ts'
import { until } from '../kit/until.ts'
import { MAIN, startClowder, untilReady } from './clowder.ts'
import { get, type Memory, Visitor } from './visitor.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/article/', import.meta.url))
/** As in the files. */
const SECRET = 'choose-your-own'
const COUNT_CLIENT = fileURLToPath(new URL('./count-client.js', import.meta.url))

/** Where the roles live, in place of the addresses in the files. */
interface Places {
  /** For `Listen`. */
  readonly balancer: string
  readonly tomcat1: string
  readonly tomcat2: string
}

/** The example's files, with other addresses. */
function copyExample(owner: Owner, { balancer, tomcat1, tomcat2 }: Places): Folder {
  const folder = temporaryFolder('article', owner)
  for (const name of readdirSync(EXAMPLES)) {
    const text = readFileSync(join(EXAMPLES, name), 'utf8')
      .replaceAll('127.0.0.11', tomcat1)
      .replaceAll('127.0.0.12', tomcat2)
      .replaceAll('Listen 127.0.0.1:8080', `Listen ${balancer}`)
    folder.write(name, text)
  }
  return folder
}

const wholeLoopback: { readonly skip: string | false } = {
  skip: process.platform === 'linux' ? false : 'needs all of 127.0.0.0/8',
}

suite('the article on one machine', wholeLoopback, () => {
  /** A network of its own within 127.0.0.0/8, so that the ports of the article are free whoever else runs tests. */
  function loopbackPlaces(): Places {
    const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`
    return { balancer: `${network}.1:8080`, tomcat1: `${network}.11`, tomcat2: `${network}.12` }
  }

  function startWorker(owner: Owner, folder: Folder, name: string): Promise<Running> {
    const file = join(folder.path, `server-${name}.xml`)
    return startClowder(['worker', file, '--app', join(folder.path, 'app.mjs')], { owner, name })
  }

  /** Where one worker can be asked over HTTP: a balancer that knows no other. */
  async function openWindow(owner: Owner, worker: Address): Promise<number> {
    const listen = [{ host: '127.0.0.1', port: 0 }]
    const balancer = createBalancer(quickBalancer(listen, [{ name: 'worker', type: 'ajp13', ...worker }], SECRET))
    atEnd(owner, () => balancer.stop())
    await balancer.start()
    return balancer.addresses()[0]!.port
  }

  test('counts on while its workers die in turn, and both status pages answer', async (t) => {
    const places = loopbackPlaces()
    const folder = copyExample(t, places)
    const host = places.balancer.split(':')[0]!
    let tomcat1 = await startWorker(t, folder, 'tomcat1')
    await untilReady(tomcat1, 'tomcat1')
    let tomcat2 = await startWorker(t, folder, 'tomcat2')
    await untilReady(tomcat2, 'tomcat2')
    const balancer = await startClowder(['balancer', join(folder.path, 'jk.conf')], { owner: t })
    const { port } = await untilReady(balancer, 'clowder')
    assert.equal(port, 8080)

    const visitor = new Visitor(port, { host })
    const windows = new Map([
      ['tomcat1', await openWindow(t, { host: places.tomcat1, port: 8081 })],
      ['tomcat2', await openWindow(t, { host: places.tomcat2, port: 8082 })],
    ])
    /** Replication does not wait here (channelSendOptions 8), so whoever kills a worker waits. */
    const untilBothKnow = async () => {
      for (const [name, port] of windows)
        await until(`${name} knows ${visitor.count} visits`, async () => {
          const { status, text } = await new Visitor(port, {}, { ...visitor.memory }).get('/session')
          return status === 200 && JSON.parse(text).count === visitor.count
        })
    }

    await visitor.visit()
    await visitor.visit()
    const first = visitor.route
    await untilBothKnow()
    await (first === 'tomcat1' ? tomcat1 : tomcat2).kill()
    await visitor.visit()
    assert.notEqual(visitor.route, first)
    assert.ok(visitor.sessionId.endsWith(`.${visitor.route}`))

    // The one that died comes back with everything, which the death of the other proves.
    const again = await startWorker(t, folder, first)
    await untilReady(again, first)
    if (first === 'tomcat1') tomcat1 = again
    else tomcat2 = again
    await untilBothKnow()
    await (first === 'tomcat1' ? tomcat2 : tomcat1).kill()
    await visitor.visit()
    assert.deepEqual([visitor.count, visitor.route], [4, first])

    for (const page of ['/jk-status', '/jk-manager']) {
      const { status, text } = await get(port, page, { host })
      assert.equal(status, 200)
      assert.match(text, /tomcat1[\s\S]*tomcat2/)
    }
    assert.deepEqual(await balancer.stop(), { code: 0, signal: null })
    assert.deepEqual(await again.stop(), { code: 0, signal: null })
  })

  test('with the httpd and mod_jk of the article in front of clowder’s workers', needsPeer('mod_jk'), async (t) => {
    const places = loopbackPlaces()
    const folder = copyExample(t, places)
    const workers = new Map<string, Running>()
    for (const name of ['tomcat1', 'tomcat2']) {
      const worker = await startWorker(t, folder, name)
      await untilReady(worker, name)
      workers.set(name, worker)
    }
    const read = (name: string) => readFileSync(join(folder.path, name), 'utf8')
    // The address and the files of a private httpd are the test kit's to say.
    const mounts = read('jk.conf').replaceAll(/^\s*(Listen|JkWorkersFile|JkShmFile) .*$/gm, '')
    const { port } = await startHttpd({
      owner: t,
      modules: ['access_compat', 'authz_host'],
      workersProperties: read('workers.properties'),
      config: () => mounts,
    })

    const visitor = new Visitor(port)
    for (let visit = 0; visit < 3; visit++) await visitor.visit()
    const first = visitor.route
    // A worker that leaves in order has told everything.
    assert.deepEqual(await workers.get(first)!.stop(), { code: 0, signal: null })
    for (let visit = 0; visit < 3; visit++) await visitor.visit()
    assert.equal(visitor.count, 6)
    assert.notEqual(visitor.route, first)
    assert.match((await get(port, '/jk-status')).text, /tomcat1[\s\S]*tomcat2/)
  })
})

suite('the article on three machines', needsNetwork(), () => {
  test('with its own addresses, and a browser on a fourth', async (t) => {
    const places: Places = { balancer: '80', tomcat1: '192.168.1.100', tomcat2: '192.168.1.200' }
    const folder = copyExample(t, places)
    const network = await createNetwork({
      owner: t,
      nodes: {
        web: '192.168.1.1/24',
        tomcat1: '192.168.1.100/24',
        tomcat2: '192.168.1.200/24',
        browser: '192.168.1.50/24',
      },
    })
    const start = (node: string, ...args: string[]) => network.start(node, process.execPath, [MAIN, ...args])
    const visit = async (visits: number, memory?: Memory): Promise<Memory> => {
      const more = memory === undefined ? [] : [JSON.stringify(memory)]
      const args = [COUNT_CLIENT, '192.168.1.1', '80', String(visits), ...more]
      return JSON.parse(await network.run('browser', process.execPath, args))
    }

    const workers = new Map<string, Running>()
    for (const name of ['tomcat1', 'tomcat2']) {
      const app = join(folder.path, 'app.mjs')
      const worker = await start(name, 'worker', join(folder.path, `server-${name}.xml`), '--app', app, '--insecure')
      await untilReady(worker, name)
      workers.set(name, worker)
    }
    const balancer = await start('web', 'balancer', join(folder.path, 'jk.conf'))
    await untilReady(balancer, 'clowder')

    const before = await visit(3)
    const [served, other] = before.route === 'tomcat1' ? ['tomcat1', 'tomcat2'] : ['tomcat2', 'tomcat1']
    // A worker that leaves in order has told everything.
    assert.deepEqual(await workers.get(served)!.stop(), { code: 0, signal: null })
    const after = await visit(3, before)
    assert.deepEqual([after.count, after.route], [6, other])

    const status = (from: string, to: string) =>
      network.run(from, process.execPath, ['-e', `fetch('http://${to}/jk-status').then((r) => console.log(r.status))`])
    assert.equal(await status('browser', '192.168.1.1'), '403\n', 'jk-status is for the web server itself')
    assert.equal(await status('web', '127.0.0.1'), '200\n')
  })

  test('a channel that others can reach is refused unless that is written out', async (t) => {
    const folder = copyExample(t, { balancer: '80', tomcat1: '192.168.1.100', tomcat2: '192.168.1.200' })
    const network = await createNetwork({ owner: t, nodes: { tomcat1: '192.168.1.100/24' } })
    const file = join(folder.path, 'server-tomcat1.xml')
    const args = [MAIN, 'worker', file, '--app', join(folder.path, 'app.mjs')]
    const worker = await network.start('tomcat1', process.execPath, args)
    assert.deepEqual(await worker.exited, { code: 1, signal: null })
    assert.equal(worker.lines.length, 1, worker.lines.join('\n'))
    assert.match(worker.lines[0]!, /^clowder: refusing to listen on 192\.168\.1\.100: /)
  })
})

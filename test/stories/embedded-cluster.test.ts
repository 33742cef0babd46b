/** What a newcomer sees: `clowder up` starts, counts, survives and stops. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AjpClient } from '../kit/ajp-client.ts'
import { temporaryFolder } from '../kit/folder.ts'
import { isListening } from '../kit/ports.ts'
import { until } from '../kit/until.ts'
import { isAlive, startClowder, startCluster, untilReady } from './clowder.ts'
import { get, Visitor } from './visitor.ts'

describe('clowder up', () => {
  test('serves the sample app and the status page, and prints where', async (t) => {
    const { up, port, worker1, worker2 } = await startCluster(t)
    const visitor = new Visitor(port)
    await visitor.visit()
    await visitor.visit()
    assert.match(visitor.route, /^worker[12]$/)
    assert.ok(visitor.sessionId.endsWith(`.${visitor.route}`), visitor.sessionId)

    const plain = await get(port, '/plain')
    assert.deepEqual([plain.status, plain.text], [200, 'ok\n'])
    assert.equal(plain.headers['set-cookie'], undefined, 'makes no session')
    assert.match(plain.headers['content-type'] as string, /^text\/plain/)

    const page = await get(port, '/')
    assert.equal(page.status, 200)
    assert.match(page.headers['content-type'] as string, /^text\/html/)
    assert.match(page.text, new RegExp(`kill -9 <span[^>]*>(${worker1.pid}|${worker2.pid})<`))

    const status = await get(port, '/jk-status?mime=txt')
    assert.match(status.text, /^Member: name=worker1 /m)
    assert.match(status.text, /^Member: name=worker2 /m)

    assert.equal((await get(port, '/nothing/here')).status, 404)
    await up.waitForLine(new RegExp(`http://127\\.0\\.0\\.1:${port}/jk-status`))
  })

  test('spreads new visitors over both workers', async (t) => {
    const { port } = await startCluster(t)
    const visitors = Array.from({ length: 10 }, () => new Visitor(port))
    for (const visitor of visitors) await visitor.visit()
    assert.deepEqual(new Set(visitors.map((visitor) => visitor.route)), new Set(['worker1', 'worker2']))
  })

  test('speaks AJP with a secret that neither strangers nor the app get to know', async (t) => {
    const folder = temporaryFolder('secret', t)
    const app = folder.write(
      'app.mjs',
      `export default (request, response) => response.end(
         request.ajp?.jvmRoute + ' ' + Object.keys(process.env).filter((name) => name.startsWith('CLOWDER')))`,
    )
    const { up, port, worker1 } = await startCluster(t, ['--app', app])
    assert.match((await get(port, '/')).text, /^worker[12] $/)
    const stranger = new AjpClient(worker1.ajpPort!)
    t.after(() => stranger.destroy())
    assert.equal((await stranger.get('/')).status, 403)
    await up.waitForLine(/^clowder: worker1: AJP: CONNECTOR_SECRET: /)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`stops everything on ${signal}, without a complaint`, async (t) => {
      const { up, worker1, worker2 } = await startCluster(t)
      const { pid } = await untilReady(up, 'clowder')
      assert.deepEqual(await up.stop(signal), { code: 0, signal: null })
      for (const child of [pid, worker1.pid, worker2.pid]) assert.equal(isAlive(child), false)
      const expected = /^clowder: worker[12]: (cannot reach|has \d+ sessions|worker[12] \(.*\) has (joined|left)$)/
      const complaints = up.lines.filter((line) => line.startsWith('clowder: ') && !expected.test(line))
      assert.deepEqual(complaints, [])
    })

  test('leaves no process behind when the supervisor itself is killed', async (t) => {
    const { up, worker1, worker2 } = await startCluster(t)
    const { pid } = await untilReady(up, 'clowder')
    up.signal('SIGKILL')
    await until('all children have stopped', () => ![pid, worker1.pid, worker2.pid].some(isAlive))
  })

  test('starts a killed balancer again, on its port, and the sessions are still there', async (t) => {
    const { up, port } = await startCluster(t)
    const visitor = new Visitor(port)
    await visitor.visit()
    const before = await untilReady(up, 'clowder')
    process.kill(before.pid, 'SIGKILL')
    const after = await untilReady(up, 'clowder', before.pid)
    assert.equal(after.port, port)
    await visitor.visit()
    assert.equal(visitor.count, 2)
  })

  test('runs as many workers as it is told to, with an app of the user', async (t) => {
    const folder = temporaryFolder('up', t)
    const app = folder.write('app.mjs', 'export default (request, response) => response.end("mine " + request.url)')
    const up = await startClowder(['up', '--port', '0', '--workers', '3', '--app', app], { owner: t })
    const { port } = await untilReady(up, 'clowder')
    await untilReady(up, 'worker3')
    assert.equal((await get(port, '/x')).text, 'mine /x')
  })
})

describe('an app that ends its process', () => {
  test('is told in one line and started again, and the other worker goes on', async (t) => {
    const folder = temporaryFolder('crash', t)
    const app = folder.write(
      'crash.mjs',
      `export default (request, response) => {
         if (request.url === '/crash') setTimeout(() => { throw new RangeError('too far') })
         response.end(String(process.pid))
       }`,
    )
    const { up, port, worker1, worker2 } = await startCluster(t, ['--app', app])
    const pid = Number((await get(port, '/crash')).text)
    const name = pid === worker1.pid ? 'worker1' : 'worker2'
    await up.waitForLine(
      new RegExp(`^clowder: ${name}: the app ends the process: RangeError: too far \\(file:.*crash\\.mjs:2:`),
    )
    await up.waitForLine(new RegExp(`^clowder: ${name} ended \\(exit code \\d+\\)`))
    assert.equal((await get(port, '/')).status, 200)
    assert.notEqual((await untilReady(up, name, pid)).pid, pid)
    assert.notEqual(worker1.pid, worker2.pid)
  })
})

describe('a stop', () => {
  test('lets what is in flight end', async (t) => {
    const folder = temporaryFolder('stop', t)
    const app = folder.write(
      'slow.mjs',
      `import { existsSync } from 'node:fs'
       export default (request, response) => {
         response.write('begun ')
         const look = setInterval(() => {
           if (!existsSync(new URL('go-on', import.meta.url))) return
           clearInterval(look)
           response.end('done')
         }, 10)
       }`,
    )
    const { up, port } = await startCluster(t, ['--app', app])
    const answer = get(port, '/')
    const begun = get(port, '/')
    await until('both are in flight', async () => {
      const { text } = await get(port, '/jk-status?mime=txt')
      return [...text.matchAll(/^Member: .* busy=(\d+)/gm)].reduce((sum, [, busy]) => sum + Number(busy), 0) >= 2
    })
    const stopped = up.stop('SIGTERM')
    await until('nobody else is let in', async () => !(await isListening(port)))
    folder.write('go-on', '')
    for (const { status, text } of await Promise.all([answer, begun]))
      assert.deepEqual([status, text], [200, 'begun done'])
    assert.deepEqual(await stopped, { code: 0, signal: null })
  })
})

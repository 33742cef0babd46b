/** The cluster of `examples/yaml`, from its one file, and the article's cluster from the file that `clowder convert` makes. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../kit/folder.ts'
import { freePort } from '../kit/ports.ts'
import { startClowder, untilReady } from './clowder.ts'
import { get, Visitor } from './visitor.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))

describe('clowder.yaml', () => {
  test('runs a balancer and two workers, and a session outlives its worker', async (t) => {
    const [PORT, AJP1, AJP2, CHANNEL1, CHANNEL2] = await Promise.all(
      Array.from({ length: 5 }, async () => String(await freePort())),
    )
    const env = { CLOWDER_AJP: 'a secret of the test', PORT, AJP1, AJP2, CHANNEL1, CHANNEL2 }
    const file = join(EXAMPLES, 'yaml/clowder.yaml')
    const start = (args: readonly string[], name: string) => startClowder([...args], { owner: t, env, name })
    const worker1 = await start(['worker', file, '--name', 'worker1'], 'worker1')
    const worker2 = await start(['worker', file, '--name', 'worker2'], 'worker2')
    const processes = new Map([
      ['worker1', await untilReady(worker1, 'worker1')],
      ['worker2', await untilReady(worker2, 'worker2')],
    ])
    const balancer = await start(['balancer', file], 'balancer')
    const { port } = await untilReady(balancer, 'clowder')
    assert.equal(port, Number(PORT))

    const visitor = new Visitor(port)
    for (let visit = 0; visit < 5; visit++) await visitor.visit()
    const { route } = visitor.memory
    process.kill(processes.get(route)!.pid, 'SIGTERM')
    await (route === 'worker1' ? worker1 : worker2).exited
    await visitor.visit()
    assert.equal(visitor.memory.count, 6)
    assert.notEqual(visitor.memory.route, route)
    const { text } = await get(port, '/jk-status?cmd=dump&mime=txt')
    assert.match(text, /balancer\.workers\.lb\.recoverTime=30s/)
    assert.ok(!text.includes(env.CLOWDER_AJP))
  })

  test('names its workers where none was chosen', async (t) => {
    const env = { CLOWDER_AJP: 'x' }
    const worker = await startClowder(['worker', join(EXAMPLES, 'yaml/clowder.yaml')], { owner: t, env })
    assert.equal((await worker.exited).code, 2)
    assert.match(worker.lines.join('\n'), /CONFIG_WORKER_CHOICE .*choose with --name: worker1, worker2/)
  })

  test('is made of the article’s files, and checks clean', async (t) => {
    const folder = temporaryFolder('convert', t)
    const output = join(folder.path, 'clowder.yaml')
    const old = ['jk.conf', 'server-tomcat1.xml', 'server-tomcat2.xml'].map((name) => join(EXAMPLES, 'article', name))
    const convert = () => startClowder(['convert', ...old, '--output', output], { owner: t })
    assert.equal((await (await convert()).exited).code, 0)
    const check = await startClowder(['check', output], { owner: t })
    assert.equal((await check.exited).code, 0)
    assert.deepEqual(check.lines, [])
    const again = await convert()
    assert.equal((await again.exited).code, 2)
    assert.match(again.lines.join('\n'), /exists already/)
  })
})

/** What the guide for sessions in Redis shows has to work as it stands there. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needsPeer } from './kit/peers.ts'
import { redisCli, startRedis } from './kit/redis.ts'
import { until } from './kit/until.ts'
import { folderFor, Ports, shownCode, startShown, visit } from './shown-code.ts'
import { startClowder, untilReady } from './stories/clowder.ts'

test('the app of the guide for Redis counts on in another process', needsPeer('redis'), async (t) => {
  const [code] = shownCode('docs/guides/redis.md', 'js')
  const redis = await startRedis({ owner: t })
  const serve = async (route: string) => {
    const ports = new Ports([[6379, redis.port]])
    const running = await startShown(code!.replace("'worker1'", `'${route}'`), { owner: t, ports })
    const port = await ports.of(8091)
    return { running, port, first: await until('it serves', () => visit(port)) }
  }
  const { running, port, first } = await serve('worker1')
  assert.equal(first.text, '1')
  assert.match(first.cookie ?? '', /^JSESSIONID=[0-9A-F]{32}\.worker1$/)
  assert.equal((await visit(port, first.cookie)).text, '2')
  await running.kill()
  const other = await serve('worker2')
  const next = await visit(other.port, first.cookie)
  assert.equal(next.text, '3')
  assert.equal(next.cookie, first.cookie?.replace('worker1', 'worker2'))
})

test('the workers of its clowder.yaml share sessions, also when one is killed', needsPeer('redis'), async (t) => {
  const PASSWORD = 'geheim/#1'
  const { port } = await startRedis({ owner: t, config: [`requirepass "${PASSWORD}"`] })
  const ports = new Ports([[6379, port]])
  const folder = folderFor(t)
  const file = join(folder, 'clowder.yaml')
  writeFileSync(file, await ports.replace(shownCode('docs/guides/redis.md', 'yaml')[0]!))
  writeFileSync(join(folder, 'app.mjs'), shownCode('docs/guides/redis.md', 'js')[1]!)
  const env = { REDIS_URL: `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}` }
  const start = (...args: readonly string[]) => startClowder([...args], { owner: t, env, name: args.join(' ') })
  const [first, second] = await Promise.all([
    start('worker', file, '--name', 'worker1'),
    start('worker', file, '--name', 'worker2'),
  ])
  const workers = { worker1: await untilReady(first, 'worker1'), worker2: await untilReady(second, 'worker2') }
  const front = await untilReady(await start('balancer', file), 'clowder')

  const { cookie, text } = await visit(front.port)
  assert.equal(text, '1')
  assert.equal((await visit(front.port, cookie)).text, '2')
  const route = cookie!.endsWith('.worker1') ? 'worker1' : 'worker2'
  const [killed, other] = route === 'worker1' ? [first, 'worker2'] : [second, 'worker1']
  process.kill(workers[route].pid, 'SIGKILL')
  await killed.exited
  const next = await visit(front.port, cookie)
  assert.deepEqual([next.text, next.cookie], ['3', cookie!.replace(route, other)])
  assert.match(await redisCli(port, '-a', PASSWORD, 'keys', '*'), /^shop:localhost%23:s:[0-9A-F]{32}$/)
  for (const { lines } of [first, second]) assert.doesNotMatch(lines.join('\n'), /geheim/)
})

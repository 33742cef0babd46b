/** What the guide for sessions in Redis shows has to work as it stands there: two nodes, one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsPeer } from './kit/peers.ts'
import { startRedis } from './kit/redis.ts'
import { until } from './kit/until.ts'
import { Ports, shownCode, startShown, visit } from './shown-code.ts'

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

/** What the guide for sessions in Redis shows has to work as it stands there: two nodes, one after the other. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needsPeer } from './kit/peers.ts'
import { freePort } from './kit/ports.ts'
import { startNode } from './kit/process.ts'
import { startRedis } from './kit/redis.ts'
import { until } from './kit/until.ts'

const PROJECT = process.cwd()

test('the app of the guide for Redis counts on in another process', needsPeer('redis'), async (t) => {
  const text = readFileSync(join(PROJECT, 'docs/guides/redis.md'), 'utf8')
  const [, code] = /^```js\n(.*?)^```$/ms.exec(text)!
  const redis = await startRedis({ owner: t })
  // Inside the project, so that its imports find this package and its peers.
  const folder = mkdtempSync(join(PROJECT, 'dist/guide-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const serve = async (route: string) => {
    const port = await freePort()
    const file = join(folder, `${route}.mjs`)
    writeFileSync(
      file,
      code!.replace('6379', `${redis.port}`).replace('8091', `${port}`).replace("'worker1'", `'${route}'`),
    )
    const running = await startNode([file], { owner: t })
    const visit = async (cookie = '') => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
      return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] }
    }
    return { running, visit, first: await until('it serves', () => visit()) }
  }
  const { running, visit, first } = await serve('worker1')
  assert.equal(first.text, '1\n')
  assert.match(first.cookie ?? '', /^JSESSIONID=[0-9A-F]{32}\.worker1$/)
  assert.equal((await visit(first.cookie)).text, '2\n')
  await running.kill()
  const other = await serve('worker2')
  const next = await other.visit(first.cookie)
  assert.equal(next.text, '3\n')
  assert.equal(next.cookie, first.cookie?.replace('worker1', 'worker2'))
})

/** What the README shows has to work as it stands there. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startNode } from './kit/process.ts'
import { until } from './kit/until.ts'
import { folderFor, Ports, shownCode, startShown, visit } from './shown-code.ts'

test('the Express example of the README counts on behind its balancer when a node dies', async (t) => {
  const ports = new Ports()
  const [code] = shownCode('README.md', 'js')
  const start = (args: readonly (string | number)[]) => startShown(code!, { owner: t, ports, args: args.map(String) })
  const [http1, http2, channel1, channel2] = [
    await ports.of(8091),
    await ports.of(8092),
    await ports.of(4000),
    await ports.of(4001),
  ]
  const nodes = {
    worker1: await start(['worker1', http1, channel1, channel2]),
    worker2: await start(['worker2', http2, channel2, channel1]),
  }
  await until('worker1 serves', () => visit(http1))
  await until('worker2 serves', () => visit(http2))

  const folder = folderFor(t)
  for (const [name, language] of [
    ['jk.conf', 'apacheconf'],
    ['workers.properties', 'properties'],
  ] as const)
    writeFileSync(join(folder, name), await ports.replace(shownCode('README.md', language)[0]!))
  const balancer = await startNode(['dist/src/cli/main.js', 'balancer', join(folder, 'jk.conf')], { owner: t })
  await balancer.waitForLine(/^ready balancer /)
  const front = await ports.of(8080)

  const first = await visit(front)
  assert.equal(first.text, '1')
  const [, id, route] = /^JSESSIONID=([0-9A-F]{32})\.(worker[12])$/.exec(first.cookie ?? '') ?? []
  assert.equal((await visit(front, first.cookie)).text, '2')
  const other = route === 'worker1' ? http2 : http1
  const seen = await until('the other node knows the session', async () => {
    const { text } = await visit(other, first.cookie)
    return text !== '1' && Number(text)
  })
  await nodes[route as keyof typeof nodes].kill()
  const next = await visit(front, first.cookie)
  assert.deepEqual([next.status, next.text], [200, `${seen + 1}`])
  assert.match(next.cookie ?? '', new RegExp(`^JSESSIONID=${id}\\.`))
  assert.equal((await visit(front, '', '/jk-status')).status, 200)
})

/** What the guides show has to work as it stands there. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from './kit/ports.ts'
import { startNode } from './kit/process.ts'
import { until } from './kit/until.ts'

const PROJECT = process.cwd()

for (const guide of ['express', 'fastify', 'koa', 'hono', 'node-http']) {
  test(`the app of the guide for ${guide} counts visits`, async (t) => {
    const text = readFileSync(join(PROJECT, `docs/guides/${guide}.md`), 'utf8')
    const code = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block).join('\n')
    const port = await freePort()
    // Inside the project, so that its imports find this package and the framework.
    const folder = mkdtempSync(join(PROJECT, 'dist/guide-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'app.mjs')
    const [own, other] = [await freePort(), await freePort()]
    const ports: Record<string, number> = { 8091: port, 4000: own, 4001: other }
    writeFileSync(
      file,
      code.replaceAll(/\b(8091|4000|4001)\b/g, (given) => `${ports[given]}`),
    )
    await startNode([file], { owner: t })
    const visit = async (cookie = '') => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
      return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] }
    }
    const first = await until('it serves', () => visit())
    assert.equal(first.text.trim(), '1')
    assert.match(first.cookie ?? '', /^JSESSIONID=[0-9A-F]{32}\.worker1$/)
    assert.equal((await visit(first.cookie)).text.trim(), '2')
  })
}

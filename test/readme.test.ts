/** What the README shows has to work as it stands there. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from './kit/ports.ts'
import { startNode } from './kit/process.ts'
import { until } from './kit/until.ts'

const PROJECT = process.cwd()

test('the Express example of the README shares its sessions', async (t) => {
  const [, code] = /^```js\n(.*?)^```$/ms.exec(readFileSync(join(PROJECT, 'README.md'), 'utf8'))!
  // Inside the project, so that its imports find this package and Express.
  const folder = mkdtempSync(join(PROJECT, 'dist/readme-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'app.mjs')
  writeFileSync(file, code!)

  const [http1, http2, channel1, channel2] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const nodes = [
    await startNode([file, 'worker1', `${http1}`, `${channel1}`, `${channel2}`], { owner: t }),
    await startNode([file, 'worker2', `${http2}`, `${channel2}`, `${channel1}`], { owner: t }),
  ]
  const visit = async (port: number, cookie = '') => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
    return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] }
  }
  await until('worker2 serves', () => visit(http2!))
  const first = await until('worker1 serves', () => visit(http1!))
  assert.equal(first.text, '1\n')
  await until('worker2 knows the session', async () => {
    const { text } = await visit(http2!, first.cookie)
    return text !== '1\n'
  })
  assert.ok(nodes.every((node) => node.exit === undefined))
})

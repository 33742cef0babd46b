import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionHead } from '../load/heads.ts'
import { ask } from '../probe.ts'
import { assertCounts, assertReplicated, count } from '../sessions.ts'
import { freePort, Site } from '../site.ts'
import { startSessionWorkers } from './node-programs.ts'

for (const mode of ['asynchronous', 'synchronised']) {
  test(`two workers on bare node:http share clowder's sessions, ${mode}`, async (t) => {
    const site = await Site.open()
    t.after(() => site.close())
    const ports = [await freePort(), await freePort()]
    const channels = (index: number) => [String(ports[index]), String(ports[1 - index])]
    const { workers } = await startSessionWorkers(site, 'clowder', ['w1', 'w2'], (index) => [mode, ...channels(index)])
    const [first, second] = workers
    await assertCounts(mode, first!.port)
    await assertReplicated(mode, first!.port, second!.port)
    const { session } = await count(first!.port)
    const read = await ask(first!.port, sessionHead('/read', session))
    assert.match(read.body, /^1 /, 'a look does not count')
    assert.match((await ask(first!.port, sessionHead('/read', session))).body, /^1 /)
  })
}

/** Managers over the real channel: what the tests in memory show of each part, once more with all of them together. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import type { SendMode } from './options.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { tcpNode, tcpNodes } from './testing/tcp-nodes.ts'

/** Some dozen batches, more than one `collectMs`. */
const SESSIONS = 200

describe('over TCP', () => {
  for (const sendOptions of ['asynchronous', 'acknowledged', 'synchronised'] satisfies SendMode[]) {
    test(`${sendOptions}: both nodes write at once, and both end up with the same`, async (t) => {
      const [a, b] = await tcpNodes(t, 2, { sendOptions })
      const keys: string[] = []
      const settled: unknown[] = []
      for (let i = 0; i < SESSIONS; i++) {
        const [writer, other] = i % 2 ? [a!, b!] : [b!, a!]
        const visit = writer.manager.visit()
        visit.set('i', i)
        visit.set('list', [i, { of: 'things' }])
        settled.push(visit.commit())
        keys.push(visit.key)
        // Turns of the event loop, so that batches of both sides cross.
        if (i % 10 === 0) await new Promise(setImmediate)
        if (i % 3 === 0 && other.manager.find(visit.key)) write(other, visit.key, { other: i })
      }
      await Promise.all(settled)
      await until('both have the same', () => {
        assert.deepEqual(
          keys.map((key) => read(a!, key)),
          keys.map((key) => read(b!, key)),
        )
        return true
      })
      assert.deepEqual(read(b!, keys[7]!)?.list, [7, { of: 'things' }])
      for (const node of [a!, b!]) assert.deepEqual(typesOf(node.events, 'behind', 'message-refused', 'state-lost'), [])
    })
  }

  test('synchronised: what was waited for is on the other node', async (t) => {
    const [a, b] = await tcpNodes(t, 2, { sendOptions: 'synchronised' })
    const visit = a!.manager.visit()
    visit.set('n', 1)
    await visit.commit()
    assert.deepEqual(read(b!, visit.key), { n: 1 })
  })

  test('asynchronous: collected changes of one session arrive in order', async (t) => {
    const [a, b] = await tcpNodes(t, 2, { collectMs: 5 })
    const seen: unknown[] = []
    b!.manager.on((event) => {
      if ('session' in event) seen.push(event.session.get('n'))
    })
    const key = write(a!, undefined, { n: 0 })
    for (let n = 1; n < 100; n++) {
      write(a!, key, { n })
      if (n % 7 === 0) await new Promise(setImmediate)
    }
    await until('the last one is there', () => read(b!, key)?.n === 99)
    assert.deepEqual(seen, [...Array(100).keys()])
  })

  test('a node that joins has all sessions before it is ready', async (t) => {
    const [a, b] = await tcpNodes(t, 2)
    const keys = Array.from({ length: SESSIONS }, (_, i) =>
      write(i % 2 ? a! : b!, undefined, { text: 'x'.repeat(5000), i }),
    )
    const c = await tcpNode(t, [a!, b!])
    await c.manager.start()
    for (const [i, key] of keys.entries()) await until(`session ${i}`, () => read(c, key)?.i === i)
    assert.deepEqual(typesOf(c.events, 'state-received', 'state-timeout'), ['state-received'])
  })

  test('a node that stops has sent what it had collected', async (t) => {
    const [a, b] = await tcpNodes(t, 2, { collectMs: 1000 })
    write(a!, undefined, { n: 1 })
    await new Promise(setImmediate)
    const last = write(a!, undefined, { n: 2 })
    await a!.manager.stop()
    await a!.channel.stop()
    await until('the last change is on the other node', () => read(b!, last)?.n === 2)
  })

  test('backup: a session is had at every node, also when the one that served it is gone', async (t) => {
    const [a, b, c] = await tcpNodes(t, 3, { manager: 'backup', sendOptions: 'synchronised' })
    // Timers of the manager keep no process alive, and at the end the last one to stop has nobody to talk to.
    const alive = setInterval(() => {}, 1000)
    t.after(() => clearInterval(alive))
    const keys: string[] = []
    for (let i = 0; i < SESSIONS; i++) {
      const visit = a!.manager.visit()
      visit.set('i', i)
      await visit.commit()
      keys.push(visit.key)
    }
    await until('each has one copy', () => {
      return b!.manager.snapshot().sessions + c!.manager.snapshot().sessions === SESSIONS
    })
    for (const [i, key] of keys.slice(0, SESSIONS / 2).entries()) {
      assert.equal((await b!.manager.load(key))?.get('i'), i)
    }
    // Without a word to the managers.
    await a!.channel.stop()
    for (const [i, key] of keys.entries()) assert.equal((await c!.manager.load(key))?.get('i'), i)
    for (const node of [b!, c!]) {
      await until('each has a new copy', () => keys.every((key) => read(node, key) !== undefined))
    }
  })
})

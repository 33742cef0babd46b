/** Mount files that change while requests come, through a whole balancer. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import type { MountFileNews } from './mount-reload.ts'
import { ask, cast, mount, named } from './testing/balancer.ts'
import { get } from './testing/engine.ts'

const RELOAD_MS = 5
const fromFile = (pattern: string, worker: string) => ({ ...mount(pattern, worker), source: 'mount-file' as const })

function town(t: Parameters<typeof cast>[0], read: () => Promise<MountFileNews>) {
  const mountFile = { file: '/map', reloadMs: RELOAD_MS }
  const mounts = [fromFile('/f', 'a'), mount('/m', 'a')]
  const hosts = [{ names: [], mounts, access: [], mountFile }]
  return cast(
    t,
    { a: named('a'), b: named('b') },
    { balancer: { workerList: ['a', 'b'], hosts }, hooks: { readMounts: read } },
  )
}

describe('a mount file', () => {
  test('that changes gives its rules; those from elsewhere stay', async (t) => {
    let news: MountFileNews
    const { client, events, balancer } = await town(t, async () => news)
    const answers = async () => {
      const bodies = []
      for (const path of ['/f', '/m', '/new']) {
        const answer = await ask(client, get(path))
        bodies.push(answer.status === 200 ? String(answer.body) : String(answer.status))
      }
      return bodies.join(' ')
    }
    assert.equal(await answers(), 'a a 404')
    news = { rules: [fromFile('/f', 'b'), fromFile('/new', 'b')], notes: ['one was left out'] }
    await until('the file was read', () => events.some(({ type }) => type === 'mounts-reloaded'))
    assert.equal(await answers(), 'b a b')
    const listed = balancer.snapshot().workers.flatMap((worker) => ('mounts' in worker ? worker.mounts : []))
    assert.deepEqual(listed.map(({ pattern }) => pattern).sort(), ['/f', '/m', '/new'])
  })

  test('that has changed since the options were made of it counts from the start', async (t) => {
    const news = [{ rules: [fromFile('/f', 'b')], notes: [] }]
    const { client, events } = await town(t, async () => news.shift())
    assert.deepEqual(
      events.filter(({ type }) => type === 'mounts-reloaded'),
      [{ type: 'mounts-reloaded', file: '/map', rules: 1, notes: [] }],
    )
    assert.equal(String((await ask(client, get('/f'))).body), 'b')
    assert.equal(String((await ask(client, get('/m'))).body), 'a')
  })

  test('that has not is nothing to tell of', async (t) => {
    const news = [{ rules: [fromFile('/f', 'a')], notes: [] }]
    const { client, events } = await town(t, async () => news.shift())
    assert.equal(news.length, 0, 'it was looked at')
    assert.deepEqual(events, [])
    assert.equal(String((await ask(client, get('/f'))).body), 'a')
  })

  for (const [how, read] of [
    ['cannot be used', async () => ({ unusable: 'why' })],
    ['cannot be read', async () => Promise.reject(new Error('why'))],
  ] as const)
    test(`that ${how} leaves the rules, and is told of`, async (t) => {
      const { client, events } = await town(t, read)
      await until('it was looked at', () => events.some(({ type }) => type === 'mounts-kept'))
      const kept = events.find((event) => event.type === 'mounts-kept')
      assert.deepEqual(kept, { type: 'mounts-kept', file: '/map', reason: 'why' })
      assert.equal(String((await ask(client, get('/f'))).body), 'a')
    })
})

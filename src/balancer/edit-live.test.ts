/** Edits of a balancer that is serving: what happens to requests and connections while options change under them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import { rawServer } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import type { Edit, Editor } from './edit-types.ts'
import { ask, type Cast, cast } from './testing/balancer.ts'
import { answering, get, ok } from './testing/engine.ts'

const BY: Editor = { address: '127.0.0.1', user: 'ann' }

/** `/held` waits until the test says so. */
const named = (name: string, barriers = new Barriers()) =>
  answering(async ({ startLine }) => {
    if (startLine.includes('/held')) await barriers.meet('held')
    return ok(name)
  })

const withSession = (route: string): string => get('/').replace('\r\n\r\n', `\r\nCookie: JSESSIONID=S.${route}\r\n\r\n`)

function edit({ balancer }: Cast, member: string, set: Extract<Edit, { type: 'update-member' }>['set']): void {
  const result = balancer.edit([{ type: 'update-member', lb: 'lb', member, set }], BY)
  assert.ok(result.done, JSON.stringify(result))
}

describe('a balancer that is edited while it serves', () => {
  test('a disabled member keeps its sessions, new ones go elsewhere', async (t) => {
    const scene = await cast(t, { a: named('a'), b: named('b') })
    const bodies = async (request: string): Promise<string> => {
      let text = ''
      for (let i = 0; i < 4; i++) text += (await ask(scene.client, request)).body.toString()
      return text
    }
    edit(scene, 'a', { activation: 'disabled' })
    assert.deepEqual([await bodies(withSession('a')), await bodies(get('/'))], ['aaaa', 'bbbb'])
    edit(scene, 'a', { activation: 'active' })
    assert.match(await bodies(get('/')), /a/)
  })

  test('another port: what is under way ends where it began, idle connections close, the next request goes there', async (t) => {
    const barriers = new Barriers()
    const scene = await cast(t, { a: named('old', barriers) })
    const second = await scene.connect()
    await ask(second, get('/'))
    await scene.client.send(get('/held'))
    await until('it is under way', () => scene.member('a').busy === 1)
    await ask(second, get('/'))
    assert.equal(scene.member('a').connected, 2)

    const moved = await rawServer(t, named('new'), 'moved')
    edit(scene, 'a', { port: moved.port })
    await until('the idle connection is closed', () => scene.member('a').connected === 1)
    assert.equal((await ask(second, get('/'))).body.toString(), 'new')
    await barriers.meet('held')
    assert.equal((await scene.client.expectMessage()).body.toString(), 'old')
    await until('the old connection is not kept', () => scene.member('a').connected === 1)
    assert.equal((await ask(scene.client, get('/'))).body.toString(), 'new')
    assert.deepEqual(scene.failures(), [])
  })

  test('the same address again closes nothing', async (t) => {
    const scene = await cast(t, { a: named('a') })
    await ask(scene.client, get('/'))
    const { host, port } = scene.member('a')
    edit(scene, 'a', { host, port, retries: 4 })
    await ask(scene.client, get('/'))
    assert.deepEqual([scene.member('a').connected, scene.member('a').maxConnected], [1, 1])
  })

  test('a busy limit holds for the next request', async (t) => {
    const barriers = new Barriers()
    const scene = await cast(t, { a: named('a', barriers), b: named('b') })
    edit(scene, 'a', { busyLimit: 1 })
    await scene.client.send(get('/held'))
    await until('it is under way', () => scene.member('a').busy === 1)
    const second = await scene.connect()
    const answers: string[] = []
    for (let i = 0; i < 3; i++) answers.push((await ask(second, withSession('a'))).body.toString())
    assert.deepEqual(answers, ['b', 'b', 'b'])
    await barriers.meet('held')
    await scene.client.expectMessage()
  })

  test('is seen by the snapshot, and each change by whoever listens', async (t) => {
    const scene = await cast(t, { a: named('a') })
    edit(scene, 'a', { activation: 'stopped', lbfactor: 3 })
    const { activation, lbfactor } = scene.member('a')
    assert.deepEqual([activation, lbfactor], ['stopped', 3])
    const change = (attribute: string, before: string, after: string) => ({
      type: 'edited',
      by: BY,
      change: { what: 'update', worker: 'lb', member: 'a', attribute, before, after },
    })
    assert.deepEqual(scene.events, [change('activation', 'active', 'stopped'), change('lbfactor', '1', '3')])
  })

  test('a refused edit is seen by whoever listens, and by nobody else', async (t) => {
    const scene = await cast(t, { a: named('a') })
    const before = scene.lb()
    const edits: Edit[] = [
      { type: 'update-lb', lb: 'lb', set: { retries: 7 } },
      { type: 'recover-member', lb: 'lb', member: 'a' },
    ]
    assert.equal(scene.balancer.edit(edits, BY).done, false)
    assert.equal(scene.lb().retries, before.retries)
    assert.deepEqual(scene.events, [{ type: 'edit-refused', by: BY, reason: 'lb/a: the member is not in error' }])
  })

  test('a reset while a request is under way keeps count of it', async (t) => {
    const barriers = new Barriers()
    const scene = await cast(t, { a: named('a', barriers) })
    await scene.client.send(get('/held'))
    await until('it is under way', () => scene.member('a').busy === 1)
    assert.ok(scene.balancer.edit([{ type: 'reset-lb', lb: 'lb' }], BY).done)
    assert.deepEqual([scene.member('a').used, scene.member('a').busy, scene.lb().busy], [0, 1, 1])
    await barriers.meet('held')
    await scene.client.expectMessage()
    await until('it has ended', () => scene.lb().busy === 0)
    assert.equal(scene.member('a').state, 'ok')
  })
})

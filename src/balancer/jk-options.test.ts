/** What JkOptions change of mapping and of connections, and whose page of a folder it is, through a whole balancer. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import type { VirtualHostOptions } from './options.ts'
import { answer } from './testing/ajp-packets.ts'
import { AjpStage } from './testing/ajp-stage.ts'
import { ask, cast, errorOf, mount } from './testing/balancer.ts'
import { answering, get, ok } from './testing/engine.ts'

type Owner = Parameters<typeof cast>[0]

/** A backend that answers with what it was asked for. */
const echo = answering((request) => ok(request.startLine.split(' ')[1]!))

function town(t: Owner, host: Partial<VirtualHostOptions>) {
  const hosts = [{ names: [], mounts: [mount('/app/*', 'lb'), mount('/*.jsp', 'lb')], access: [], ...host }]
  return cast(t, { a: echo }, { balancer: { hosts } })
}

describe('RejectUnsafeURI', () => {
  const rows: readonly [path: string, isMapped: boolean][] = [
    ['/app/x', true],
    ['/app/a%20b', true],
    ['/app/%2561', false],
    ['/app/50%25', false],
  ]
  for (const [path, isMapped] of rows) {
    test(`${path} is ${isMapped ? '' : 'not '}mapped`, async (t) => {
      const { client } = await town(t, { rejectUnsafePaths: true })
      for (let i = 0; i < 3; i++) {
        const answered = await ask(client, get(path))
        assert.equal(errorOf(answered), isMapped ? undefined : 'FRONT_NOT_FOUND')
      }
    })
  }
  test('without it both are', async (t) => {
    const { client } = await town(t, {})
    assert.equal(String((await ask(client, get('/app/%2561'))).body), '/app/%2561')
  })
})

describe('DisableReuse', () => {
  test('closes connections to workers after each answer', async (t) => {
    const { client, backends } = await town(t, { telling: { closesConnections: true } })
    for (let i = 0; i < 3; i++) await ask(client, get('/app/x'))
    assert.equal(backends.a!.accepted, 3)
  })
  test('without it one serves all', async (t) => {
    const { client, backends } = await town(t, {})
    for (let i = 0; i < 3; i++) await ask(client, get('/app/x'))
    assert.equal(backends.a!.accepted, 1)
  })
  test('over AJP, too', () => {
    for (const closesConnections of [true, false]) {
      const stage = AjpStage.connected()
      const { client } = stage.ask({ overrides: { closesConnections } })
      stage.socket.feed(answer())
      assert.equal(client.outcome, 'complete')
      assert.equal(stage.closed, closesConnections ? 1 : 0)
    }
  })
})

describe('the page of a folder', () => {
  const site = (t: Owner): Partial<VirtualHostOptions> => {
    const folder = temporaryFolder('files', t)
    folder.write('shop/index.jsp', '<% source %>')
    folder.write('both/index.html', 'plain')
    folder.write('both/index.jsp', '<% source %>')
    folder.write('empty/.keep', '')
    return { files: { root: folder.path, index: ['index.html', 'index.jsp'] } }
  }
  const rows: readonly [rule: string, path: string, status: number, text?: string][] = [
    ['is made by the worker it is mapped to, and is not shown as it lies there', '/shop/', 200, '/shop/index.jsp'],
    ['keeps the query', '/shop/?a=b', 200, '/shop/index.jsp?a=b'],
    ['is the first that is there', '/both/', 200, 'plain'],
    ['may be known to the worker alone, which is asked for the folder', '/empty/', 200, '/empty/'],
    ['is nobody’s where there is no folder', '/none/', 404],
  ]
  for (const [rule, path, status, text] of rows) {
    test(rule, async (t) => {
      const { client } = await town(t, site(t))
      const answered = await ask(client, get(path))
      assert.equal(answered.status, status)
      if (text !== undefined) assert.equal(String(answered.body), text)
    })
  }

  test('is shown as it lies there where no-jk says so', async (t) => {
    const env = [{ when: { of: 'path' as const, matches: '^/shop/' }, sets: [['no-jk', '1']] as const }]
    const { client } = await town(t, { ...site(t), env })
    assert.equal(String((await ask(client, get('/shop/'))).body), '<% source %>')
  })

  test('is asked for by those alone who may have it', async (t) => {
    const nobody = { location: '/shop/index.jsp', require: { is: 'all', granted: false } } as const
    const { client } = await town(t, { ...site(t), access: [nobody] })
    assert.equal(errorOf(await ask(client, get('/shop/'))), 'FRONT_FORBIDDEN')
  })

  test('with no-jk for the folder alone, in a section, is asked for once', async (t) => {
    const where = { location: '^/(empty|shop)/$', match: 'regexp' } as const
    const env = [{ where, sets: [['no-jk', '1']] as const }]
    const { client } = await town(t, { ...site(t), env })
    assert.equal((await ask(client, get('/empty/'))).status, 403)
    assert.equal(String((await ask(client, get('/shop/'))).body), '/shop/index.jsp')
  })
})

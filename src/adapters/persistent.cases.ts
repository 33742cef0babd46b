/**
 * What every adapter promises over a store: an app on nodes that share nothing but a Redis, and what its users see when the
 * store fails.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import { needsPeer } from '../../test/kit/peers.ts'
import { suite } from '../../test/kit/suite.ts'
import { until } from '../../test/kit/until.ts'
import { systemClock } from '../clock/clock.ts'
import { createSessionManager, type SessionManager, type SessionManagerOptions } from '../session/index.ts'
import { redisStore } from '../session/persistent/redis-store.ts'
import { MemoryStore } from '../session/testing/memory-store.ts'
import { shared, standalone } from '../session/testing/redis-clients.ts'
import { type AdapterUnderTest, type Request, starter } from './adapter.cases.ts'
import type { Client } from './testing/http-client.ts'

export function persistentCases(adapter: AdapterUnderTest): void {
  const start = starter(adapter)

  const serve = (manager: SessionManager, barriers = new Barriers()): Promise<Client> =>
    start({ manager }, async (req, res) => {
      // Koa begins with 404.
      res.statusCode = 200
      try {
        res.end(await answer(req, barriers))
      } catch (error) {
        res.end(`${(error as { code?: string }).code}`)
      }
    })

  suite(`${adapter.name}: an app on two nodes over Redis`, needsPeer('redis'), () => {
    const client = shared(standalone)
    const nodes = async (name: string, barriers?: Barriers): Promise<[Client, Client]> => {
      const store = redisStore(client())
      const one = (route: string) =>
        serve(createSessionManager({ name, route, store, storeTimeoutMs: 10_000 }), barriers)
      return [await one('w1'), await one('w2')]
    }

    test('counts on, whichever node a request comes to', async (t) => {
      const clients = await nodes(t.name)
      let { cookie } = await clients[0]('/count')
      for (let n = 2; n <= 5; n++) {
        const counted = await clients[n % 2]!('/count', { cookie })
        assert.equal(counted.body, `${n}`)
        cookie = counted.cookie || cookie
      }
      assert.match(cookie, /^JSESSIONID=[0-9A-F]{32}\.w[12]$/)
    })

    test('two requests of one user that overlap on two nodes lose nothing of each other', async (t) => {
      const [a, b] = await nodes(t.name, new Barriers())
      const { cookie } = await a('/count')
      await Promise.all([a('/add?left', { cookie }), b('/add?right', { cookie })])
      for (const client of [a, b]) assert.equal((await client('/names', { cookie })).body, 'left n right')
    })

    test('login, change of id and logout are known to both', async (t) => {
      const [a, b] = await nodes(t.name)
      const { cookie: before } = await a('/count')
      const login = await b('/login', { cookie: before })
      assert.equal((await a('/names', { cookie: login.cookie })).body, 'user')
      assert.equal((await a('/names', { cookie: before })).body, '')
      const changed = await a('/change', { cookie: login.cookie })
      assert.equal((await b('/names', { cookie: changed.cookie })).body, 'user')
      assert.equal((await b('/names', { cookie: login.cookie })).body, '')
      assert.equal((await b('/logout', { cookie: changed.cookie })).body, 'bye')
      assert.equal((await a('/names', { cookie: changed.cookie })).body, '')
    })

    test('an id that nobody issued is not adopted', async (t) => {
      const [a] = await nodes(t.name)
      const { cookie } = await a('/count', { cookie: `JSESSIONID=${'A'.repeat(32)}.w1` })
      assert.doesNotMatch(cookie, /AAAA/)
    })

    test('reload shows what the other node has written', async (t) => {
      const barriers = new Barriers()
      const [a, b] = await nodes(t.name, barriers)
      const { cookie } = await a('/count')
      const reloading = a('/reload', { cookie })
      await barriers.meet('loaded')
      await b('/count', { cookie })
      await barriers.meet('counted elsewhere')
      assert.equal((await reloading).body, '2')
    })
  })

  describe(`${adapter.name}: when the store fails`, () => {
    const broken = async (options: Partial<SessionManagerOptions> = {}) => {
      const store = new MemoryStore(systemClock)
      const manager = createSessionManager({ name: 'app', store, storeTimeoutMs: 50, scanIntervalMs: 20, ...options })
      await manager.start()
      const client = await serve(manager)
      return { store, manager, client, cookie: (await client('/count')).cookie }
    }

    for (const mood of ['down', 'hang'] as const) {
      test(`${mood}: requests with a session fail with 503; nobody is logged out; others are served`, async () => {
        const { store, manager, client, cookie } = await broken()
        store.mood = mood
        const failed = await client('/count', { cookie })
        assert.equal(failed.status, 503)
        assert.deepEqual(failed.cookies, [])
        assert.equal((await client('/names')).status, 200)
        store.mood = 'fine'
        assert.equal((await client('/count', { cookie })).body, '2')
        await manager.stop()
      })
    }

    test("whenStoreFails: 'without': req.session is undefined, and no cookie is sent", async () => {
      const { store, manager, client, cookie } = await broken({ whenStoreFails: 'without' })
      store.mood = 'down'
      const without = await client('/names', { cookie })
      assert.deepEqual([without.status, without.body, without.cookies], [200, 'no session', []])
      store.mood = 'fine'
      assert.equal((await client('/count', { cookie })).body, '2')
      await manager.stop()
    })

    test('in the middle of a request: the answer goes out, and what it wrote follows when the store is back', async () => {
      const { store, manager, client, cookie } = await broken()
      store.gate = async (step) => {
        if (step === 'write') store.mood = 'down'
      }
      const counted = await client('/count', { cookie })
      assert.deepEqual([counted.status, counted.body], [200, '2'])
      store.gate = () => Promise.resolve()
      store.mood = 'fine'
      await until('it is saved', async () => (await manager.load(keyOf(cookie)))?.unsaved === undefined)
      assert.equal((await client('/count', { cookie })).body, '3')
      await manager.stop()
    })

    test('methods that nobody waits for fail for themselves: the answer goes out, and the process lives', async () => {
      const { store, manager, client, cookie } = await broken()
      store.gate = async (step) => {
        if (step !== 'read') store.mood = 'down'
      }
      assert.equal((await client('/careless', { cookie })).body, 'done')
      store.gate = () => Promise.resolve()
      store.mood = 'fine'
      await manager.stop()
    })

    test('save tells of a value that cannot be stored, whatever becomes of the others', async () => {
      const { store, manager, client, cookie } = await broken()
      store.gate = async (step) => {
        if (step === 'write') store.mood = 'down'
      }
      assert.equal((await client('/misfit', { cookie })).body, 'SESSION_VALUE')
      store.gate = () => Promise.resolve()
      store.mood = 'fine'
      await manager.stop()
      assert.equal((await client('/names', { cookie })).body, 'cart n saved')
    })

    for (const [path, gated] of [
      ['/save', 'write'],
      ['/logout', 'destroy'],
      ['/change', 'leave'],
    ] as const) {
      test(`${path}: the application is told`, async () => {
        const { store, manager, client, cookie } = await broken()
        store.gate = async (step) => {
          if (step === gated) store.mood = 'down'
        }
        assert.equal((await client(path, { cookie })).body, 'SESSION_STORE')
        store.gate = () => Promise.resolve()
        store.mood = 'fine'
        await manager.stop()
        const after = await client('/names', { cookie })
        assert.equal(after.body, path === '/save' ? 'n saved' : '', 'it is done when the store is back')
      })
    }
  })
}

async function answer(req: Request, barriers: Barriers): Promise<string> {
  if ((req.session as unknown) === undefined) return 'no session'
  const { session } = req
  const [path, name = ''] = req.url!.split('?')
  switch (path) {
    case '/count':
      session.n = ((session.n as number | undefined) ?? 0) + 1
      return `${session.n}`
    case '/add':
      await barriers.meet('loaded')
      session[name] = 1
      return ''
    case '/reload':
      await barriers.meet('loaded')
      await barriers.meet('counted elsewhere')
      await session.reload()
      return `${req.session.n}`
    case '/save':
      session.saved = true
      await session.save()
      return 'saved'
    case '/careless':
      session.saved = true
      void session.save()
      void session.changeId()
      void session.destroy()
      return 'done'
    case '/misfit':
      session.saved = true
      session.cart = {}
      ;(session.cart as Record<string, unknown>).f = () => {}
      await session.save()
      return 'saved'
    case '/login':
      await session.regenerate()
      req.session.user = 'ann'
      return ''
    case '/change':
      await session.changeId()
      return ''
    case '/logout':
      await session.destroy()
      return 'bye'
    default:
      return Object.keys(session).sort().join(' ')
  }
}

function keyOf(cookie: string): string {
  return cookie.slice('JSESSIONID='.length, 'JSESSIONID='.length + 32)
}

/** The Store as express-session calls it, and apps with it on two nodes. What they share with others is in the drop-in test. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import express from 'express'
import expressSession, { type SessionData } from 'express-session'
import { atEnd } from '../../test/kit/owner.ts'
import { needsPeer } from '../../test/kit/peers.ts'
import { suite } from '../../test/kit/suite.ts'
import { until } from '../../test/kit/until.ts'
import { systemClock } from '../clock/clock.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { createSessionManager, type SessionManager } from '../session/index.ts'
import { redisStore } from '../session/persistent/redis-store.ts'
import { MemoryStore } from '../session/testing/memory-store.ts'
import { shared, standalone } from '../session/testing/redis-clients.ts'
import { tcpNodes } from '../session/testing/tcp-nodes.ts'
import { lone } from './adapter.cases.ts'
import ClowderStore from './express-session.ts'
import { type Client, clientOf, close, listen } from './testing/http-client.ts'

type Plain = Record<string, unknown>

/** A store's calls as promises. */
function callsOf(store: ClowderStore) {
  const call =
    <A extends unknown[], T>(run: (...args: [...A, (error?: unknown, result?: T) => void]) => void) =>
    (...args: A) =>
      new Promise<T | undefined>((resolve, reject) => {
        let isCalledBack = false
        run(...args, (error, result) => {
          assert.ok(isCalledBack, 'callbacks are called later')
          if (error) reject(error)
          else resolve(result)
        })
        isCalledBack = true
      })
  return {
    get: call<[string], Plain | null>((sid, done) => store.get(sid, done as never)),
    set: call<[string, Plain], void>((sid, values, done) => store.set(sid, values as never, done)),
    touch: call<[string, Plain], void>((sid, values, done) => store.touch(sid, values as never, done)),
    destroy: call<[string], void>((sid, done) => store.destroy(sid, done)),
    clear: call<[], void>((done) => store.clear(done)),
    length: call<[], number>((done) => store.length(done)),
    all: call<[], Plain[]>((done) => store.all(done as never)),
  }
}

function storeOf(manager: SessionManager = lone()) {
  const store = new ClowderStore({ manager })
  return { store, manager, ...callsOf(store) }
}

const cookie = { originalMaxAge: null, path: '/', httpOnly: true }

describe('the calls of a store', () => {
  test('get: nothing for an id that is not there', async () => {
    assert.equal(await storeOf().get('nobody'), undefined)
  })

  test('set, get: what was set, with values of its own', async () => {
    const { get, set } = storeOf()
    const values = { cookie, user: { name: 'ann' }, at: new Date(5) }
    await set('sid', values)
    values.user.name = 'changed after set'
    const got = await get('sid')
    assert.deepEqual(got, { user: { name: 'ann' }, at: new Date(5), cookie: { ...cookie, expires: null } })
    ;(got!.user as Plain).name = 'changed after get'
    assert.equal(((await get('sid'))!.user as Plain).name, 'ann')
  })

  test('set: a plain object replaces all', async () => {
    const { get, set } = storeOf()
    await set('sid', { cookie, a: 1, b: 1 })
    await set('sid', { cookie, b: 2 })
    const { cookie: _, ...values } = (await get('sid'))!
    assert.deepEqual(values, { b: 2 })
  })

  test('set: what a request was given is merged', async () => {
    const { get, set } = storeOf()
    await set('sid', { cookie, a: 1, b: 1, gone: 1 })
    const [one, two] = [(await get('sid'))!, (await get('sid'))!]
    one.a = 2
    delete one.gone
    two.b = 2
    await set('sid', one)
    await set('sid', two)
    one.a = 3
    await set('sid', one)
    const { cookie: _, ...values } = (await get('sid'))!
    assert.deepEqual(values, { a: 3, b: 2 })
  })

  test('ids are what the app makes them', async () => {
    const { get, set } = storeOf()
    for (const sid of ['', '__proto__', 'x'.repeat(10_000), 'ä\0\n']) {
      await set(sid, { cookie, sid })
      assert.equal((await get(sid))?.sid, sid)
    }
  })

  test('set: what cannot be kept as it is, is kept as JSON has it', async () => {
    class Doc {
      #id = 7
      toJSON() {
        return { id: this.#id }
      }
    }
    const { get, set } = storeOf()
    await set('sid', { cookie, doc: new Doc(), list: [() => {}], f: () => {}, at: new Date(5) })
    const { cookie: _, ...values } = (await get('sid'))!
    assert.deepEqual(values, { doc: { id: 7 }, list: [null], at: new Date(5) })
  })

  test('set: an error goes to the callback, and makes no session', async () => {
    const { set, manager } = storeOf()
    const cyclic: Plain = { f() {} }
    cyclic.self = cyclic
    await assert.rejects(set('sid', { cookie, cyclic }), TypeError)
    await assert.rejects(set('sid', { cookie, '\0x': 1 }), { code: 'SESSION_NAME' })
    assert.equal(manager.snapshot().sessions, 0)
  })

  test('destroy: gone, and a request that was under way does not bring it back', async () => {
    const { get, set, destroy } = storeOf()
    await set('sid', { cookie, a: 1 })
    const late = (await get('sid'))!
    await destroy('sid')
    await set('sid', Object.assign(late, { a: 2 }))
    assert.equal(await get('sid'), undefined)
    await destroy('never there')
  })

  test('all, length, clear', async () => {
    const manager = lone()
    const { set, all, length, clear, get } = storeOf(manager)
    const visit = manager.visit()
    visit.set('of', 'the middleware')
    void visit.commit()
    for (const sid of ['one', 'two']) await set(sid, { cookie, is: sid })
    assert.equal(await length(), 2)
    assert.deepEqual(
      (await all())!.map(({ id, is }) => [id, is]),
      [
        ['one', 'one'],
        ['two', 'two'],
      ],
    )
    await clear()
    assert.deepEqual([await length(), await get('one'), manager.snapshot().sessions], [0, undefined, 1])
  })

  test('callbacks may be left out', async () => {
    const { store, get, length } = storeOf()
    store.set('sid', { cookie, a: 1 } as never)
    store.touch('sid', { cookie } as never)
    assert.equal((await get('sid'))?.a, 1)
    store.destroy('sid')
    store.set('sid2', { cookie } as never)
    store.clear()
    assert.equal(await length(), 0)
  })

  test('regenerate and createSession, which express-session inherits', async () => {
    const { store, get, set } = storeOf()
    await set('sid', { cookie, a: 1 })
    const req = { sessionID: 'sid', sessionStore: store } as never as express.Request
    const session = store.createSession(req, (await get('sid')) as never)
    assert.equal((session as unknown as Plain).a, 1)
    Object.assign(store, { generate: (request: { sessionID: string }) => Object.assign(request, { sessionID: 'new' }) })
    await new Promise((resolve) => store.regenerate(req, resolve))
    assert.equal((req as { sessionID: string }).sessionID, 'new')
    assert.equal(await get('sid'), undefined)
  })

  test('load, which express-session inherits', async () => {
    const { store, set } = storeOf()
    await set('sid', { cookie, a: 1 })
    const load = (sid: string) =>
      new Promise<SessionData | undefined>((resolve) => store.load(sid, (_, session) => resolve(session)))
    assert.equal(((await load('sid')) as unknown as Plain).a, 1)
    assert.equal(await load('other'), undefined)
  })
})

describe('the time of a session', () => {
  function timed() {
    const clock = new FakeClock()
    const store = storeOf(createSessionManager({ name: 'app', clock, maxInactiveIntervalMs: 10_000 }))
    return { clock, ...store }
  }

  const rows: [what: string, cookie: Plain, ms: number][] = [
    ['the manager says where the cookie has no maxAge', cookie, 10_000],
    ['originalMaxAge', { originalMaxAge: 3000 }, 3000],
    ['maxAge', { maxAge: 3000 }, 3000],
  ]
  for (const [what, cookie, ms] of rows) {
    test(`${what}; get does not prolong it, touch does`, async () => {
      const { clock, get, set, touch } = timed()
      await set('sid', { cookie })
      clock.advance(ms - 1)
      assert.ok(await get('sid'))
      await touch('sid', { cookie })
      clock.advance(ms - 1)
      assert.ok(await get('sid'))
      clock.advance(1)
      assert.equal(await get('sid'), undefined)
    })
  }

  test('expires: the moment counts, also one that is past', async () => {
    const { clock, get, set } = timed()
    await set('later', { cookie: { expires: new Date(Date.now() + 30_000) } })
    await set('past', { cookie: { expires: new Date(Date.now() - 3000) } })
    clock.advance(20_000)
    assert.deepEqual([typeof (await get('later')), await get('past')], ['object', undefined])
    clock.advance(10_000)
    assert.equal(await get('later'), undefined)
  })

  test('a maxAge that was taken away is the manager’s again', async () => {
    const { clock, get, set } = timed()
    await set('sid', { cookie: { originalMaxAge: 1000 } })
    await set('sid', { cookie })
    clock.advance(9999)
    assert.ok(await get('sid'))
  })

  test('touch changes nothing else, tells of nothing new, and makes no session', async () => {
    const { get, set, touch, manager } = timed()
    await touch('other', { cookie })
    assert.equal(await get('other'), undefined)
    await set('sid', { cookie: { originalMaxAge: 5000 }, a: 1 })
    await touch('sid', { cookie: { originalMaxAge: 4998 }, a: 2 })
    assert.equal((await get('sid'))?.a, 1)
    assert.equal(manager.snapshot().counts.changed, 0)
  })

  test('set after it has expired begins anew', async () => {
    const { clock, get, set } = timed()
    await set('sid', { cookie, old: 1 })
    clock.advance(10_000)
    await set('sid', { cookie, new: 1 })
    const { cookie: _, ...values } = (await get('sid'))!
    assert.deepEqual(values, { new: 1 })
  })
})

describe('an app with express-session on two nodes', () => {
  interface Node {
    readonly client: Client
    readonly manager: SessionManager
    readonly stop: () => Promise<void>
  }
  /** Requests to `/wait…` that wait for each other. */
  type Gate = { waiting: (() => void)[] }

  async function nodes(t: TestContext, gate: Gate = { waiting: [] }): Promise<[Node, Node]> {
    const both = await tcpNodes(t, 2, { sendOptions: 'synchronised' })
    const serving = both.map(async ({ manager, channel }): Promise<Node> => {
      const app = express()
      const store = new ClowderStore({ manager })
      app.use(expressSession({ store, secret: 'cat', resave: false, saveUninitialized: false }))
      app.use((req, res, next) => {
        const session = req.session as unknown as Plain
        const act = () => {
          if (req.path === '/count') session.n = ((session.n as number | undefined) ?? 0) + 1
          else if (req.path.startsWith('/set/')) session[req.path.slice(5)] = 1
          else if (req.path === '/push') session.list = [...((session.list as unknown[] | undefined) ?? []), 1]
          else if (req.path === '/logout')
            return req.session.destroy((error) => (error ? next(error) : res.send('bye')))
          const { cookie: _, ...values } = session
          res.send(JSON.stringify(values))
        }
        if (req.query.wait === undefined) act()
        else if (gate.waiting.push(act) === Number(req.query.wait)) for (const go of gate.waiting.splice(0)) go()
      })
      const server = createServer(app as RequestListener)
      await listen(server)
      const stop = async () => {
        await close(server)
        await channel.stop()
      }
      atEnd(t, () => (server.listening ? close(server) : undefined))
      return { client: clientOf(server), manager, stop }
    })
    return (await Promise.all(serving)) as [Node, Node]
  }

  test('goes on at the other one when a node dies', async (t) => {
    const [a, b] = await nodes(t)
    const { cookie } = await a.client('/count')
    await a.client('/count', { cookie })
    await a.stop()
    await until('the other node has noticed', () => b.manager.snapshot().members.length === 0)
    const third = await b.client('/count', { cookie })
    assert.deepEqual([third.body, third.cookies], ['{"n":3}', []])
  })

  for (const where of ['one node', 'two nodes']) {
    test(`requests at once, on ${where}, keep each other's changes`, async (t) => {
      const [a, b] = await nodes(t)
      const { cookie } = await a.client('/count')
      const at = (i: number) => (where === 'one node' || i % 2 ? a : b)
      await Promise.all([1, 2, 3, 4].map((i) => at(i).client(`/set/r${i}?wait=4`, { cookie })))
      await until('all is there', async () => {
        const bodies = await Promise.all([a, b].map(({ client }) => client('/look', { cookie })))
        return bodies.every(
          ({ body }) =>
            Object.keys(JSON.parse(body) as Plain)
              .sort()
              .join() === 'n,r1,r2,r3,r4',
        )
      })
    })
  }

  test('logout on one node beats a request that is under way on the other', async (t) => {
    const [a, b] = await nodes(t)
    const { cookie } = await a.client('/count')
    const slow = b.client('/count?wait=2', { cookie })
    await a.client('/logout', { cookie })
    const other = b.client('/look?wait=2')
    await Promise.all([slow, other])
    for (const { client } of [a, b]) assert.equal((await client('/look', { cookie })).body, '{}')
  })

  test('an id that nobody issued is not adopted', async (t) => {
    const [a, b] = await nodes(t)
    for (const { client } of [a, b]) {
      const { cookie } = await client('/count', { cookie: 'connect.sid=planted' })
      assert.match(cookie, /^connect\.sid=s%3A/)
      assert.doesNotMatch(cookie, /planted/)
    }
  })
})

test('sessions that are on other nodes only are fetched, changed and ended there (backup manager)', async (t) => {
  const nodes = await tcpNodes(t, 3, { manager: 'backup', backups: 1, sendOptions: 'synchronised' })
  const stores = nodes.map(({ manager }) => storeOf(manager))
  /** A store of a node that has not got the session, if the given one has just made it. */
  const without = async (sid: string) => {
    await stores[0]!.set(sid, { cookie, a: 1 })
    const count = ({ manager }: { manager: SessionManager }) => [...manager.sessions()].length
    const empty = stores.find((store) => count(store) === 0)
    assert.ok(empty)
    return empty
  }
  const first = await without('one')
  assert.equal((await first.get('one'))?.a, 1)
  await first.destroy('one')
  for (const store of stores) assert.equal(await store.get('one'), undefined)
  // Where it was kept before it was fetched, the copy goes once that node is told of the move.
  await until('no copy is left', () => stores.every(({ manager }) => [...manager.sessions()].length === 0))

  const second = await without('two')
  await second.touch('two', { cookie })
  const got = (await second.get('two'))!
  await second.set('two', Object.assign(got, { b: 2 }))
  const { cookie: _, ...values } = (await stores[0]!.get('two'))!
  assert.deepEqual(values, { a: 1, b: 2 })
})

suite('over Redis', needsPeer('redis'), () => {
  const client = shared(standalone)
  const twoStores = (name: string) =>
    ['w1', 'w2'].map((route) =>
      storeOf(createSessionManager({ name, route, store: redisStore(client()), storeTimeoutMs: 10_000 })),
    )

  test('what one node writes the other one finds, merges and ends', async (t) => {
    const [a, b] = twoStores(t.name)
    await a!.set('one', { cookie, left: 0, right: 0 })
    const [left, right] = [(await a!.get('one'))!, (await b!.get('one'))!]
    await Promise.all([
      a!.set('one', Object.assign(left, { left: 1 })),
      b!.set('one', Object.assign(right, { right: 1 })),
    ])
    const { cookie: _, ...merged } = (await a!.get('one'))!
    assert.deepEqual(merged, { left: 1, right: 1 })
    await b!.touch('one', { cookie })
    const held = (await a!.get('one'))!
    await b!.destroy('one')
    await a!.set('one', Object.assign(held, { late: 1 }))
    for (const store of [a!, b!]) assert.equal(await store.get('one'), undefined)
  })

  test('all, length and clear mean what is in the store, whoever made it', async (t) => {
    const [a, b] = twoStores(t.name) as [ReturnType<typeof storeOf>, ReturnType<typeof storeOf>]
    const visit = a.store.manager.visit()
    visit.set('of', 'the middleware')
    await visit.commit()
    const ids = Array.from({ length: 150 }, (_, i) => `sid ${i}`).sort()
    await Promise.all(ids.map((sid, i) => (i % 2 ? a : b).set(sid, { cookie, is: sid })))
    await a.set('gone', { cookie })
    await b.destroy('gone')
    for (const store of [a, b]) {
      assert.equal(await store.length(), ids.length)
      assert.deepEqual((await store.all())!.map(({ id, is }) => [id, is]).sort(), ids.map((sid) => [sid, sid]).sort())
    }
    await b.clear()
    assert.deepEqual([await a.length(), await a.all(), await a.get('sid 7')], [0, [], undefined])
    assert.equal((await b.store.manager.load(visit.key))?.get('of'), 'the middleware')
  })
})

test('all, length and clear are refused where no node knows all sessions (backup manager)', async () => {
  const { set, all, length, clear, get } = storeOf(createSessionManager({ name: 'app', manager: 'backup' }))
  await set('one', { cookie, a: 1 })
  for (const call of [all, length, clear]) await assert.rejects(call(), { code: 'SESSION_STATE' })
  assert.equal((await get('one'))?.a, 1)
})

test('a store that fails: every call says so', async () => {
  const memory = new MemoryStore(systemClock)
  const { get, set, touch, destroy, all, length } = storeOf(createSessionManager({ name: 'app', store: memory }))
  await set('one', { cookie, a: 1 })
  const got = (await get('one'))!
  for (const [step, call] of [
    ['read', () => get('one')],
    ['read', () => touch('one', { cookie })],
    ['write', () => set('one', Object.assign(got, { a: 2 }))],
    ['keys', () => length()],
    ['read', () => all()],
    ['destroy', () => destroy('one')],
  ] as const) {
    memory.gate = async (what) => {
      if (what === step) throw new Error('oh')
    }
    await assert.rejects(call(), { code: 'SESSION_STORE' }, step)
  }
})

test('without options the sessions stay in the process; close ends what was made', async () => {
  const store = new ClowderStore()
  await store.ready
  assert.equal(store.manager.snapshot().state, 'ready')
  await store.close()
  assert.equal(store.manager.snapshot().state, 'stopped')
})

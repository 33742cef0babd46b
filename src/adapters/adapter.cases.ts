/**
 * What every adapter promises, whatever the framework. A test file brings its framework's way to serve a handler. Cookies
 * have cases of their own in `cookie.cases.ts`; ids and failover in `routing.cases.ts`.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { createSessionManager, type SessionManager } from '../session/index.ts'
import type { HttpSession } from './http-session.ts'
import type { HttpSessionOptions } from './options.ts'
import { type Client, clientOf, close, listen } from './testing/http-client.ts'

export type Data = Record<string, unknown>
export type Request = IncomingMessage & { session: HttpSession<Data> & Data; sessionID: string }
export type Handler = (request: Request, response: ServerResponse) => unknown

export interface AdapterUnderTest {
  readonly name: string
  /** A server, not listening yet, whose app is `handler` behind the adapter. */
  serve(options: HttpSessionOptions, handler: Handler): Server
  /** Lets the framework meet options that are refused; default: `serve` throws. */
  refuse?(options: HttpSessionOptions): Promise<unknown>
}

/** A handler that every framework runs the same way, and a client for it. Closed after each test. */
export function starter(adapter: AdapterUnderTest) {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await close(server)
  })
  return async (options: HttpSessionOptions, handler: Handler): Promise<Client> => {
    const server = adapter.serve(options, handler)
    servers.push(server)
    await listen(server)
    return clientOf(server)
  }
}

export function lone(route = 'w1'): SessionManager {
  return createSessionManager({ name: 'app', route })
}

export function count(req: Request, res: ServerResponse): void {
  req.session.n = ((req.session.n as number | undefined) ?? 0) + 1
  res.end(`${req.session.n}`)
}

export function adapterCases(adapter: AdapterUnderTest): void {
  const start = starter(adapter)

  describe(`${adapter.name}: a session`, () => {
    test('counts the visits of one browser', async () => {
      const client = await start({ manager: lone() }, count)
      const first = await client('/')
      assert.equal(first.body, '1')
      const second = await client('/', { cookie: first.cookie })
      assert.equal(second.body, '2')
      assert.deepEqual(second.cookies, [], 'an id that is known is not told again')
      assert.equal((await client('/')).body, '1', 'another browser has another session')
    })

    test('is neither stored nor told of while nothing is set', async () => {
      const manager = lone()
      const client = await start({ manager }, (req, res) => {
        res.end(JSON.stringify([req.session.user ?? null, Object.keys(req.session), 'user' in req.session]))
      })
      const answer = await client('/')
      assert.equal(answer.body, '[null,[],false]')
      assert.deepEqual(answer.cookies, [])
      assert.equal(manager.snapshot().sessions, 0)
    })

    test('that becomes empty stays', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        if (req.url === '/set') req.session.x = 1
        else delete req.session.x
        res.end(req.session.id)
      })
      const { cookie } = await client('/set')
      const emptied = await client('/delete', { cookie })
      assert.deepEqual(emptied.cookies, [])
      assert.equal(`JSESSIONID=${emptied.body}`, cookie)
    })

    test('has the id of its cookie as session.id and sessionID, also before it exists', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        const before = req.sessionID
        req.session.x = 1
        res.end(`${before} ${req.sessionID} ${req.session.id}`)
      })
      const { body, cookie } = await client('/')
      const id = cookie.slice('JSESSIONID='.length)
      assert.equal(body, `${id} ${id} ${id}`)
    })

    test('behaves as an object does', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        const { session } = req
        session.a = 1
        session.b = { deep: [1] }
        session.c = undefined
        Object.assign(session, { d: 'x' })
        Object.defineProperty(session, 'e', { value: null })
        delete session.a
        const list: string[] = []
        for (const name in session) list.push(name)
        const facts = [
          Object.keys(session),
          list,
          JSON.stringify(session),
          { ...session },
          'b' in session,
          'a' in session,
          'c' in session,
          // biome-ignore lint/suspicious/noPrototypeBuiltins: it is what applications do
          session.hasOwnProperty('b'),
          Object.hasOwn(session, 'a'),
          Object.entries(session).length,
          typeof session.save,
          `${session}`,
        ]
        res.end(JSON.stringify(facts))
      })
      assert.deepEqual(JSON.parse((await client('/')).body), [
        ['b', 'c', 'd', 'e'],
        ['b', 'c', 'd', 'e'],
        '{"b":{"deep":[1]},"d":"x","e":null}',
        { b: { deep: [1] }, d: 'x', e: null },
        true,
        false,
        true,
        true,
        false,
        4,
        'function',
        '[object Object]',
      ])
    })

    test('keeps what is changed inside an object', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        if (req.session.cart === undefined) req.session.cart = { items: [] }
        ;(req.session.cart as { items: number[] }).items.push(1)
        res.end(JSON.stringify(req.session.cart))
      })
      const { cookie } = await client('/')
      assert.equal((await client('/', { cookie })).body, '{"items":[1,1]}')
    })

    test('refuses a function where it is set, and makes no session of it', async () => {
      const manager = lone()
      const client = await start({ manager }, (req, res) => {
        assert.throws(
          () => {
            req.session.f = () => {}
          },
          { code: 'SESSION_VALUE', attribute: 'f', message: /^session attribute "f" is a function\. Store plain data/ },
        )
        res.end('refused')
      })
      const answer = await client('/')
      assert.equal(answer.body, 'refused')
      assert.deepEqual(answer.cookies, [])
      assert.equal(manager.snapshot().sessions, 0)
    })

    test('refuses names that are its own', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        for (const name of ['id', 'save', '__proto__', 'constructor']) {
          assert.throws(() => Reflect.set(req.session, name, 1), { code: 'SESSION_NAME' })
        }
        assert.equal(req.session.polluted, undefined)
        res.end('refused')
      })
      assert.equal((await client('/')).body, 'refused')
    })
  })

  describe(`${adapter.name}: a request that goes wrong`, () => {
    test('and is broken off by the browser has its changes kept', async () => {
      const manager = lone()
      let broken = (): void => {}
      const isBroken = new Promise<void>((resolve) => {
        broken = resolve
      })
      const server = adapter.serve({ manager }, (req, res) => {
        req.session.x = 1
        res.write('the beginning')
        res.on('close', broken)
      })
      await listen(server)
      const req = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
      req.on('error', () => {})
      req.end()
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      res.destroy()
      await isBroken
      assert.deepEqual([manager.snapshot().sessions, manager.snapshot().counts.created], [1, 1])
      await close(server)
    })

    test('may begin a session after its head is out: it is not told of, and nothing breaks', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        res.write('the beginning, ')
        req.session.x = 1
        res.end('the end')
      })
      const answer = await client('/')
      assert.equal(answer.body, 'the beginning, the end')
      assert.deepEqual(answer.cookies, [])
    })
  })

  describe(`${adapter.name}: concurrent requests of one session`, () => {
    test('lose no write, although all have read before the first one writes', async () => {
      const waiting: (() => void)[] = []
      const client = await start({ manager: lone() }, (req, res) => {
        const name = req.url!.slice(1)
        const act = () => {
          req.session[name] = true
          res.end(Object.keys(req.session).sort().join())
        }
        if (!name.startsWith('r')) return act()
        assert.equal(req.session.start, true)
        if (waiting.push(act) === 5) for (const go of waiting.splice(0)) go()
      })
      const { cookie } = await client('/start')
      await Promise.all([1, 2, 3, 4, 5].map((n) => client(`/r${n}`, { cookie })))
      assert.equal((await client('/end', { cookie })).body, 'end,r1,r2,r3,r4,r5,start')
    })
  })

  describe(`${adapter.name}: methods, with promises and with callbacks`, () => {
    const call = (session: HttpSession<Data>, method: Method, style: string): Promise<unknown> =>
      style === 'promise'
        ? session[method]()
        : new Promise((resolve, reject) => {
            assert.equal(
              session[method]((error) => (error ? reject(error) : resolve(undefined))),
              session,
            )
          })

    for (const style of ['promise', 'callback']) {
      test(`regenerate: an empty session under a new id, the old one is dead (${style})`, async () => {
        const manager = lone()
        const client = await start({ manager }, async (req, res) => {
          if (req.url === '/login') {
            const before = req.session
            await call(before, 'regenerate', style)
            assert.notEqual(req.session, before)
            assert.equal(req.session.cart, undefined)
            // As passport does with keepSessionInfo.
            Object.assign(req.session, before, { user: 'me' })
          } else req.session.cart ??= 'full'
          res.end(JSON.stringify(req.session))
        })
        const anonymous = await client('/')
        const login = await client('/login', { cookie: anonymous.cookie })
        assert.equal(login.body, '{"cart":"full","user":"me"}')
        assert.notEqual(login.cookie, anonymous.cookie)
        assert.equal(login.cookies.length, 1)
        assert.equal((await client('/', { cookie: login.cookie })).body, '{"cart":"full","user":"me"}')
        assert.equal((await client('/', { cookie: anonymous.cookie })).body, '{"cart":"full"}')
        assert.equal(manager.snapshot().counts.destroyed, 1)
      })

      test(`changeId: the same data under a new id, the old one is dead (${style})`, async () => {
        const client = await start({ manager: lone() }, async (req, res) => {
          if (req.url === '/login') {
            req.session.user = 'me'
            await call(req.session, 'changeId', style)
            assert.equal(req.sessionID, req.session.id)
          } else if (req.url === '/') req.session.cart = 'full'
          res.end(JSON.stringify(req.session))
        })
        const anonymous = await client('/')
        const login = await client('/login', { cookie: anonymous.cookie })
        assert.equal(login.body, '{"cart":"full","user":"me"}')
        assert.notEqual(login.cookie, anonymous.cookie)
        assert.equal((await client('/look', { cookie: login.cookie })).body, '{"cart":"full","user":"me"}')
        assert.equal((await client('/look', { cookie: anonymous.cookie })).body, '{}')
      })

      test(`destroy: no session, no cookie, and req.session is undefined (${style})`, async () => {
        const manager = lone()
        const client = await start({ manager }, async (req, res) => {
          req.session.x = 1
          if (req.url === '/logout') {
            await call(req.session, 'destroy', style)
            assert.equal(req.session, undefined)
          }
          res.end()
        })
        const { cookie } = await client('/')
        assert.deepEqual((await client('/logout', { cookie })).cookies, [])
        assert.equal(manager.snapshot().sessions, 0)
        assert.deepEqual((await client('/logout')).cookies, [], 'also of one that was made in this very request')
        assert.equal(manager.snapshot().sessions, 0)
      })

      test(`save: committed at once (${style})`, async () => {
        const manager = lone()
        const client = await start({ manager }, async (req, res) => {
          req.session.x = 1
          await call(req.session, 'save', style)
          res.end(`${manager.snapshot().counts.created}`)
        })
        assert.equal((await client('/')).body, '1')
      })

      test(`save: tells of a value that cannot be replicated any more (${style})`, async () => {
        const client = await start({ manager: lone() }, async (req, res) => {
          const cart: Record<string, unknown> = {}
          req.session.cart = cart
          cart.f = () => {}
          await assert.rejects(call(req.session, 'save', style), { code: 'SESSION_VALUE', attribute: 'cart' })
          res.end('told')
        })
        assert.equal((await client('/')).body, 'told')
      })

      test(`reload: a fresh object with what is there now, or SESSION_GONE (${style})`, async () => {
        const manager = lone()
        const client = await start({ manager }, async (req, res) => {
          const before = req.session
          before.x = 1
          await call(before, 'reload', style)
          assert.notEqual(req.session, before)
          assert.equal(req.session.x, 1)
          void manager.destroy(manager.find(req.session.id.slice(0, 32))!)
          await assert.rejects(call(req.session, 'reload', style), { code: 'SESSION_GONE' })
          res.end('told')
        })
        assert.equal((await client('/')).body, 'told')
      })
    }

    test('touch: is there, and returns the session', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        req.session.x = 1
        assert.equal(req.session.touch(), req.session)
        assert.equal(req.session.resetMaxAge(), req.session)
        res.end('touched')
      })
      assert.equal((await client('/')).body, 'touched')
    })
  })
}

type Method = 'regenerate' | 'changeId' | 'destroy' | 'save' | 'reload'

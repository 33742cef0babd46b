/**
 * What express-session documents (its README: options, cookie, `req.session`, `req.session.cookie`, `req.sessionID`), as cases
 * for apps written against it. They run on express-session itself first, which shows that the case is right, then on our
 * Store under it and on our middleware in its place. What is other there on purpose is said per arrangement, and in
 * docs/reference/differences.md.
 */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, test } from 'node:test'
import express from 'express'
import { until } from '../../test/kit/until.ts'
import { type Client, clientOf, close, listen } from './testing/http-client.ts'

/** Names of arrangements that are compared. */
export type Kind = 'express-session' | 'our Store' | 'our middleware'

export interface Arrangement {
  readonly kind: Kind
  /** The middleware, as an app makes it. */
  middleware(options: Options): RequestListener
  /** Options that give several middlewares the same sessions. */
  shared(): Options
}

export type Options = Record<string, unknown>

/** As an app sees it that knows express-session only. */
interface AppSession {
  [name: string]: unknown
  readonly id: string
  cookie: AppCookie
  regenerate(callback: Callback): void
  destroy(callback: Callback): void
  reload(callback: Callback): void
  save(callback?: Callback): void
  touch(): void
}
interface AppCookie {
  maxAge?: number | null | undefined
  originalMaxAge?: number | null | undefined
  expires?: Date | null | false | undefined
  httpOnly?: boolean
  path?: string
  domain?: string
  secure?: boolean | 'auto'
  sameSite?: unknown
}
type Callback = (error?: unknown) => void
export interface AppRequest {
  readonly url: string
  session: AppSession
  readonly sessionID: string
  readonly headers: IncomingMessage['headers']
}
type Respond = (body: unknown) => void

const BASE: Options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

export function expressSessionCases(arrangement: Arrangement): void {
  const { kind } = arrangement
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await close(server)
  })

  async function start(options: Options, handler: (req: AppRequest, respond: Respond) => void): Promise<Client> {
    const app = express()
    app.use(arrangement.middleware({ ...BASE, ...options }) as never)
    app.use((req, res) => handler(req as never, (body) => void res.send(String(body))))
    const server = createServer(app as RequestListener)
    servers.push(server)
    await listen(server)
    return clientOf(server)
  }

  const setX = (req: AppRequest, respond: Respond) => {
    req.session.x = ((req.session.x as number | undefined) ?? 0) + 1
    respond(req.session.x)
  }
  /** Stores something on `/set`, looks on all other paths. */
  const setOrLook = (req: AppRequest, respond: Respond) => {
    if (req.url === '/set') req.session.x = 1
    respond(req.session.x)
  }

  describe(`${kind}: options`, () => {
    const cookieRows: [what: string, cookie: Options, has: RegExp | undefined, not?: RegExp][] = [
      ['cookie.path', { path: '/app' }, /; Path=\/app(;|$)/],
      ['cookie.domain', { domain: 'example.com' }, /; Domain=example\.com(;|$)/],
      ['cookie.httpOnly, by default', {}, /; HttpOnly/],
      ['cookie.httpOnly: false', { httpOnly: false }, undefined, /HttpOnly/],
      ['cookie.maxAge', { maxAge: 60_000 }, /; Expires=.* GMT/],
      ['cookie.maxAge: null', { maxAge: null }, undefined, /Expires|Max-Age/],
      ['cookie.expires', { expires: new Date(Date.now() + 60_000) }, /; Expires=.* GMT/],
      ['cookie.sameSite: true', { sameSite: true }, /; SameSite=Strict/],
      ['cookie.sameSite: lax', { sameSite: 'lax' }, /; SameSite=Lax/],
      ['cookie.sameSite: strict', { sameSite: 'strict' }, /; SameSite=Strict/],
      ['cookie.sameSite: false', { sameSite: false }, undefined, /SameSite/],
      ['cookie.sameSite: auto without TLS', { sameSite: 'auto' }, /; SameSite=Lax/],
      ['cookie.secure: auto without TLS', { secure: 'auto' }, /HttpOnly/, /Secure/],
      ['cookie.partitioned', { partitioned: true }, /; Partitioned/],
      ['cookie.priority', { priority: 'high' }, /; Priority=High/],
    ]
    for (const [what, cookie, has, not] of cookieRows) {
      test(what, async () => {
        const client = await start({ cookie }, setX)
        const path = cookie.path === undefined ? '/' : `${String(cookie.path)}/page`
        const { cookies } = await client(path)
        assert.equal(cookies.length, 1)
        if (has !== undefined) assert.match(cookies[0]!, has)
        if (not !== undefined) assert.doesNotMatch(cookies[0]!, not)
      })
    }

    test('cookie as a function of the request', async () => {
      const cookie = (req: { url: string }) => ({ httpOnly: req.url !== '/open', path: '/' })
      const client = await start({ cookie }, setX)
      assert.match((await client('/')).cookies[0]!, /HttpOnly/)
      assert.doesNotMatch((await client('/open')).cookies[0]!, /HttpOnly/)
    })

    const proxyRows: [proxy: boolean, proto: string | undefined, secure: boolean][] = [
      [true, 'https', true],
      [true, undefined, false],
      [true, 'http', false],
      [false, 'https', false],
    ]
    for (const [proxy, proto, secure] of proxyRows) {
      test(`proxy: ${proxy}, X-Forwarded-Proto: ${proto}: cookie.secure and sameSite auto`, async () => {
        const client = await start({ proxy, cookie: { secure: 'auto', sameSite: 'auto' } }, setX)
        const { cookies } = await client('/', proto === undefined ? {} : { 'x-forwarded-proto': proto })
        assert.equal(/; Secure/.test(cookies[0]!), secure)
        assert.match(cookies[0]!, secure ? /SameSite=None/ : /SameSite=Lax/)
      })
    }

    test('name', async () => {
      const client = await start({ name: 'sid' }, setX)
      const { cookie } = await client('/')
      assert.match(cookie, /^sid=/)
      assert.equal((await client('/', { cookie })).body, '2')
    })

    test('resave: what did not change is there all the same', async () => {
      for (const resave of [true, false]) {
        const client = await start({ resave }, setOrLook)
        const { cookie } = await client('/set')
        await client('/', { cookie })
        assert.equal((await client('/', { cookie })).body, '1')
      }
    })

    for (const [rolling, found] of [
      [true, 1],
      [false, 0],
    ] as const) {
      test(`rolling: ${rolling}: with answers that change nothing the cookie is ${rolling ? '' : 'not '}sent`, async () => {
        const client = await start({ rolling, cookie: { maxAge: 60_000 } }, setOrLook)
        const { cookie } = await client('/set')
        assert.equal((await client('/', { cookie })).cookies.length, found)
      })
    }

    test('rolling: true sends no cookie for a session in which nothing is stored', async () => {
      const client = await start({ rolling: true }, setOrLook)
      assert.deepEqual((await client('/')).cookies, [])
    })

    test('rolling: false: an answer that changes something renews a cookie with maxAge, also deep inside', async () => {
      const client = await start({ rolling: false, cookie: { maxAge: 60_000 } }, (req, respond) => {
        req.session.list ??= []
        if (req.url !== '/look') (req.session.list as number[]).push(1)
        respond((req.session.list as number[]).length)
      })
      const { cookie } = await client('/')
      assert.equal((await client('/', { cookie })).cookies.length, 1)
      assert.equal((await client('/look', { cookie })).cookies.length, 0)
    })

    test('saveUninitialized: true: a session for everybody', async () => {
      const client = await start({ saveUninitialized: true }, (req, respond) => respond(req.sessionID))
      const first = await client('/')
      assert.equal(first.cookies.length, 1)
      const second = await client('/', { cookie: first.cookie })
      assert.deepEqual([second.body, second.cookies.length], [first.body, 0])
    })

    test('saveUninitialized: false: none for those of whom nothing is stored', async () => {
      const client = await start({}, (req, respond) => respond(typeof req.sessionID))
      const { body, cookies } = await client('/')
      assert.deepEqual([body, cookies], ['string', []])
    })

    test('secret: an id that was tampered with counts for nothing', async () => {
      const client = await start({}, setX)
      const { cookie } = await client('/')
      const last = cookie.replace(/(.)(\.w1)?$/, (_, char: string, route = '') => `${char === 'A' ? 'Q' : 'A'}${route}`)
      assert.notEqual(last, cookie)
      const forged = await client('/', { cookie: last })
      assert.equal(forged.body, '1')
      assert.equal(forged.cookies.length, 1)
    })

    test('secret: several: the first signs, all verify; without the old one its sessions are over', async () => {
      // One store for all, as after a restart of an app whose sessions live elsewhere.
      const app = express()
      const shared = arrangement.shared()
      const byPath: Record<string, unknown> = {}
      for (const [path, secret] of [
        ['/old', 'one'],
        ['/both', ['two', 'one']],
        ['/new', ['two']],
      ] as const) {
        byPath[path] = arrangement.middleware({ ...BASE, ...shared, secret })
      }
      app.use((req, res, next) => (byPath[req.path] as express.RequestHandler)(req, res, next))
      app.use((req, res) => {
        const session = (req as unknown as AppRequest).session
        session.x = ((session.x as number | undefined) ?? 0) + 1
        res.send(String(session.x))
      })
      const server = createServer(app as RequestListener)
      servers.push(server)
      await listen(server)
      const client = clientOf(server)
      const { cookie } = await client('/old')
      assert.equal((await client('/both', { cookie })).body, '2')
      assert.equal((await client('/new', { cookie })).body, '1')
    })

    test('unset: keep', async () => {
      const client = await start({ unset: 'keep' }, (req, respond) => {
        if (req.url === '/unset') {
          ;(req as { session: unknown }).session = null
          return respond('unset')
        }
        setX(req, respond)
      })
      const { cookie } = await client('/')
      assert.deepEqual((await client('/unset', { cookie })).cookies, [])
      assert.equal((await client('/', { cookie })).body, '2')
    })

    for (const how of ['null', 'delete']) {
      test(`unset: destroy, by ${how}`, async () => {
        const client = await start({ unset: 'destroy' }, (req, respond) => {
          if (req.url === '/unset') {
            if (how === 'null') (req as { session: unknown }).session = null
            else delete (req as { session?: unknown }).session
            return respond('unset')
          }
          setX(req, respond)
        })
        const { cookie } = await client('/')
        await client('/unset', { cookie })
        assert.equal((await client('/', { cookie })).body, '1')
      })
    }

    test('unset: anything else is refused', () => {
      assert.throws(() => arrangement.middleware({ ...BASE, unset: 'maybe' }))
    })
  })

  describe(`${kind}: req.session`, () => {
    test('id and sessionID are one, and the same for the next request', async () => {
      const client = await start({}, (req, respond) => {
        req.session.x = 1
        respond(JSON.stringify([req.session.id, req.sessionID]))
      })
      const { body, cookie } = await client('/')
      const [id, sessionID] = JSON.parse(body) as string[]
      assert.equal(id, sessionID)
      assert.equal((await client('/', { cookie })).body, body)
    })

    test('regenerate: a new session that is empty; the old one is gone', async () => {
      const client = await start({}, (req, respond) => {
        if (req.url !== '/login') return setX(req, respond)
        req.session.regenerate((error) => {
          assert.ifError(error)
          const { x } = req.session
          req.session.user = 'me'
          respond(JSON.stringify([x ?? null, req.sessionID === req.session.id]))
        })
      })
      const { cookie } = await client('/')
      const login = await client('/login', { cookie })
      assert.equal(login.body, '[null,true]')
      assert.notEqual(login.cookie, cookie)
      assert.equal((await client('/', { cookie })).body, '1')
    })

    test('destroy: req.session is undefined, and the session is gone', async () => {
      const client = await start({}, (req, respond) => {
        if (req.url !== '/logout') return setX(req, respond)
        req.session.destroy((error) => {
          assert.ifError(error)
          respond(String(req.session))
        })
      })
      const { cookie } = await client('/')
      const logout = await client('/logout', { cookie })
      assert.deepEqual([logout.body, logout.cookies], ['undefined', []])
      assert.equal((await client('/', { cookie })).body, '1')
    })

    test('reload: what was saved is there again', async () => {
      const client = await start({}, (req, respond) => {
        if (req.url === '/') return setX(req, respond)
        req.session.reload((error) => {
          assert.ifError(error)
          respond(req.session.x)
        })
      })
      const { cookie } = await client('/')
      assert.equal((await client('/reload', { cookie })).body, '1')
    })

    test('reload: of a session that is gone gives an error', async () => {
      const waiting: (() => void)[] = []
      const client = await start({}, (req, respond) => {
        if (req.url === '/') return setX(req, respond)
        if (req.url === '/logout') {
          return req.session.destroy(() => {
            for (const go of waiting.splice(0)) go()
            respond('gone')
          })
        }
        waiting.push(() => req.session.reload((error) => respond(error instanceof Error)))
      })
      const { cookie } = await client('/')
      const reloaded = client('/reload', { cookie })
      await until('the request waits', () => waiting.length === 1)
      await client('/logout', { cookie })
      assert.equal((await reloaded).body, 'true')
    })

    test('save: is there before the request ends', async () => {
      const waiting: (() => void)[] = []
      const client = await start({}, (req, respond) => {
        if (req.url !== '/slow') return setX(req, respond)
        req.session.x = 10
        req.session.save((error) => {
          assert.ifError(error)
          waiting.push(() => respond('slow'))
        })
      })
      const { cookie } = await client('/')
      const slow = client('/slow', { cookie })
      await until('it is saved', () => waiting.length === 1)
      assert.equal((await client('/', { cookie })).body, '11')
      waiting[0]!()
      await slow
    })

    test('touch, and save without a callback', async () => {
      const client = await start({}, (req, respond) => {
        req.session.x = 1
        req.session.touch()
        req.session.save()
        respond(req.session.x)
      })
      assert.equal((await client('/')).body, '1')
    })
  })

  describe(`${kind}: req.session.cookie`, () => {
    test('fields', async () => {
      const client = await start({ cookie: { maxAge: 60_000 } }, (req, respond) => {
        const { cookie } = req.session
        const left = cookie.maxAge! / 1000
        const expires = (cookie.expires as Date).getTime() - Date.now()
        assert.ok(left > 50 && left <= 60, `maxAge ${left}`)
        assert.ok(expires > 50_000 && expires <= 60_000, `expires ${expires}`)
        respond(JSON.stringify([cookie.originalMaxAge, cookie.path, cookie.httpOnly]))
      })
      assert.equal((await client('/')).body, '[60000,"/",true]')
    })

    const changes: [what: string, change: (cookie: AppCookie) => void, has: RegExp, not?: RegExp][] = [
      [
        'maxAge',
        (cookie) => {
          cookie.maxAge = 3_600_000
        },
        /; Expires=/,
      ],
      [
        'expires',
        (cookie) => {
          cookie.expires = new Date(Date.now() + 3_600_000)
        },
        /; Expires=/,
      ],
      [
        'expires = false',
        (cookie) => {
          cookie.expires = false
        },
        /HttpOnly/,
        /Expires/,
      ],
      [
        'path',
        (cookie) => {
          cookie.path = '/x'
        },
        /Path=\/x(;|$)/,
      ],
      [
        'domain',
        (cookie) => {
          cookie.domain = 'example.org'
        },
        /Domain=example\.org(;|$)/,
      ],
      [
        'httpOnly',
        (cookie) => {
          cookie.httpOnly = false
        },
        /Path/,
        /HttpOnly/,
      ],
      [
        'sameSite',
        (cookie) => {
          cookie.sameSite = 'strict'
        },
        /SameSite=Strict/,
      ],
    ]
    for (const [what, change, has, not] of changes) {
      test(`${what} can be set for one session`, async () => {
        const client = await start({ cookie: { maxAge: 60_000 } }, (req, respond) => {
          req.session.x = 1
          change(req.session.cookie)
          respond('')
        })
        const { cookies } = await client('/')
        assert.match(cookies[0]!, has)
        if (not !== undefined) assert.doesNotMatch(cookies[0]!, not)
      })
    }

    test('what was set for one session stays with it', async () => {
      const client = await start({ rolling: true }, (req, respond) => {
        req.session.x = 1
        if (req.url === '/remember') req.session.cookie.maxAge = 3_600_000
        respond(req.session.cookie.originalMaxAge)
      })
      const { cookie } = await client('/remember')
      const later = await client('/', { cookie })
      assert.equal(later.body, '3600000')
      assert.match(later.cookies[0]!, /Expires=/)
    })

    test('maxAge: a session that was not used for so long is gone', async () => {
      const client = await start({ cookie: { maxAge: 100 } }, setX)
      const { cookie } = await client('/')
      const end = Date.now() + 150
      while (Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal((await client('/', { cookie })).body, '1')
    })
  })
}

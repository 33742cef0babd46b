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
export type Respond = (body: unknown) => void

export const BASE: Options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

/** Starts apps of an arrangement; they end with each test. */
export function appStarter(arrangement: Arrangement) {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await close(server)
  })
  return async (options: Options, handler: (req: AppRequest, respond: Respond) => void): Promise<Client> => {
    const app = express()
    const middleware = options[MIDDLEWARE] ?? arrangement.middleware({ ...BASE, ...options })
    app.use(middleware as never)
    app.use((req, res) => handler(req as never, (body) => void res.send(String(body))))
    const server = createServer(app as RequestListener)
    servers.push(server)
    await listen(server)
    return clientOf(server)
  }
}

/** An option: the middleware itself. */
export const MIDDLEWARE = 'the middleware itself'

export function setX(req: AppRequest, respond: Respond): void {
  req.session.x = ((req.session.x as number | undefined) ?? 0) + 1
  respond(req.session.x)
}

export function expressSessionCases(arrangement: Arrangement): void {
  const { kind } = arrangement
  const start = appStarter(arrangement)

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

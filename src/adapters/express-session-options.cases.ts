/** The options of express-session; see `express-session.cases.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RequestHandler } from 'express'
import {
  type AppRequest,
  type Arrangement,
  appStarter,
  BASE,
  MIDDLEWARE,
  type Options,
  type Respond,
  setX,
} from './express-session.cases.ts'

export function expressSessionOptionCases(arrangement: Arrangement): void {
  const { kind } = arrangement
  const start = appStarter(arrangement)

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
      const shared = arrangement.shared()
      const bySecret = new Map(
        Object.entries({ '/old': 'one', '/both': ['two', 'one'], '/new': ['two'] }).map(([path, secret]) => [
          path,
          arrangement.middleware({ ...BASE, ...shared, secret }) as unknown as RequestHandler,
        ]),
      )
      const middleware: RequestHandler = (req, res, next) => bySecret.get(req.path)!(req, res, next)
      const client = await start({ [MIDDLEWARE]: middleware }, setX)
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
}

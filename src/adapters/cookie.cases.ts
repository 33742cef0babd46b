/** The cookie of every adapter, to the byte: its attributes, when it is sent, and what it leaves alone. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { createSessionManager } from '../session/index.ts'
import { type AdapterUnderTest, count, type Handler, lone, starter } from './adapter.cases.ts'
import type { CookieOptions, HttpSessionOptions } from './options.ts'

const ID = '[0-9A-F]{32}\\.w1'
const DATE = '[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT'

export function cookieCases(adapter: AdapterUnderTest): void {
  const start = starter(adapter)

  describe(`${adapter.name}: cookie options`, () => {
    const rows: [what: string, options: HttpSessionOptions, expected: string][] = [
      ['the defaults', {}, `JSESSIONID=${ID}; Path=/; HttpOnly; SameSite=Lax`],
      ['another name', { name: 'sid' }, `sid=${ID}; Path=/; HttpOnly; SameSite=Lax`],
      ['a path', { cookie: { path: '/app' } }, `JSESSIONID=${ID}; Path=/app; HttpOnly; SameSite=Lax`],
      [
        'a domain',
        { cookie: { domain: 'example.com' } },
        `JSESSIONID=${ID}; Domain=example.com; Path=/; HttpOnly; SameSite=Lax`,
      ],
      ['scripts may read it', { cookie: { httpOnly: false } }, `JSESSIONID=${ID}; Path=/; SameSite=Lax`],
      ['strict', { cookie: { sameSite: 'strict' } }, `JSESSIONID=${ID}; Path=/; HttpOnly; SameSite=Strict`],
      ['true is strict', { cookie: { sameSite: true } }, `JSESSIONID=${ID}; Path=/; HttpOnly; SameSite=Strict`],
      [
        'none, which needs secure',
        { cookie: { sameSite: 'none', secure: true } },
        `JSESSIONID=${ID}; Path=/; Secure; HttpOnly; SameSite=None`,
      ],
      ['no SameSite', { cookie: { sameSite: false } }, `JSESSIONID=${ID}; Path=/; HttpOnly`],
      [
        'secure also where TLS ends before a proxy that says nothing',
        { cookie: { secure: true } },
        `JSESSIONID=${ID}; Path=/; Secure; HttpOnly; SameSite=Lax`,
      ],
      [
        'maxAge in whole seconds, upwards, as both attributes',
        { cookie: { maxAge: 90_500 } },
        `JSESSIONID=${ID}; Max-Age=91; Expires=${DATE}; Path=/; HttpOnly; SameSite=Lax`,
      ],
      [
        'partitioned, with a priority',
        { cookie: { partitioned: true, secure: true, priority: 'low' } },
        `JSESSIONID=${ID}; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned; Priority=Low`,
      ],
      [
        'null as maxAge: for as long as the browser is open',
        { cookie: { maxAge: null } },
        `JSESSIONID=${ID}; Path=/; HttpOnly; SameSite=Lax`,
      ],
      [
        '__Host-',
        { name: '__Host-sid', cookie: { secure: true } },
        `__Host-sid=${ID}; Path=/; Secure; HttpOnly; SameSite=Lax`,
      ],
    ]
    for (const [what, options, expected] of rows) {
      test(what, async () => {
        const client = await start({ manager: lone(), ...options }, count)
        const { cookies } = await client('/')
        assert.equal(cookies.length, 1)
        assert.match(cookies[0]!, new RegExp(`^${expected}$`))
      })
    }

    const wrong: [what: string, options: HttpSessionOptions][] = [
      ['a name with a blank', { name: 'a b' }],
      ['a path with a semicolon', { cookie: { path: '/;x' } }],
      ['a path with a line feed', { cookie: { path: '/\n' } }],
      ['a domain that is none', { cookie: { domain: 'a;b' } }],
      ['a maxAge of nothing', { cookie: { maxAge: 0 } }],
      ['SameSite=None without Secure', { cookie: { sameSite: 'none', secure: false } }],
      ['__Host- without Secure', { name: '__Host-x' }],
      ['__Host- of a domain', { name: '__Host-x', cookie: { secure: true, domain: 'example.com' } }],
      ['Partitioned without Secure', { cookie: { partitioned: true, secure: false } }],
      ['a priority that is none', { cookie: { priority: 'highest' as never } }],
      ['an unset that is none', { unset: 'perhaps' as never }],
      ['a proxy that is no address', { trustProxy: ['localhost'] }],
      ['a network that is none', { trustProxy: ['10.0.0.0/33'] }],
    ]
    for (const [what, options] of wrong) {
      test(`refused: ${what}`, async () => {
        const given = { manager: lone(), ...options }
        const meet = async () => (adapter.refuse === undefined ? adapter.serve(given, count) : adapter.refuse(given))
        await assert.rejects(meet, { code: 'ADAPTER_OPTIONS' })
      })
    }
  })

  describe(`${adapter.name}: secure: 'auto'`, () => {
    const rows: [what: string, options: HttpSessionOptions, proto: string | undefined, secure: boolean][] = [
      ['plain HTTP', {}, undefined, false],
      ['the balancer on this machine says https', {}, 'https', true],
      ['the first of several counts', {}, 'https, http', true],
      ['another first of several', {}, 'http, https', false],
      ['something that begins like it', {}, 'https2', false],
      ['a proxy that is not trusted', { trustProxy: false }, 'https', false],
      ['any proxy is trusted', { trustProxy: true }, 'https', true],
      ['a network that this is not', { trustProxy: ['10.0.0.0/8'] }, 'https', false],
      ['a network that this is', { trustProxy: ['10.0.0.0/8', '127.0.0.0/8'] }, 'https', true],
      ['a function', { trustProxy: (address) => address === '127.0.0.1' }, 'https', true],
    ]
    for (const [what, options, proto, secure] of rows) {
      test(`${what}: ${secure ? 'Secure' : 'not Secure'}`, async () => {
        const client = await start({ manager: lone(), ...options }, count)
        const { cookies } = await client('/', proto === undefined ? {} : { 'x-forwarded-proto': proto })
        assert.equal(cookies[0]!.includes('; Secure'), secure)
      })
    }
  })

  describe(`${adapter.name}: the cookie is sent once, beside those of the application`, () => {
    const own = 'own=1; Path=/x'
    const rows: [how: string, respond: Handler, others: string[]][] = [
      ['end', (_, res) => res.end('x'), []],
      ['write and end', (_, res) => [res.write('x'), res.end()], []],
      ['writeHead and end', (_, res) => res.writeHead(200).end(), []],
      ['writeHead with a reason', (_, res) => res.writeHead(200, 'Fine', { 'x-a': 'b' }).end(), []],
      ['flushHeaders', (_, res) => [res.flushHeaders(), res.end()], []],
      ['a redirect', (_, res) => res.writeHead(302, { location: '/' }).end(), []],
      ['not modified', (_, res) => res.writeHead(304).end(), []],
      ['setHeader', (_, res) => res.setHeader('Set-Cookie', own).end(), [own]],
      ['setHeader with several', (_, res) => res.setHeader('set-cookie', [own, 'b=2']).end(), [own, 'b=2']],
      ['appendHeader', (_, res) => res.appendHeader('Set-Cookie', own).end(), [own]],
      ['writeHead with one', (_, res) => res.writeHead(200, { 'Set-Cookie': own }).end(), [own]],
      ['writeHead with several', (_, res) => res.writeHead(200, { 'set-cookie': [own, 'b=2'] }).end(), [own, 'b=2']],
      ['writeHead with a list', (_, res) => res.writeHead(200, ['X-A', 'b', 'Set-Cookie', own]).end(), [own]],
      ['writeHead with a list of others', (_, res) => res.writeHead(200, ['X-A', 'b']).end(), []],
      [
        'a list behind setHeader, which it replaces',
        (_, res) => res.setHeader('Set-Cookie', 'gone=1').writeHead(200, ['Set-Cookie', own]).end(),
        [own],
      ],
      ['early hints first', (_, res) => [res.writeEarlyHints({ link: '</a>; rel=preload' }), res.end()], []],
    ]
    for (const [how, respond, others] of rows) {
      test(how, async () => {
        const client = await start({ manager: lone() }, (req, res) => {
          req.session.x = 1
          respond(req, res)
        })
        const { cookies } = await client('/')
        assert.deepEqual(cookies.slice(0, -1), others)
        assert.match(cookies.at(-1)!, new RegExp(`^JSESSIONID=${ID}; Path=/; HttpOnly; SameSite=Lax$`))
      })
    }

    test('HEAD has it, too', async () => {
      const client = await start({ manager: lone() }, count)
      const { cookies, body } = await client('/', {}, 'HEAD')
      assert.deepEqual([cookies.length, body], [1, ''])
    })
  })

  describe(`${adapter.name}: sessions for everybody (saveUninitialized)`, () => {
    const rows: [how: string, handler: Handler, cookies: number][] = [
      ['that ends at once', (_req, res) => res.end('x'), 1],
      ['with a head of its own', (_req, res) => res.writeHead(200).end('x'), 1],
      ['that flows', (_req, res) => res.write('x', () => res.end()), 1],
      ['whose session was destroyed', (req, res) => req.session.destroy(() => res.end()), 0],
      ['whose session was regenerated', (req, res) => req.session.regenerate(() => res.end()), 1],
    ]
    for (const [how, handler, cookies] of rows) {
      test(`an answer ${how}: ${cookies}`, async () => {
        const manager = lone()
        const client = await start({ manager, saveUninitialized: true }, handler)
        const answer = await client('/')
        assert.deepEqual([answer.cookies.length, manager.snapshot().sessions], [cookies, cookies])
        const id = answer.cookie.slice('JSESSIONID='.length, -3)
        if (cookies === 1) assert.deepEqual(manager.find(id)?.names(), [])
      })
    }

    test('an answer beyond limits.sessions goes out all the same, without one', async () => {
      const manager = createSessionManager({ name: 'app', limits: { sessions: 1 } })
      const client = await start({ manager, saveUninitialized: true }, (_req, res) => res.end('x'))
      for (const cookies of [1, 0]) {
        const answer = await client('/')
        assert.deepEqual([answer.body, answer.cookies.length], ['x', cookies])
      }
    })
  })

  describe(`${adapter.name}: req.session.cookie`, () => {
    test('says what applies', async () => {
      const client = await start({ manager: lone(), cookie: { maxAge: 60_000 } }, (req, res) => {
        const { cookie } = req.session
        assert.ok(cookie.expires!.getTime() > Date.now() + 50_000)
        const { expires, ...rest } = JSON.parse(JSON.stringify(cookie)) as Record<string, unknown>
        assert.equal(typeof expires, 'string')
        res.end(JSON.stringify([cookie.maxAge, cookie.originalMaxAge, rest]))
      })
      assert.deepEqual(JSON.parse((await client('/')).body), [
        60_000,
        60_000,
        { originalMaxAge: 60_000, secure: 'auto', httpOnly: true, path: '/', sameSite: 'lax' },
      ])
    })

    test('maxAge: the session ends on the server, too, when it was not used for so long', async () => {
      const manager = lone()
      const client = await start({ manager, cookie: { maxAge: 90_000 } }, count)
      const { cookie } = await client('/')
      const session = manager.find(cookie.slice('JSESSIONID='.length, -3))
      assert.equal(session?.maxInactiveMs, 90_000)
    })

    test('maxAge: the cookie is renewed with every answer', async () => {
      const client = await start({ manager: lone(), cookie: { maxAge: 60_000 } }, (req, res) => {
        if (req.url === '/set') req.session.x = 1
        res.end()
      })
      const { cookie } = await client('/set')
      assert.match((await client('/', { cookie })).cookies[0]!, /; Max-Age=60; /)
    })

    test('what is set for one session stays with it', async () => {
      const manager = lone()
      const client = await start({ manager }, (req, res) => {
        if (req.url === '/remember') req.session.cookie.maxAge = 30 * 86_400_000
        req.session.x = 1
        res.end(JSON.stringify(Object.keys(req.session)))
      })
      const plain = await client('/')
      const remembered = await client('/remember', { cookie: plain.cookie })
      assert.match(remembered.cookies[0]!, /; Max-Age=2592000; Expires=/)
      const later = await client('/', { cookie: plain.cookie })
      assert.match(later.cookies[0]!, /; Max-Age=2592000; Expires=/)
      assert.equal(later.body, '["x"]')
      const session = manager.find(plain.cookie.slice('JSESSIONID='.length, -3))
      assert.equal(session?.maxInactiveMs, 30 * 86_400_000)
    })

    for (const [what, change] of [
      ['maxAge = 0', { maxAge: 0 }],
      ['expires in the past', { expires: new Date(0) }],
    ] as const) {
      test(`${what}: the browser forgets the cookie, and the session ends on the server`, async () => {
        const manager = lone()
        const client = await start({ manager }, (req, res) => {
          req.session.x = 1
          if (req.url === '/forget') Object.assign(req.session.cookie, change)
          res.end()
        })
        const { cookie } = await client('/')
        assert.match((await client('/forget', { cookie })).cookies[0]!, /; Max-Age=0; /)
        await until('it has ended', () => manager.find(cookie.slice('JSESSIONID='.length, -3)) === undefined)
      })
    }

    test('maxAge = null: the session has the idle time of the others again', async () => {
      const manager = lone()
      const client = await start({ manager }, (req, res) => {
        req.session.x = 1
        req.session.cookie.maxAge = req.url === '/forget' ? null : 60_000
        res.end()
      })
      const { cookie } = await client('/')
      await client('/forget', { cookie })
      const session = manager.find(cookie.slice('JSESSIONID='.length, -3))
      assert.equal(session?.maxInactiveMs, manager.maxInactiveIntervalMs)
    })

    test('can be set before the session exists, and as a whole', async () => {
      const client = await start({ manager: lone() }, (req, res) => {
        req.session.cookie = { maxAge: 5000, sameSite: 'strict' }
        req.session.x = 1
        res.end()
      })
      const { cookies } = await client('/')
      assert.match(
        cookies[0]!,
        new RegExp(`^JSESSIONID=${ID}; Max-Age=5; Expires=${DATE}; Path=/; HttpOnly; SameSite=Strict$`),
      )
    })

    test('is for one session, also partitioned and with a priority', async () => {
      const client = await start({ manager: lone(), cookie: { secure: true } }, (req, res) => {
        req.session.x = 1
        if (req.url === '/set') Object.assign(req.session.cookie, { partitioned: true, priority: 'medium' })
        res.end(JSON.stringify(req.session.cookie))
      })
      const { cookie, cookies } = await client('/set')
      assert.match(cookies[0]!, /; Partitioned; Priority=Medium$/)
      const { partitioned, priority } = JSON.parse((await client('/', { cookie })).body) as Record<string, unknown>
      assert.deepEqual([partitioned, priority], [true, 'medium'])
    })

    test('alone makes no session', async () => {
      const manager = lone()
      const client = await start({ manager }, (req, res) => {
        req.session.cookie.maxAge = 5000
        res.end()
      })
      assert.deepEqual((await client('/')).cookies, [])
      assert.equal(manager.snapshot().sessions, 0)
    })

    test('expires = false makes it a cookie for as long as the browser is open', async () => {
      const client = await start({ manager: lone(), cookie: { maxAge: 60_000 } }, (req, res) => {
        req.session.x = 1
        if (req.url === '/forget') req.session.cookie.expires = false
        res.end()
      })
      const { cookie } = await client('/')
      const forget = await client('/forget', { cookie })
      assert.deepEqual(forget.cookies, [`${cookie}; Path=/; HttpOnly; SameSite=Lax`])
      assert.deepEqual((await client('/', { cookie })).cookies, [])
    })

    const wrong: [what: string, change: CookieOptions][] = [
      ['a path', { path: '/\r\nx: y' }],
      ['a domain', { domain: 'a\r\nb' }],
      ['a maxAge', { maxAge: Number.NaN }],
    ]
    for (const [what, change] of wrong) {
      test(`refuses ${what} that does not fit`, async () => {
        const client = await start({ manager: lone() }, (req, res) => {
          assert.throws(() => Object.assign(req.session.cookie, change), RangeError)
          res.end('refused')
        })
        assert.equal((await client('/')).body, 'refused')
      })
    }
  })
}

/** What a rule changes for its requests, through a whole balancer (mod_jk.md 3.4). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overridesOf, type RuleExtensions, withEnvironment } from './rule-extensions.ts'
import { ask, cast, errorOf, mount, named } from './testing/balancer.ts'
import { answering, get, ok, silent } from './testing/engine.ts'

const withRule = (extensions: RuleExtensions) => ({
  hosts: [{ names: [], mounts: [{ ...mount('/*', 'lb'), extensions }], access: [] }],
})
const sticky = (route: string) => `GET / HTTP/1.1\r\nHost: a\r\nCookie: JSESSIONID=x.${route}\r\n\r\n`
const two = { a: named('a'), b: named('b') }

describe('a rule extension', () => {
  const rows: readonly [rule: string, extensions: RuleExtensions, request: string, bodies: string][] = [
    ['none: the session is kept', {}, sticky('b'), 'bbb'],
    ['sticky_ignore: the session is not looked at', { stickyIgnore: true }, sticky('b'), 'aba'],
    ['stateless: dealt out in turn', { stateless: true }, get('/'), 'aba'],
    ['stopped: the member gets nothing', { stopped: ['b'] }, sticky('b'), 'aaa'],
    ['disabled: the member keeps its sessions', { disabled: ['b'] }, sticky('b'), 'bbb'],
    ['disabled: the member gets no new ones', { disabled: ['b'] }, get('/'), 'aaa'],
    ['the last list counts', { active: ['b'], stopped: ['b'] }, sticky('b'), 'aaa'],
    ['session_cookie: another name', { sessionCookie: 'SID' }, sticky('b').replace('JSESSIONID', 'SID'), 'bbb'],
    ['session_path: another name', { sessionPath: ';sid' }, get('/;sid=x.b'), 'bbb'],
  ]
  for (const [rule, extensions, request, bodies] of rows) {
    it(rule, async (t) => {
      const { client } = await cast(t, two, { balancer: withRule(extensions) })
      let answered = ''
      for (let i = 0; i < 3; i++) answered += String((await ask(client, request)).body)
      assert.equal(answered, bodies)
    })
  }

  it('active: a member that is stopped gets the requests of this rule', async (t) => {
    const parts = { a: named('a'), b: { script: named('b'), activation: 'stopped' as const } }
    const { client } = await cast(t, parts, { balancer: withRule({ active: ['b'] }) })
    assert.equal(String((await ask(client, sticky('b'))).body), 'b')
  })

  it('reply_timeout: the rule says how long', async (t) => {
    const options = { worker: { replyTimeoutMs: 60_000 }, balancer: withRule({ replyTimeoutMs: 50 }) }
    const { client } = await cast(t, { a: silent }, options)
    assert.equal(errorOf(await ask(client, get('/'))), 'LB_REPLY_TIMEOUT')
  })

  it('fail_on_status: the rule says which, in place of the worker', async (t) => {
    const parts = { a: { script: answering(() => ok('x').replace('200', '404')), failOnStatus: [404] } }
    const { client } = await cast(t, parts, { balancer: withRule({ failOnStatus: [-500] }) })
    assert.equal((await ask(client, get('/'))).status, 404)
  })
})

describe('use_server_errors', () => {
  const answer = (status: string, more = '') =>
    answering(() => ok('theirs').replace('200 OK', `${status}\r\n${more}X-Own: 1`))

  it('replaces body and fields from the status on', async (t) => {
    const { client } = await cast(t, { a: answer('500 Oops') }, { balancer: withRule({ useServerErrors: 500 }) })
    const page = await ask(client, get('/'))
    assert.deepEqual([page.status, page.field('X-Own'), String(page.body).includes('theirs')], [500, undefined, false])
  })

  it('lets a lower status pass', async (t) => {
    const { client } = await cast(t, { a: answer('404 None') }, { balancer: withRule({ useServerErrors: 500 }) })
    const page = await ask(client, get('/'))
    assert.deepEqual([page.status, page.field('X-Own'), String(page.body)], [404, '1', 'theirs'])
  })

  it('keeps the challenge of a 401', async (t) => {
    const script = answer('401 Who', 'WWW-Authenticate: Basic realm="x"\r\n')
    const { client } = await cast(t, { a: script }, { balancer: withRule({ useServerErrors: 400 }) })
    const page = await ask(client, get('/'))
    assert.deepEqual([page.status, page.field('WWW-Authenticate')], [401, 'Basic realm="x"'])
  })

  it('replaces an answer that comes in pieces, and the connection goes on', async (t) => {
    const pieces = answering(() => `HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`)
    const { client } = await cast(t, { a: pieces }, { balancer: withRule({ useServerErrors: 500 }) })
    for (let i = 0; i < 2; i++) {
      const page = await ask(client, get('/'))
      assert.deepEqual([page.status, String(page.body).includes('xxx')], [503, false])
    }
  })
})

describe('set_session_cookie', () => {
  const cookieFor = async (t: Parameters<typeof cast>[0], extensions: RuleExtensions, request: string, lb = {}) => {
    const { client } = await cast(t, two, { balancer: withRule(extensions), lb })
    return (await ask(client, request)).field('Set-Cookie')
  }

  it('tells the client its member', async (t) => {
    assert.equal(await cookieFor(t, { setSessionCookie: true }, get('/')), 'JSESSIONID=.a;PATH=/;HttpOnly')
  })
  it('is not needed where the route was exact', async (t) => {
    assert.equal(await cookieFor(t, { setSessionCookie: true }, sticky('b')), undefined)
  })
  it('of the lb holds for all rules', async (t) => {
    assert.equal(await cookieFor(t, {}, sticky('none'), { setSessionCookie: true }), 'JSESSIONID=.a;PATH=/;HttpOnly')
  })
  it('takes the names of the rule', async (t) => {
    const names = { setSessionCookie: true, sessionCookie: 'R', sessionCookiePath: '/app' }
    assert.equal(await cookieFor(t, names, get('/')), 'R=.a;PATH=/app;HttpOnly')
  })
  it('is for TLS alone where TLS ended at a proxy in front', async (t) => {
    const hosts = [{ names: [], mounts: [mount('/*', 'lb')], access: [], env: [{ sets: [['HTTPS', 'on']] as const }] }]
    const { client } = await cast(t, two, { balancer: { hosts }, lb: { setSessionCookie: true } })
    assert.equal((await ask(client, get('/'))).field('Set-Cookie'), 'JSESSIONID=.a;PATH=/;HttpOnly;Secure')
  })
  it('is sent once after a failover, for the member that answered', async (t) => {
    const parts = { a: answering(() => ok('a').replace('200', '500')), b: named('b') }
    const options = { worker: { failOnStatus: [500] }, lb: { setSessionCookie: true } }
    const { client } = await cast(t, parts, options)
    const answer = await ask(client, get('/'))
    assert.deepEqual([String(answer.body), answer.field('Set-Cookie')], ['b', 'JSESSIONID=.b;PATH=/;HttpOnly'])
  })
})

describe('the environment of a request', () => {
  const rows: readonly [rule: string, env: Record<string, string>, changed: object | undefined][] = [
    ['nothing set, nothing changed', {}, undefined],
    ['JK_REPLY_TIMEOUT', { JK_REPLY_TIMEOUT: '250' }, { replyTimeoutMs: 250 }],
    ['JK_REPLY_TIMEOUT 0 is none', { JK_REPLY_TIMEOUT: '0' }, { replyTimeoutMs: 0 }],
    ['a negative JK_REPLY_TIMEOUT is passed over', { JK_REPLY_TIMEOUT: '-1' }, undefined],
    ['JK_STICKY_IGNORE without a value', { JK_STICKY_IGNORE: '' }, { stickyIgnore: true }],
    ['JK_STICKY_IGNORE 0 overrides the rule', { JK_STICKY_IGNORE: '0' }, { stickyIgnore: false }],
    ['JK_STATELESS', { JK_STATELESS: '1' }, { stateless: true }],
    ['JK_ROUTE', { JK_ROUTE: 'b' }, { route: 'b' }],
    ['an empty JK_ROUTE is none', { JK_ROUTE: '' }, undefined],
  ]
  for (const [rule, env, changed] of rows)
    it(rule, () => assert.deepEqual(withEnvironment(undefined, new Map(Object.entries(env))), changed))

  it('leaves what the rule says of other things', () => {
    const rule = overridesOf({ useServerErrors: 500, stateless: true })
    const changed = withEnvironment(rule, new Map([['JK_STATELESS', '0']]))
    assert.deepEqual(changed, { useServerErrors: 500, stateless: false })
  })
})

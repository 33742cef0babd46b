import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findSession, idEnd, routeAt } from './sticky.ts'

const NAMES = { sessionCookie: 'JSESSIONID', sessionPath: ';jsessionid' }

const PATHS: readonly [rule: string, path: string, session: string | undefined][] = [
  ['an id at the end of the path', '/app/x;jsessionid=S.n1', 'S.n1'],
  ['an id in any segment', '/app;jsessionid=S.n1/x', 'S.n1'],
  ['an id behind other parameters', '/app/x;v=1;jsessionid=S.n1;w=2', 'S.n1'],
  ['the first of two ids counts', '/a;jsessionid=S.n1/b;jsessionid=S.n2', 'S.n1'],
  ['an id ends at a question mark', '/app;jsessionid=S.n1?x', 'S.n1'],
  ['the name is case sensitive', '/app;JSESSIONID=S.n1', 'COOKIE.n9'],
  ['the name needs its semicolon', '/app/jsessionid=S.n1', 'COOKIE.n9'],
  ['a longer name is another one', '/app;jsessionidx=S.n1', 'COOKIE.n9'],
  ['behind a longer name the search goes on', '/app;jsessionidx=1;jsessionid=S.n1', 'S.n1'],
  ['a name without = is no match', '/app;jsessionid', 'COOKIE.n9'],
  ['an empty id at the very end is no match', '/app;jsessionid=', 'COOKIE.n9'],
  ['an empty id before a slash: no session, cookies hidden', '/app;jsessionid=/x', undefined],
  ['an empty id before a semicolon: no session, cookies hidden', '/app;jsessionid=;z=1', undefined],
  ['an id without a route hides the cookies', '/app;jsessionid=S', 'S'],
  ['no id: the cookie counts', '/app/x', 'COOKIE.n9'],
]

const COOKIES: readonly [rule: string, cookies: string | readonly string[] | undefined, session: string | undefined][] =
  [
    ['no cookies, no session', undefined, undefined],
    ['one cookie', 'JSESSIONID=S.n1', 'S.n1'],
    ['among others', 'a=1; JSESSIONID=S.n1; b=2', 'S.n1'],
    ['behind a semicolon without a blank', 'a=1;JSESSIONID=S.n1', 'S.n1'],
    ['behind a comma', 'a=1,JSESSIONID=S.n1,b=2', 'S.n1'],
    ['behind a tab', 'a=1;\tJSESSIONID=S.n1', 'S.n1'],
    ['a blank before =', 'JSESSIONID =S.n1', 'S.n1'],
    ['a blank behind =', 'JSESSIONID= S.n1', ' S.n1'],
    ['a blank before ; belongs to the value', 'JSESSIONID=S.n1 ;a=1', 'S.n1 '],
    ['quotes are taken off', 'JSESSIONID="S.n1"; a=1', 'S.n1'],
    ['one quote alone stays', 'JSESSIONID="S.n1; a=1', '"S.n1'],
    ['a pair around nothing is nothing', 'JSESSIONID=""', undefined],
    ['quotes of another cookie do not protect', 'a="; JSESSIONID=S.n1"', 'S.n1"'],
    ['the name inside a longer name is not seen', 'XJSESSIONID=S.n1', undefined],
    ['the name at the beginning of a longer name is not seen', 'JSESSIONIDX=S.n1', undefined],
    ['the name inside a value is not seen', 'a=JSESSIONID=S.n1', undefined],
    ['the name inside its own value is not seen', 'JSESSIONID=JSESSIONID=S.n1', 'JSESSIONID=S.n1'],
    ['the name is case sensitive', 'jsessionid=S.n1', undefined],
    ['a name without = is no cookie', 'JSESSIONID; a=1', undefined],
    ['an empty value is no session', 'JSESSIONID=', undefined],
    ['an empty first cookie is skipped', 'JSESSIONID=; JSESSIONID=S.n1', 'S.n1'],
    ['all cookies of the name are collected in order', 'JSESSIONID=a.n3; x=1; JSESSIONID=b.n2', 'a.n3;b.n2'],
    ['over several fields too', ['JSESSIONID=a.n3', 'x=1', 'JSESSIONID=b.n2'], 'a.n3;b.n2'],
    ['several fields without the name', ['x=1', 'y=2'], undefined],
  ]

const ROUTES: readonly [rule: string, session: string, routes: readonly string[]][] = [
  ['the text behind the dot', 'ABC.worker1', ['worker1']],
  ['the text behind the first dot', 'ABC.dom1.node7', ['dom1.node7']],
  ['no dot, no route', 'ABC', []],
  ['a dot at the end, no route', 'ABC.', []],
  ['an empty id has a route all the same', '.n1', ['n1']],
  ['several ids, left to right', 'a.n3;b.n2', ['n3', 'n2']],
  ['an id without a dot does not borrow the next one', 'a;b.n2', ['n2']],
  ['a dot at the end does not borrow the next one', 'a.;b.n2', ['n2']],
  ['a route is any text', 'a.(a+)+$ ', ['(a+)+$ ']],
]

describe('session id in the path', () => {
  for (const [rule, path, session] of PATHS)
    it(rule, () => assert.equal(findSession(NAMES, path, 'JSESSIONID=COOKIE.n9'), session))
})

describe('session id in cookies', () => {
  for (const [rule, cookies, session] of COOKIES)
    it(rule, () => assert.equal(findSession(NAMES, '/app', cookies), session))

  it('other names are as good', () => {
    const names = { sessionCookie: 'sid', sessionPath: ';sid' }
    assert.equal(findSession(names, '/app;sid=1.a', undefined), '1.a')
    assert.equal(findSession(names, '/app', 'sid=1.a'), '1.a')
  })
})

/** As a balancer walks through them. */
function candidateRoutes(session: string): string[] {
  const routes: string[] = []
  for (let start = 0; start < session.length; ) {
    const end = idEnd(session, start)
    const route = routeAt(session, start, end)
    if (route !== undefined) routes.push(route)
    start = end + 1
  }
  return routes
}

describe('candidate routes', () => {
  for (const [rule, session, routes] of ROUTES) it(rule, () => assert.deepEqual(candidateRoutes(session), routes))
})

describe('hostile cookies', () => {
  const size = 60_000
  const hostile = ['JSESSIONID=x ', 'JSESSIONID', 'JSESSIONID ', 'JSESSIONID=;', ' ;,', '"JSESSIONID="', 'J']
  for (const piece of hostile)
    it(`${JSON.stringify(piece)} over and over is read in one go`, () => {
      const cookies = piece.repeat(size / piece.length)
      for (let time = 0; time < 50; time++) candidateRoutes(findSession(NAMES, cookies, cookies) ?? '')
    })

  it('whatever comes, the session is no longer than the cookies', () => {
    for (const piece of hostile) {
      const cookies = piece.repeat(1_000)
      assert.ok((findSession(NAMES, '/', cookies) ?? '').length <= cookies.length)
    }
  })
})

/** Which worker a request gets, what of its target arrives there, and who is turned away on the way. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { VirtualHostOptions } from './options.ts'
import { ask, type Cast, cast, errorOf, mount } from './testing/balancer.ts'
import { answering, get, ok } from './testing/engine.ts'

const targets = (name: string) => answering(({ startLine }) => ok(`${name} ${startLine.split(' ')[1]}`))

const site: VirtualHostOptions = {
  names: ['www.example.com'],
  mounts: [mount('/app/*', 'a'), mount('/b', 'b'), mount('/gone/*', 'ghost'), mount('/admin/*', 'a'), mount('/', 'a')],
  access: [
    { location: '/admin', allow: ['10.0.0.0/8'], deny: ['all'], order: 'deny,allow' },
    { location: '/closed', allow: [], deny: ['all'], order: 'deny,allow' },
    { location: '/app/inside', allow: ['127.0.0.1'], deny: ['all'], order: 'deny,allow' },
  ],
}
const others: VirtualHostOptions = { names: ['*.example.com'], mounts: [mount('/*', 'b')], access: [] }

/** Two backends, each mounted by itself. */
function town(t: Parameters<typeof cast>[0]): Promise<Cast> {
  const balancer = { workerList: ['a', 'b'], hosts: [site, others] }
  return cast(t, { a: targets('a'), b: targets('b') }, { balancer })
}

const on = (host: string, path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

describe('a request', () => {
  const rows: readonly [rule: string, request: string, answer: string][] = [
    ['goes to the worker its path is mounted on', get('/app/x'), 'a /app/x'],
    ['and so does the other one', get('/b'), 'b /b'],
    ['keeps its query as it came', get('/app/x?a=b%2F..%2f&&c=%zz;d?e=/../'), 'a /app/x?a=b%2F..%2f&&c=%zz;d?e=/../'],
    ['keeps an empty query', get('/b?'), 'b /b?'],
    ['keeps its path parameters', get('/app/x;v=1?y'), 'a /app/x;v=1?y'],
    ['does not hide a path behind dots and a parameter', get('/a/..;/b'), 'b /b'],
    ['nor its query', get('/a/..;/b?x=/a/..'), 'b /b?x=/a/..'],
    ['does not hide a path behind slashes', get('//b?x'), 'b /b?x'],
    ['in absolute form goes where its authority says', on('x.example.com', 'http://x.example.com/any?x'), 'b /any?x'],
    ['goes to the virtual host of its name', on('x.example.com', '/any'), 'b /any'],
    ['also with a port, in upper case, with a final dot', on('X.EXAMPLE.com.:8080', '/any'), 'b /any'],
    ['goes to the exact name first', on('www.example.com', '/app/x'), 'a /app/x'],
    ['of a name that nobody has goes to the first host', on('elsewhere', '/app/x'), 'a /app/x'],
    ['about the server as a whole goes to whoever serves its root', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 'a *'],
    ['and also there by host', 'OPTIONS * HTTP/1.1\r\nHost: x.example.com\r\n\r\n', 'b *'],
    ['from a place that its rules allow comes through', get('/app/inside'), 'a /app/inside'],
  ]
  for (const [rule, request, answer] of rows) {
    test(rule, async (t) => {
      const { client } = await town(t)
      // Twice and once more: the router remembers what it has seen.
      for (let i = 0; i < 3; i++) assert.equal((await ask(client, request)).body.toString(), answer)
    })
  }
})

describe('is turned away', () => {
  const rows: readonly [rule: string, request: string, status: number, code: string][] = [
    ['where nothing is mounted', get('/nowhere'), 404, 'FRONT_NOT_FOUND'],
    ['where nothing is mounted on its host', on('www.example.com', '/any'), 404, 'FRONT_NOT_FOUND'],
    ['where a rule names no worker of the list', get('/gone/x'), 500, 'LB_UNKNOWN_WORKER'],
    ['where access rules deny', get('/admin/x'), 403, 'FRONT_FORBIDDEN'],
    ['the same path by another spelling', get('/app/..;/%61dmin;v=1/x'), 403, 'FRONT_FORBIDDEN'],
    ['where access rules deny, before it learns that nothing is there', get('/closed'), 403, 'FRONT_FORBIDDEN'],
    ['above the root', get('/..;/app/x'), 400, 'FRONT_BAD_PATH'],
    ['with a hidden slash', get('/app%2fx'), 404, 'FRONT_HIDDEN_SLASH'],
  ]
  for (const [rule, request, status, code] of rows) {
    test(`${rule}: ${status}`, async (t) => {
      const { client, backends } = await town(t)
      const answer = await ask(client, request)
      assert.deepEqual([answer.status, errorOf(answer)], [status, code])
      assert.equal(backends.a!.accepted + backends.b!.accepted, 0)
      // What was refused was a question, not its connection; a malformed one ends it.
      if (status === 400) assert.equal(await client.expectEnd(), 'end')
      else assert.equal((await ask(client, get('/b'))).status, 200)
    })
  }

  test('with a body: it is told without waiting for the rest, and the connection ends', async (t) => {
    const { client } = await town(t)
    const answer = await ask(client, 'POST /admin/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
    assert.equal(answer.status, 403)
    assert.equal(answer.field('Connection'), 'close')
    assert.equal(await client.expectEnd(), 'end')
  })
})

test('a virtual host does not lend its rules to another', async (t) => {
  const { client } = await town(t)
  assert.equal((await ask(client, on('x.example.com', '/admin/x'))).body.toString(), 'b /admin/x')
})

/** What a virtual host does besides its mounts, through a whole balancer: files, environment, users, addresses. */
import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import type { VirtualHostOptions } from './options.ts'
import { ask, type Cast, cast, errorOf, mount, named } from './testing/balancer.ts'
import { answering, ok } from './testing/engine.ts'

type Owner = Parameters<typeof cast>[0]

const PASSWORD = '{SHA}O1hAcUlX7zkBbV+/3rmbDfUlbNM='
const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`
const ask2 = async (client: Cast['client'], path: string, more = '', method = 'GET') => {
  const answer = await ask(client, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`)
  return { status: answer.status, text: String(answer.body), field: (name: string) => answer.field(name), answer }
}

function town(t: Owner, ...hosts: Partial<VirtualHostOptions>[]): Promise<Cast> {
  const all = hosts.map((host) => ({ names: [], mounts: [mount('/app/*', 'a')], access: [], ...host }))
  return cast(t, { a: named('a'), b: named('b') }, { balancer: { workerList: ['a', 'b', 'lb'], hosts: all } })
}

describe('files', () => {
  function site(t: Owner) {
    const folder = temporaryFolder('files', t)
    folder.write('www/index.html', '<p>home')
    folder.write('www/style.css', 'p{}')
    folder.write('www/big.bin', 'x'.repeat(300_000))
    folder.write('www/docs/index.html', 'docs')
    folder.write('www/empty/.keep', '')
    folder.write('www/.htpasswd', 'secret')
    folder.write('www/.well-known/acme-challenge/token', 'token')
    folder.write('www/.git/config', 'secret')
    folder.write('www/WEB-INF/web.xml', 'secret')
    folder.write('www/app/index.html', 'never: mounted')
    folder.write('www/a;b', 'odd')
    folder.write('www/café.txt', 'café')
    folder.write('outside.txt', 'outside')
    folder.write('icons/i.png', 'icon')
    symlinkSync(join(folder.path, 'outside.txt'), join(folder.path, 'www/link.txt'))
    return folder
  }

  const rows: readonly [rule: string, path: string, status: number, text?: string][] = [
    ['the index of the root', '/', 200, '<p>home'],
    ['a file', '/style.css', 200, 'p{}'],
    ['a name in UTF-8', '/caf%C3%A9.txt', 200, 'café'],
    ['a query says nothing', '/style.css?v=2', 200, 'p{}'],
    ['the index of a folder', '/docs/', 200, 'docs'],
    ['a folder without its slash', '/docs', 301],
    ['a folder without an index is not listed', '/empty/', 403],
    ['nothing there', '/none', 404],
    ['a file is no folder', '/style.css/', 404],
    ['below a file there is nothing', '/style.css/x', 404],
    ['names with a dot are not for anyone', '/.htpasswd', 404],
    ['nor what is below them', '/.git/config', 404],
    ['but for what RFC 8615 says', '/.well-known/acme-challenge/token', 200, 'token'],
    ['the inside of an application', '/WEB-INF/web.xml', 404],
    ['in any case', '/web-inf/web.xml', 404],
    ['above the root', '/../outside.txt', 400],
    ['above the root, encoded', '/%2e%2e/outside.txt', 400],
    ['above the root with a parameter', '/docs/..;/..;/outside.txt', 400],
    ['with an encoded slash', '/docs%2findex.html', 404],
    ['with a NUL', '/style.css%00.html', 404],
    ['a path parameter names another file, which is not served', '/style.css;v=1', 404],
    ['nor is one whose name holds one', '/a;b', 404],
    ['a link, followed', '/link.txt', 200, 'outside'],
    ['an alias', '/icons/i.png', 200, 'icon'],
    ['what is mounted goes to its worker', '/app/index.html', 200, 'a'],
  ]
  for (const [rule, path, status, text] of rows) {
    test(`${rule}: ${path}`, async (t) => {
      const folder = site(t)
      const files = {
        root: join(folder.path, 'www'),
        aliases: [{ path: '/icons/', target: join(folder.path, 'icons') }],
      }
      const { client } = await town(t, { files })
      const answer = await ask2(client, path)
      assert.equal(answer.status, status)
      if (text !== undefined) assert.equal(answer.text, text)
      else assert.ok(!answer.text.includes('secret') && !answer.text.includes('outside'))
    })
  }

  const nobody = { require: { is: 'all', granted: false } } as const

  test('rules for the names of files hold for the page of a folder', async (t) => {
    const rule = { location: '\\.html$', of: 'name', match: 'regexp', ...nobody } as const
    const { client } = await town(t, { access: [rule], files: { root: join(site(t).path, 'www') } })
    assert.equal((await ask2(client, '/docs/')).status, 403)
    assert.equal((await ask2(client, '/docs/index.html')).status, 403)
    assert.equal((await ask2(client, '/style.css')).status, 200)
  })

  test('and so do rules for its path', async (t) => {
    const rule = { location: '/docs/index.html', ...nobody } as const
    const { client } = await town(t, { access: [rule], files: { root: join(site(t).path, 'www') } })
    assert.equal((await ask2(client, '/docs/')).status, 403)
    assert.equal((await ask2(client, '/')).status, 200)
  })

  test('rules for files and folders hold whatever letters their names have', async (t) => {
    const folder = site(t)
    folder.write('www/büro/plan.txt', 'secret')
    const root = join(folder.path, 'www')
    const access = [
      { location: join(root, 'büro'), of: 'folder', ...nobody },
      { location: 'café.txt', of: 'name', match: 'glob', ...nobody },
    ] as const
    const { client } = await town(t, { access, files: { root } })
    assert.equal((await ask2(client, '/b%C3%BCro/plan.txt')).status, 403)
    assert.equal((await ask2(client, '/caf%C3%A9.txt')).status, 403)
    assert.equal((await ask2(client, '/style.css')).status, 200)
  })

  test('what an answer says of a file', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www') } })
    const { field } = await ask2(client, '/style.css')
    assert.equal(field('Content-Type'), 'text/css; charset=utf-8')
    assert.equal(field('Accept-Ranges'), 'bytes')
    assert.match(field('Last-Modified') ?? '', /GMT$/)
    assert.match(field('Date') ?? '', /GMT$/)
    const etag = field('ETag')!
    assert.equal((await ask2(client, '/style.css', `If-None-Match: ${etag}\r\n`)).status, 304)
    assert.equal((await ask2(client, '/style.css', `If-Modified-Since: ${field('Last-Modified')}\r\n`)).status, 304)
    assert.equal((await ask2(client, '/style.css', 'If-Match: "no"\r\n')).status, 412)
    const head = await ask(client, 'HEAD /style.css HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.deepEqual([head.status, head.field('Content-Length'), String(head.body)], [200, '3', ''])
  })

  test('ranges', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www') } })
    const part = await ask2(client, '/style.css', 'Range: bytes=1-1\r\n')
    assert.deepEqual([part.status, part.text, part.field('Content-Range')], [206, '{', 'bytes 1-1/3'])
    const beyond = await ask2(client, '/style.css', 'Range: bytes=9-\r\n')
    assert.deepEqual([beyond.status, beyond.field('Content-Range')], [416, 'bytes */3'])
    assert.equal((await ask2(client, '/style.css', 'Range: bytes=0-0,2-2\r\n')).status, 200)
  })

  test('a file longer than what is read at a time arrives whole', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www') } })
    assert.equal((await ask2(client, '/big.bin')).text.length, 300_000)
    assert.equal((await ask2(client, '/style.css')).text, 'p{}')
  })

  test('other methods', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www') } })
    const post = await ask2(client, '/style.css', 'Content-Length: 0\r\n', 'POST')
    assert.deepEqual([post.status, post.field('Allow')], [405, 'GET, HEAD, OPTIONS'])
    assert.equal((await ask2(client, '/style.css', '', 'OPTIONS')).status, 200)
  })

  test('links are not followed where that is switched off', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www'), followSymlinks: false } })
    assert.equal((await ask2(client, '/link.txt')).status, 403)
    assert.equal((await ask2(client, '/style.css')).status, 200)
  })

  test('JkStripSession: a session is cut out of the path', async (t) => {
    const { client } = await town(t, { files: { root: join(site(t).path, 'www'), stripSession: ';jsessionid' } })
    assert.equal((await ask2(client, '/style.css;jsessionid=1.a')).text, 'p{}')
    assert.equal((await ask2(client, '/style.css;v=1')).status, 404)
  })

  test('JkAutoAlias: files of applications', async (t) => {
    const folder = temporaryFolder('apps', t)
    folder.write('shop/a.txt', 'a')
    folder.write('shop/WEB-INF/web.xml', 'secret')
    folder.write('shop.war', 'secret')
    const { client } = await town(t, { files: { applications: folder.path } })
    const statuses = []
    for (const path of ['/shop/a.txt', '/shop/WEB-INF/web.xml', '/shop/meta-inf/x', '/shop.war', '/none/a.txt'])
      statuses.push((await ask2(client, path)).status)
    assert.deepEqual(statuses, [200, 404, 404, 403, 404])
  })

  test('rules about folders and names hold for files', async (t) => {
    const root = join(site(t).path, 'www')
    const deny = { is: 'all', granted: false } as const
    const access = [
      { location: join(root, 'docs'), of: 'folder', require: deny },
      { location: '*.css', match: 'glob', of: 'name', require: deny },
    ] as const
    const { client } = await town(t, { files: { root }, access })
    assert.equal(errorOf((await ask2(client, '/docs/')).answer), 'FRONT_FORBIDDEN')
    assert.equal(errorOf((await ask2(client, '/style.css')).answer), 'FRONT_FORBIDDEN')
    assert.equal((await ask2(client, '/')).status, 200)
  })
})

describe('users', () => {
  const access = [
    { location: '/app', require: { is: 'valid-user' }, auth: { realm: 'shop', users: [['joe', PASSWORD]] } },
  ] as const

  test('are asked for', async (t) => {
    const { client } = await town(t, { access })
    const { status, field } = await ask2(client, '/app/x')
    assert.deepEqual([status, field('WWW-Authenticate')], [401, 'Basic realm="shop"'])
  })
  test('get in with their password, again and again', async (t) => {
    const { client } = await town(t, { access })
    for (let i = 0; i < 3; i++) assert.equal((await ask2(client, '/app/x', basic('joe:secret pass'))).text, 'a')
  })
  test('do not get in with another', async (t) => {
    const { client, backends } = await town(t, { access })
    assert.equal((await ask2(client, '/app/x', basic('joe:secret'))).status, 401)
    assert.equal(backends.a!.accepted, 0)
  })
  test('a body that comes while the password is checked is not lost', async (t) => {
    const echo = answering(({ body }) => ok(`${body}`))
    const balancer = { workerList: ['a'], hosts: [{ names: [], mounts: [mount('/app/*', 'a')], access }] }
    const { client } = await cast(t, { a: echo }, { balancer })
    const head = `POST /app/x HTTP/1.1\r\nHost: a\r\n${basic('joe:secret pass')}Content-Length: 4\r\n\r\n`
    assert.equal(String((await ask(client, `${head}body`)).body), 'body')
  })
  test('a client that leaves while its password is checked leaves nothing behind', async (t) => {
    const { client, connect } = await town(t, { access })
    await client.send(`GET /app/x HTTP/1.1\r\nHost: a\r\n${basic('joe:secret pass')}\r\n`)
    client.reset()
    assert.equal((await ask2(await connect(), '/app/x', basic('joe:secret pass'))).text, 'a')
  })
})

describe('the environment', () => {
  const everything = { mounts: [mount('/*', 'lb')] }
  const rows: readonly [rule: string, host: Partial<VirtualHostOptions>, path: string, more: string, text: string][] = [
    [
      'JK_ROUTE by a field',
      { env: [{ when: { of: { field: 'X-Route' }, matches: '^(b)$' }, sets: [['JK_ROUTE', '$1']] }] },
      '/',
      'X-Route: b\r\n',
      'b',
    ],
    [
      'a field that does not fit sets nothing',
      { env: [{ when: { of: { field: 'X-Route' }, matches: '^(b)$' }, sets: [['JK_ROUTE', '$1']] }] },
      '/',
      'X-Route: bb\r\n',
      'a',
    ],
    ['SetEnv in a section', { env: [{ where: { location: '/b' }, sets: [['JK_ROUTE', 'b']] }] }, '/b/x', '', 'b'],
    [
      'a variable that an earlier rule has set',
      {
        env: [
          { when: { of: 'path', matches: '' }, sets: [['step', 'one']] },
          { when: { of: { variable: 'step' }, matches: 'one' }, sets: [['JK_ROUTE', 'b']] },
        ],
      },
      '/',
      '',
      'b',
    ],
    [
      'UnsetEnv takes it away again',
      { env: [{ sets: [['JK_ROUTE', 'b']] }, { sets: [['JK_ROUTE', null]] }] },
      '/',
      '',
      'a',
    ],
    [
      'a forced worker by name',
      { mounts: [], env: [{ sets: [['JK_WORKER_NAME', 'b']] }], forced: [{ location: '/' }] },
      '/',
      '',
      'b',
    ],
  ]
  for (const [rule, host, path, more, text] of rows) {
    test(rule, async (t) => {
      const { client } = await town(t, { ...everything, ...host })
      assert.equal((await ask2(client, path, more)).text, text)
    })
  }

  test('no-jk: the request is not mapped', async (t) => {
    const env = [{ when: { of: 'path' as const, matches: '\\.css$' }, sets: [['no-jk', '1']] as const }]
    const { client } = await town(t, { ...everything, env })
    assert.equal(errorOf((await ask2(client, '/x.css')).answer), 'FRONT_NOT_FOUND')
    assert.equal((await ask2(client, '/x.html')).status, 200)
  })

  test('a client cannot set a variable by itself', async (t) => {
    const { client } = await town(t, { ...everything, env: [{ where: { location: '/z' }, sets: [['JK_ROUTE', 'b']] }] })
    assert.equal((await ask2(client, '/', 'JK_ROUTE: b\r\nJK-ROUTE: b\r\n')).text, 'a')
  })

  test('access by a variable', async (t) => {
    const env = [{ when: { of: { field: 'X-Key' }, matches: '^open$' }, sets: [['key', '1']] as const }]
    const access = [{ location: '/', require: { is: 'env', names: ['key'] } as const }]
    const { client } = await town(t, { ...everything, env, access })
    assert.equal((await ask2(client, '/')).status, 403)
    assert.equal((await ask2(client, '/', 'X-Key: open\r\n')).status, 200)
  })
})

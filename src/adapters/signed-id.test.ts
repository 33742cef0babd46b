import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { count, lone, starter } from './adapter.cases.ts'
import { session } from './express.ts'
import { sessions } from './node-http.ts'
import { IdSigner } from './signed-id.ts'

const KEY = 'A'.repeat(32)

describe('a signed id', () => {
  const signer = new IdSigner(['one'])
  for (const id of [KEY, `${KEY}.w1`, `${KEY}.a.b`]) {
    test(`${id.slice(32) || 'without a route'}: comes back without its signature; the route stays behind the first dot`, () => {
      const signed = signer.sign(id)
      assert.match(signed, /^A{32}-[\w-]{43}(\..*)?$/)
      assert.equal(signed.slice(signed.indexOf('.') + 1 || signed.length), id.slice(33))
      assert.deepEqual(signer.verify(signed), { id, isCurrent: true })
    })
  }

  test('follows its session to another route: the signature is of the key', () => {
    assert.equal(signer.sign(`${KEY}.w1`).replace('.w1', '.w2'), signer.sign(`${KEY}.w2`))
  })

  test('secrets may be texts, bytes and keys', () => {
    const bytes = Buffer.from('one')
    const all = [new IdSigner([bytes]), new IdSigner([createSecretKey(bytes)])]
    for (const other of all) assert.equal(other.sign(KEY), signer.sign(KEY))
  })

  const signed = signer.sign(`${KEY}.w1`)
  const wrong: [what: string, value: string][] = [
    ['no signature', `${KEY}.w1`],
    ['another key', signed.replace('AAAA', 'BBBB')],
    ['another signature', signed.replace(/-(.)/, (_, char: string) => (char === 'x' ? '-y' : '-x'))],
    ['a signature that is cut', signed.replace(/.\./, '.')],
    ['a signature that goes on', signed.replace('.', 'A.')],
    ['something between signature and route', signed.replace('.', '/.')],
    ['nothing', ''],
    ['another secret', new IdSigner(['two']).sign(`${KEY}.w1`)],
  ]
  for (const [what, value] of wrong) test(`is refused: ${what}`, () => assert.equal(signer.verify(value), undefined))

  test('of an older secret verifies and says so', () => {
    const rotated = new IdSigner(['two', 'one'])
    assert.deepEqual(rotated.verify(signed), { id: `${KEY}.w1`, isCurrent: false })
    assert.deepEqual(rotated.verify(rotated.sign(KEY)), { id: KEY, isCurrent: true })
  })
})

describe('ids in signed cookies', () => {
  const start = starter({
    name: 'node:http',
    serve: (options, handler) => createServer(sessions(handler as never, options)),
  })

  test('a cookie signed with an older secret is renewed, once', async () => {
    const manager = lone()
    const before = await start({ manager, secret: 'one' }, count)
    const after = await start({ manager, secret: ['two', 'one'] }, count)
    const { cookie } = await before('/')
    const renewed = await after('/', { cookie })
    assert.equal(renewed.body, '2')
    assert.notEqual(renewed.cookie, cookie)
    const third = await after('/', { cookie: renewed.cookie })
    assert.deepEqual([third.body, third.cookies], ['3', []])
  })

  test('sessionID is without the signature, and an id without one is not adopted', async () => {
    const client = await start({ manager: lone(), secret: 'one' }, (req, res) => {
      req.session.x = 1
      res.end(req.sessionID)
    })
    const { body, cookie } = await client('/')
    assert.match(body, /^[0-9A-F]{32}\.w1$/)
    assert.notEqual(cookie, `JSESSIONID=${body}`)
    assert.notEqual((await client('/', { cookie: `JSESSIONID=${body}` })).body, body)
    assert.equal((await client('/', { cookie })).body, body)
  })

  test('changeId signs the new id', async () => {
    const client = await start({ manager: lone(), secret: 'one' }, async (req, res) => {
      if (req.url === '/change') await req.session.changeId()
      count(req, res)
    })
    const { cookie } = await client('/')
    const changed = await client('/change', { cookie })
    assert.deepEqual([changed.body, (await client('/', { cookie: changed.cookie })).body], ['2', '3'])
    assert.equal((await client('/', { cookie })).body, '1')
  })

  for (const secret of ['', [], ['a', '']]) {
    test(`refused as secret: ${JSON.stringify(secret)}`, () => {
      assert.throws(() => session({ manager: lone(), secret }), { code: 'ADAPTER_OPTIONS' })
    })
  }
})

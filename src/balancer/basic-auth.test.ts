import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BasicAuth, MAX_CREDENTIALS_BYTES, MAX_WAITING, readCredentials } from './basic-auth.ts'

const HASH = '{SHA}O1hAcUlX7zkBbV+/3rmbDfUlbNM='
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

const FIELDS: readonly [rule: string, value: string, read: object | undefined][] = [
  ['name and password', basic('joe:pass'), { name: 'joe', password: 'pass' }],
  ['the scheme has no case', basic('joe:pass').replace('Basic', 'bAsIc'), { name: 'joe', password: 'pass' }],
  ['a password may hold colons', basic('joe:a:b'), { name: 'joe', password: 'a:b' }],
  ['a password may be empty', basic('joe:'), { name: 'joe', password: '' }],
  ['UTF-8', basic('jö:€'), { name: 'jö', password: '€' }],
  ['no name', basic(':pass'), undefined],
  ['no colon', basic('joe'), undefined],
  ['a control character', basic('joe\n:pass'), undefined],
  ['another scheme', 'Bearer abc', undefined],
  ['no base64', 'Basic !!!', undefined],
  ['nothing', 'Basic', undefined],
  ['too long', basic(`joe:${'x'.repeat(MAX_CREDENTIALS_BYTES)}`), undefined],
]

describe('the Authorization field', () => {
  for (const [rule, value, read] of FIELDS) it(rule, () => assert.deepEqual(readCredentials(value), read))
})

describe('BasicAuth', () => {
  const auth = () =>
    new BasicAuth('the "realm"', [
      ['joe', HASH],
      ['joe', '{SHA}none'],
      ['ann', 'plain'],
    ])

  it('asks with its realm', () => {
    assert.equal(auth().challenge, 'WWW-Authenticate: Basic realm="the \\"realm\\""\r\n')
  })
  it('knows who has the password', async () => {
    assert.deepEqual(await auth().prove(basic('joe:secret pass')), { user: 'joe' })
  })
  for (const value of [
    undefined,
    basic('joe:wrong'),
    basic('nobody:secret pass'),
    basic('ann:plain'),
    basic('__proto__:x'),
  ])
    it(`does not know ${value}`, async () => assert.deepEqual(await auth().prove(value), { user: undefined }))

  it('remembers who was right, and answers at once', async () => {
    const one = auth()
    await one.prove(basic('joe:secret pass'))
    assert.deepEqual(one.prove(basic('joe:secret pass')), { user: 'joe' })
    assert.ok(one.prove(basic('joe:secret')) instanceof Promise)
  })
  it('turns away what would wait too long, and goes on after that', async () => {
    const one = auth()
    const asked = Array.from({ length: MAX_WAITING }, (_, n) => one.prove(basic(`joe:${n}`)))
    assert.deepEqual(one.prove(basic('joe:secret pass')), { user: undefined, busy: true })
    await Promise.all(asked)
    assert.deepEqual(await one.prove(basic('joe:secret pass')), { user: 'joe' })
  })
})

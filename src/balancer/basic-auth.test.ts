import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Asker,
  BasicAuth,
  MAX_CREDENTIALS_BYTES,
  MAX_WAITING,
  MAX_WAITING_OF_ONE,
  readCredentials,
} from './basic-auth.ts'

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

const RIGHT = basic('joe:secret pass')
const BUSY = { user: undefined, busy: true }
const asker = (address: string): Asker => ({ client: { address }, finished: false })

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
    assert.deepEqual(await auth().prove(RIGHT, asker('10.0.0.1')), { user: 'joe' })
  })
  for (const value of [
    undefined,
    basic('joe:wrong'),
    basic('nobody:secret pass'),
    basic('ann:plain'),
    basic('__proto__:x'),
  ])
    it(`does not know ${value}`, async () =>
      assert.deepEqual(await auth().prove(value, asker('10.0.0.1')), { user: undefined }))

  it('remembers who was right, and answers at once', async () => {
    const one = auth()
    await one.prove(RIGHT, asker('10.0.0.1'))
    assert.deepEqual(one.prove(RIGHT, asker('10.0.0.1')), { user: 'joe' })
    assert.ok(one.prove(basic('joe:secret'), asker('10.0.0.1')) instanceof Promise)
  })
  it('turns away what would wait too long, and goes on after that', async () => {
    const one = auth()
    const asked = Array.from({ length: MAX_WAITING }, (_, n) => one.prove(basic(`joe:${n}`), asker(`10.0.0.${n}`)))
    assert.deepEqual(one.prove(RIGHT, asker('10.0.1.0')), BUSY)
    await Promise.all(asked)
    assert.deepEqual(await one.prove(RIGHT, asker('10.0.1.0')), { user: 'joe' })
  })
  it('leaves room for others when one address asks too often', async () => {
    const one = auth()
    const asked = Array.from({ length: MAX_WAITING_OF_ONE }, (_, n) => one.prove(basic(`joe:${n}`), asker('10.0.0.1')))
    assert.deepEqual(one.prove(RIGHT, asker('10.0.0.1')), BUSY)
    assert.deepEqual(await one.prove(RIGHT, asker('10.0.0.2')), { user: 'joe' })
    await Promise.all(asked)
  })
  it('gives the places of those who have left to others', async () => {
    const one = auth()
    const client = { address: '10.0.0.1' }
    const leaving = Array.from({ length: MAX_WAITING_OF_ONE }, () => ({ client, finished: false }))
    const asked = leaving.map((gone, n) => one.prove(basic(`joe:${n}`), gone))
    for (const gone of leaving) gone.finished = true
    assert.deepEqual(await one.prove(RIGHT, asker('10.0.0.1')), { user: 'joe' })
    assert.deepEqual(
      await Promise.all(asked),
      leaving.map(() => ({ user: undefined })),
    )
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { presentedIds } from './request-id.ts'
import { IdSigner } from './signed-id.ts'

const A = 'A'.repeat(32)
const B = 'B'.repeat(32)
const OPTIONS = { name: 'sid', pathParameter: undefined, signer: undefined }

describe('the ids of a request', () => {
  const rows: [what: string, cookie: string | undefined, expected: string[]][] = [
    ['no cookie', undefined, []],
    ['one', `sid=${A}.w1`, [`${A} w1`]],
    ['several, in their order, without what is none', `sid=x; sid=${B}; sid=${A}.w2`, [`${B} `, `${A} w2`]],
    ['cookies of other names', `id=${A}; xsid=${A}`, []],
  ]
  for (const [what, cookie, expected] of rows) {
    test(what, () => {
      const ids = presentedIds({ headers: cookie === undefined ? {} : { cookie }, url: '/' }, OPTIONS)
      assert.deepEqual(
        ids.map(({ key, route }) => `${key} ${route}`),
        expected,
      )
    })
  }

  test('in the path, behind those in cookies', () => {
    const request = { headers: { cookie: `sid=${A}` }, url: `/a;id=${B}.w1?x` }
    const ids = presentedIds(request, { ...OPTIONS, pathParameter: 'id' })
    assert.deepEqual([ids.map(({ key }) => key), request.url], [[A, B], '/a?x'])
  })

  test('not more than a few, however many there are', () => {
    const cookie = Array.from({ length: 1000 }, (_, i) => `sid=${i.toString(16).toUpperCase().padStart(32, '0')}`)
    assert.equal(presentedIds({ headers: { cookie: cookie.join('; ') }, url: '/' }, OPTIONS).length, 32)
  })

  test('where signatures are wanted, those without are none', () => {
    const signer = new IdSigner(['new', 'old'])
    const cookie = [A, signer.sign(A), new IdSigner(['old']).sign(`${B}.w1`)].map((id) => `sid=${id}`).join('; ')
    const ids = presentedIds({ headers: { cookie }, url: '/' }, { ...OPTIONS, signer })
    assert.deepEqual(ids, [
      { key: A, route: '', isCurrent: true },
      { key: B, route: 'w1', isCurrent: false },
    ])
  })
})

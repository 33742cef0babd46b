import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQuery } from './query.ts'

const TABLE: readonly [rule: string, query: string, values: Readonly<Record<string, string>>, isMalformed?: true][] = [
  ['pairs', 'cmd=show&w=lb', { cmd: 'show', w: 'lb' }],
  ['nothing', '', {}],
  ['what is no pair is ignored', 'cmd&=&w=lb', { '': '', w: 'lb' }],
  ['a value may hold =', 'w=a=b', { w: 'a=b' }],
  ['the last of equal keys counts', 'w=a&w=b', { w: 'b' }],
  ['an empty value is a value', 'w=', { w: '' }],
  ['+ is a blank', 'w=a+b', { w: 'a b' }],
  ['an encoded + is one', 'w=a%2Bb', { w: 'a+b' }],
  ['escapes are bytes of UTF-8', 'w=%C3%A9', { w: 'é' }],
  ['keys are not decoded', '%77=a', { '%77': 'a' }],
  ['< > ? " are masked', 'w=<b>?"', { w: '@b@@@' }],
  ['encoded ones too', 'w=%3Cb%3E%3f%22', { w: '@b@@@' }],
  ['in keys too', '<w>=a', { '@w@': 'a' }],
  ['a key may be called __proto__', '__proto__=a', JSON.parse('{"__proto__":"a"}')],
  ['a bad escape ends the reading', 'mime=txt&w=%zz&cmd=show', { mime: 'txt' }, true],
  ['a cut escape', 'w=%4', {}, true],
  ['a NUL', 'w=%00', {}, true],
]

describe('parseQuery', () => {
  for (const [rule, query, values, isMalformed = false] of TABLE)
    it(rule, () => {
      const parameters = parseQuery(query)
      assert.deepEqual([...parameters.values], Object.entries(values))
      assert.equal(parameters.isMalformed, isMalformed)
    })
})

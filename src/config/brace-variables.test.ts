import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstVariable, replaceVariables } from './brace-variables.ts'

const values: Readonly<Record<string, string>> = { a: '1', again: '$' + '{a}', '': 'nothing' }

/** `@` stands for `$` in these rows, so that no one takes them for templates. */
const rows: readonly (readonly [rule: string, text: string, result: string, first: string | undefined])[] = [
  ['a variable', 'x@{a}y', 'x1y', 'a'],
  ['several', '@{a}@{a}', '11', 'a'],
  ['an unknown one stays', '@{b}@{a}', '@{b}1', 'b'],
  ['inserted text is not looked at again', '@{again}', '@{a}', 'again'],
  ['an open one is text', '@{a', '@{a', undefined],
  ['the name reaches to the first brace', '@{x@{a}', '@{x@{a}', 'x@{a'],
  ['no name is a name', '@{}', 'nothing', ''],
  ['nothing to replace', '@a {a}', '@a {a}', undefined],
]

describe('brace variables', () => {
  for (const [rule, text, result, first] of rows) {
    test(rule, () => {
      const given = text.replaceAll('@', '$')
      assert.equal(replaceVariables(given, (name) => values[name]).replaceAll('$', '@'), result)
      assert.equal(firstVariable(given)?.replaceAll('$', '@'), first)
    })
  }
})

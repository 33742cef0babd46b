import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileWildcard, hasWildcard } from './wildcard.ts'

const TABLE: readonly [rule: string, pattern: string, text: string, matches: boolean][] = [
  ['without wildcards only the text itself matches', '/app', '/app', true],
  ['without wildcards nothing longer matches', '/app', '/app/', false],
  ['case counts', '/app', '/App', false],
  ['a star may stand for nothing', '/app/*', '/app/', true],
  ['a star stands for slashes too', '/app/*', '/app/a/b', true],
  ['what stands before a star is needed', '/app/*', '/app', false],
  ['a star right behind a name takes longer names', '/app*', '/application', true],
  ['a suffix is tied to the end', '/*.gif', '/a/b.gif', true],
  ['a suffix is not found in the middle', '/*.gif', '/a.gif/b', false],
  ['prefix and suffix do not share characters', '/ab*ba', '/aba', false],
  ['a piece between stars is found anywhere', '/*x*/end', '/a/x/b/end', true],
  ['pieces come in order', '/*a*b', '/b/a', false],
  ['a piece may not run into the suffix', '/*ab*b', '/ab', false],
  ['two stars are one', '/a**b', '/a-b', true],
  ['a question mark is one character', '/app?', '/app1', true],
  ['a question mark is a slash too', '/app?x', '/app/x', true],
  ['a question mark is not nothing', '/app?', '/app', false],
  ['question marks in a piece between stars', '/*a?c*', '/xxabcxx', true],
  ['a lone star takes everything', '*', '', true],
  ['characters of regular expressions are plain', '/a.c(d)+*', '/a.c(d)+/x', true],
  ['characters of regular expressions mean nothing', '/a.c*', '/abc', false],
]

/** The definition, word by word; exponential, so only for short texts. */
function matchesNaively(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*')
    return matchesNaively(pattern.slice(1), text) || (text !== '' && matchesNaively(pattern, text.slice(1)))
  return (
    text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && matchesNaively(pattern.slice(1), text.slice(1))
  )
}

describe('compileWildcard', () => {
  for (const [rule, pattern, text, matches] of TABLE)
    it(`${rule}: ${pattern} ${matches ? '~' : '!~'} ${text}`, () =>
      assert.equal(compileWildcard(pattern)(text), matches))

  it('equals the naive matcher', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 9 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 })
    fc.assert(
      fc.property(pattern, text, (p, t) => assert.equal(compileWildcard(p)(t), matchesNaively(p, t))),
      { numRuns: 3_000 },
    )
  })

  it('does not slow down on texts made to make it backtrack', () => {
    const matches = compileWildcard(`/${'*a'.repeat(60)}b`)
    const text = `/${'a'.repeat(4_000)}c`
    for (let i = 0; i < 2_000; i++) assert.equal(matches(text), false)
  })
})

describe('hasWildcard', () => {
  it('tells exact patterns from others', () => {
    assert.deepEqual(['/a', '/a*', '/?'].map(hasWildcard), [false, true, true])
  })
})

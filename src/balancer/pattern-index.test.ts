import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { NO_MATCH, PatternIndex } from './pattern-index.ts'
import { compileWildcard } from './wildcard.ts'

const CASES: readonly [rule: string, patterns: readonly string[], text: string, found: number][] = [
  ['of no patterns none matches', [], '/a', NO_MATCH],
  ['an exact pattern matches its text', ['/a'], '/a', 0],
  ['an exact pattern matches nothing longer', ['/a'], '/ab', NO_MATCH],
  ['an exact pattern matches nothing shorter', ['/ab'], '/a', NO_MATCH],
  ['a star at the end matches nothing more', ['/a*'], '/a', 0],
  ['a star at the end matches what follows', ['/a*'], '/a/b/c', 0],
  ['the first in the list is found, not the longest', ['/*', '/a/*'], '/a/b', 0],
  ['the first in the list is found, not the shortest', ['/a/*', '/*'], '/a/b', 0],
  ['an exact pattern has no privilege', ['/a*', '/a'], '/a', 0],
  ['an end without wildcards matches', ['/*.jsp'], '/a/b.jsp', 0],
  ['an end may not overlap the beginning', ['/aa*aa'], '/aaa', NO_MATCH],
  ['ends of several lengths are told apart', ['/*.jsp', '/*.do'], '/x.do', 1],
  ['a question mark is one character', ['/a?c'], '/abc', 0],
  ['a question mark is not nothing', ['/a?c'], '/ac', NO_MATCH],
  ['a star within', ['/a/*/z', '/*'], '/a/b/z', 0],
  ['two stars are one', ['/a**'], '/ab', 0],
  ['of equal patterns the first is found', ['/a', '/a'], '/a', 0],
  ['an empty text', ['*'], '', 0],
]

describe('PatternIndex', () => {
  for (const [rule, patterns, text, found] of CASES)
    it(rule, () => assert.equal(new PatternIndex(patterns).find(text), found))

  it('finds what walking through the list finds', () => {
    const piece = fc.constantFrom('/', 'a', 'b', '*', '?', '/a', '*.a')
    const pattern = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`)
    const text = fc.array(fc.constantFrom('/', 'a', 'b', '.'), { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 12 }), text, (patterns, path) => {
        const walked = patterns.findIndex((each) => compileWildcard(each)(path))
        assert.equal(new PatternIndex(patterns).find(path), walked)
      }),
      { numRuns: 3000 },
    )
  })
})

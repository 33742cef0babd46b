import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type LogicalLine, logicalLines, splitWords } from './httpd-lines.ts'
import { sourceText } from './source-text.ts'
import { codes, collect, here } from './testing/collect.ts'

function lines(text: string): string[] {
  return Array.from(logicalLines(sourceText('f', text)), (line) => line.text)
}

describe('logical lines', () => {
  const rows: readonly (readonly [rule: string, text: string, lines: string[]])[] = [
    ['white space at both ends goes', ' a b \t\n', ['a b']],
    ['a no-break space is no white space', '\u00A0 a\u00A0', ['\u00A0 a\u00A0']],
    ['inner white space stays', 'a \t b', ['a \t b']],
    ['empty lines and comments vanish', '\n  \n# c\n  # c\na', ['a']],
    ['# in a line is no comment', 'a # b', ['a # b']],
    ['a backslash at the end continues', 'a \\\n b', ['a  b']],
    ['CR LF counts as an end', 'a \\\r\nb\r\nc', ['a b', 'c']],
    ['a backslash and a space do not continue', 'a \\ \nb', ['a \\', 'b']],
    ['a comment is continued too', '# a \\\nb\nc', ['c']],
    ['a backslash in the last line', 'a\\', ['a']],
    ['several', 'a\\\nb\\\nc\nd', ['abc', 'd']],
    ['a byte order mark', '\uFEFFa', ['a']],
    ['nothing', '', []],
  ]
  for (const [rule, text, expected] of rows) test(rule, () => assert.deepEqual(lines(text), expected))

  test('positions lead through continued lines', () => {
    const [line] = logicalLines(sourceText('f', '\n  ab \\\n    cd\\\nef'))
    assert.equal(line?.text, 'ab     cdef')
    assert.deepEqual(
      [0, 7, 9].map((offset) => line?.at(offset)),
      [
        { file: 'f', line: 2, column: 3 },
        { file: 'f', line: 3, column: 5 },
        { file: 'f', line: 4, column: 1 },
      ],
    )
  })
})

function words(text: string) {
  const line: LogicalLine = { text, at: (offset) => ({ ...here, column: offset + 1 }) }
  const { value, complaints } = collect((list) => splitWords(line, 0, text.length, list))
  return {
    words: value.map((word) => word.text),
    columns: value.map(({ at }) => at.column),
    complaints: codes(complaints),
  }
}

describe('words', () => {
  const rows: readonly (readonly [rule: string, text: string, words: string[], complaint?: string])[] = [
    ['white space splits', ' a\tb  c ', ['a', 'b', 'c']],
    ['double quotes', '"a b" c', ['a b', 'c']],
    ['single quotes', "'a \"b' c", ['a "b', 'c']],
    ['an escaped quote', '"a \\"b"', ['a "b']],
    ['an escaped backslash', '"a\\\\" b', ['a\\', 'b']],
    ['other escapes are text', '"a\\n"', ['a\\n']],
    ['a backslash outside of quotes', 'a\\b a\\\\b', ['a\\b', 'a\\b']],
    ['the other quote is not escaped', '"a\\\'b"', ["a\\'b"]],
    ['an empty word', '"" x', ['', 'x']],
    ['a quote in a word is text', 'a"b c"', ['a"b', 'c"']],
    ['a word right behind a quote', '"a"b', ['a', 'b']],
    ['an open quote', '"a b', ['a b'], 'CONFIG_QUOTE_OPEN'],
    ['only a quote', '"', [''], 'CONFIG_QUOTE_OPEN'],
    ['a backslash at the end of an open quote', '"a\\', ['a\\'], 'CONFIG_QUOTE_OPEN'],
  ]
  for (const [rule, text, expected, complaint] of rows) {
    test(rule, () => {
      const actual = words(text)
      assert.deepEqual(actual.words, expected)
      assert.deepEqual(actual.complaints, complaint === undefined ? [] : [complaint])
    })
  }

  test('columns are those of the words with their quotes', () => assert.deepEqual(words(' "a" b').columns, [2, 6]))

  test('law: what is quoted is read', () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', "'", '#', '名', '>'), maxLength: 10 })
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom('"', "'"), (given, quote) => {
        const quoted = given.map(
          (text) => `${quote}${text.replace(/[\\"']/g, (c) => (c === '\\' || c === quote ? `\\${c}` : c))}${quote}`,
        )
        assert.deepEqual(words(quoted.join(' ')).words, given)
      }),
    )
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Complaints } from './complaint.ts'
import { maxMacros, maxPropertyLineBytes } from './limits.ts'
import { listItems, propertyLines } from './property-lines.ts'
import { sourceText } from './source-text.ts'
import { codes, collect } from './testing/collect.ts'

const variables: Record<string, string> = { home: '/srv', again: '$(home)', empty: '' }

function read(text: string) {
  const { value, complaints } = collect((list) => [
    ...propertyLines(sourceText('f', text), (name) => variables[name], list),
  ])
  return { lines: value.map(({ name, value: given }) => [name, given]), places: value, complaints: codes(complaints) }
}

describe('lines', () => {
  const rows: readonly (readonly [rule: string, text: string, lines: string[][], complaints?: string[]])[] = [
    ['name and value', 'a=b', [['a', 'b']]],
    ['the first = splits', 'a=b=c', [['a', 'b=c']]],
    ['ASCII white space is trimmed around line, name and value', ' \t a \v=\f b \r\n', [['a', 'b']]],
    ['other white space is not', '\u3000a=b\u00A0', [['\u3000a', 'b\u00A0']]],
    ['# starts a comment anywhere, a value cannot have one', 'a=b#c', [['a', 'b']]],
    ['a line of comment', '  # a=b', []],
    ['= behind # does not count', 'a # b=c', [], ['CONFIG_LINE_IGNORED']],
    [
      'no continuation: a backslash is text',
      'a=b\\\nc=d',
      [
        ['a', 'b\\'],
        ['c', 'd'],
      ],
    ],
    ['no quotes', 'a="b"', [['a', '"b"']]],
    ['an empty variable is nothing', 'a=', []],
    ['an empty directive is worth a word', 'worker.a.host= # none', [], ['CONFIG_VALUE_EMPTY']],
    ['no name', '=b', [], ['CONFIG_LINE_IGNORED']],
    ['no =', 'hello', [], ['CONFIG_LINE_IGNORED']],
    [
      'the last line may lack its end',
      'a=b\nc=d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['nothing', '', []],
    ['a byte order mark is skipped', '\uFEFFa=b', [['a', 'b']], ['CONFIG_TEXT_BOM']],
    ['a template is not read', 'a=<%= x %>\nb={{x}}\nc=d # <%', [['c', 'd']], ['CONFIG_TEXT_TEMPLATE']],
    ['the longest line', `a=${'x'.repeat(maxPropertyLineBytes - 2)}`, [['a', 'x'.repeat(maxPropertyLineBytes - 2)]]],
    ['one byte longer', `a=${'x'.repeat(maxPropertyLineBytes - 1)}\nb=c`, [['b', 'c']], ['CONFIG_LINE_TOO_LONG']],
    ['bytes are counted, not characters', `a=${'名'.repeat(2730)}`, [], ['CONFIG_LINE_TOO_LONG']],
  ]
  for (const [rule, text, lines, complaints = []] of rows) {
    test(rule, () => {
      const actual = read(text)
      assert.deepEqual(actual.lines, lines)
      assert.deepEqual(actual.complaints, complaints)
    })
  }

  test('positions of name and value', () => {
    const [line] = read('# x\n  a  =  b').places
    assert.deepEqual(line?.at, { file: 'f', line: 2, column: 3 })
    assert.deepEqual(line?.valueAt, { file: 'f', line: 2, column: 9 })
  })

  test('law: what is written is read', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'B', '0', '_', '.', '-', '名', '\u3000'),
      minLength: 1,
      maxLength: 8,
    })
    const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })
    const written = fc.record({
      name: word,
      value: word,
      space,
      comment: fc.boolean(),
      end: fc.constantFrom('\n', '\r\n'),
    })
    fc.assert(
      fc.property(fc.array(written), (given) => {
        const text = given.map(({ name, value, space: s, comment, end }) => {
          return `${s}${name}${s}=${s}${value}${s}${comment ? '#c' : ''}${end}`
        })
        assert.deepEqual(
          read(text.join('')).lines,
          given.map(({ name, value }) => [name, value]),
        )
      }),
    )
  })

  test('law: any text gives properties with names and values, and places inside of it', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '=', '#', ' ', '\n', '$', '(', ')', '\r', '\u3000', '\\'),
      maxLength: 80,
    })
    fc.assert(
      fc.property(text, (given) => {
        const complaints = new Complaints()
        const lines = given.split('\n')
        for (const { name, value, at } of propertyLines(sourceText('f', given), () => undefined, complaints)) {
          assert.ok(name !== '' && value !== '')
          assert.ok(lines[at.line - 1]!.slice(at.column - 1).startsWith(name))
        }
        for (const { line, column } of complaints.list()) {
          assert.ok(line <= lines.length && column <= lines[line - 1]!.length + 1)
        }
      }),
    )
  })
})

describe('macros', () => {
  const rows: readonly (readonly [rule: string, value: string, result: string, complaints?: string[]])[] = [
    ['a variable', '$(home)/x', '/srv/x'],
    ['several', '$(home)$(home)', '/srv/srv'],
    ['inserted text is not looked at again', '$(again)', '$(home)'],
    ['an unknown one stays', 'x$(none)y$(home)', 'x$(none)y/srv', ['CONFIG_VARIABLE_UNKNOWN']],
    ['an open one stays', '$(home', '$(home'],
    ['the name reaches to the first )', '$(a$(home)', '$(a$(home)', ['CONFIG_VARIABLE_UNKNOWN']],
    ['$ alone is text', '$home $ (home)', '$home $ (home)'],
    [
      'a limited number of them',
      '$(home)'.repeat(maxMacros + 2),
      `${'/srv'.repeat(maxMacros)}$(home)$(home)`,
      ['CONFIG_VARIABLE_UNKNOWN'],
    ],
  ]
  for (const [rule, value, result, complaints = []] of rows) {
    test(rule, () => {
      const actual = read(`name=${value}`)
      assert.deepEqual(actual.lines, [['name', result]])
      assert.deepEqual(actual.complaints, complaints)
    })
  }

  test('names are not replaced', () => assert.deepEqual(read('$(home)=x').lines, [['$(home)', 'x']]))
})

describe('list items', () => {
  test('space, tab and comma split, empty items vanish', () => {
    assert.deepEqual(
      [...listItems(', a,,b\tc ,d')].map(({ text, offset }) => [text, offset]),
      [
        ['a', 2],
        ['b', 5],
        ['c', 7],
        ['d', 10],
      ],
    )
  })
})

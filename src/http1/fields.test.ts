import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Http1Error } from './errors.ts'
import { connectionOptions, FIELD, type Fields, fieldId, MAX_CONNECTION_OPTIONS, parseFields } from './fields.ts'

const MAX = 5

function parse(text: string): Fields {
  return parseFields(text, 0, text.length, MAX)
}

function pairs({ names, values }: Fields): [string, string][] {
  return names.map((name, i) => [name, values[i]!])
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Http1Error) return error.code
    throw error
  }
  return 'no error'
}

describe('fields', () => {
  const good: readonly [rule: string, text: string, fields: [string, string][]][] = [
    ['none', '', []],
    ['name and value', 'A: b\r\n', [['A', 'b']]],
    ['names keep their case', 'hOsT: b\r\n', [['hOsT', 'b']]],
    ['space around a value is not part of it', 'A: \t b c\t \r\n', [['A', 'b c']]],
    ['no space is needed', 'A:b\r\n', [['A', 'b']]],
    [
      'a value may be empty',
      'A:\r\nB: \t\r\n',
      [
        ['A', ''],
        ['B', ''],
      ],
    ],
    ['a value may hold colons', 'A:b:c: d\r\n', [['A', 'b:c: d']]],
    ['a name may be any token', "!#$%&'*+-.^_`|~9: b\r\n", [["!#$%&'*+-.^_`|~9", 'b']]],
    [
      'bytes beyond ASCII pass unchanged, no-break space and NEL included',
      'A: \xa0\xe9\x85\r\n',
      [['A', '\xa0\xe9\x85']],
    ],
    [
      'repeated fields stay apart and in order',
      'A: 1\r\nB: 2\r\nA: 3\r\n',
      [
        ['A', '1'],
        ['B', '2'],
        ['A', '3'],
      ],
    ],
    ['as many as the limit', 'a:\r\n'.repeat(MAX), Array.from({ length: MAX }, () => ['a', ''])],
  ]
  for (const [rule, text, fields] of good) test(rule, () => assert.deepEqual(pairs(parse(text)), fields))

  const bad: readonly [rule: string, text: string, code: string][] = [
    ['no name', ': b\r\n', 'HTTP1_FIELD'],
    ['no colon', 'A b\r\n', 'HTTP1_FIELD'],
    ['nothing but a name', 'A\r\n', 'HTTP1_FIELD'],
    ['space before the colon', 'A : b\r\n', 'HTTP1_FIELD'],
    ['space before the name', ' A: b\r\n', 'HTTP1_FIELD'],
    ['a folded value', 'A: b\r\n c\r\n', 'HTTP1_FIELD'],
    ['a value folded with a tab', 'A: b\r\n\tc\r\n', 'HTTP1_FIELD'],
    ['a name with a separator', 'A(: b\r\n', 'HTTP1_FIELD'],
    ['a name beyond ASCII', '\xe9: b\r\n', 'HTTP1_FIELD'],
    ['NUL in a value', 'A: b\0c\r\n', 'HTTP1_FIELD'],
    ['DEL in a value', 'A: b\x7fc\r\n', 'HTTP1_FIELD'],
    ['a vertical tab in a value', 'A: b\x0bc\r\n', 'HTTP1_FIELD'],
    ['CR in a value', 'A: b\rc\r\n', 'HTTP1_FIELD'],
    ['LF in a value', 'A: b\nc\r\n', 'HTTP1_FIELD'],
    ['LF alone as the end', 'A: b\n', 'HTTP1_FIELD'],
    ['two CR', 'A: b\r\r\n', 'HTTP1_FIELD'],
    ['no end', 'A: b', 'HTTP1_FIELD'],
    ['half an end', 'A: b\r', 'HTTP1_FIELD'],
    ['an empty line', '\r\n', 'HTTP1_FIELD'],
    ['one more than the limit', 'a:\r\n'.repeat(MAX + 1), 'HTTP1_TOO_MANY_FIELDS'],
  ]
  for (const [rule, text, code] of bad)
    test(`refused: ${rule}`, () =>
      assert.equal(
        codeOf(() => parse(text)),
        code,
      ))

  test('only the given part of the text is read', () => {
    const text = 'zz\r\nA: b\r\nB: c\r\n'
    assert.deepEqual(pairs(parseFields(text, 4, 10, MAX)), [['A', 'b']])
    assert.equal(
      codeOf(() => parseFields(text, 4, 9, MAX)),
      'HTTP1_FIELD',
      'an end beyond the part is none',
    )
  })

  test('every known field is found in any case, and nothing else', () => {
    for (const [constant, id] of Object.entries(FIELD)) {
      if (id === FIELD.OTHER) continue
      const name = constant.replaceAll('_', '-')
      assert.deepEqual([name, name.toLowerCase(), `${name[0]}${name.slice(1).toLowerCase()}`].map(fieldId), [
        id,
        id,
        id,
      ])
      assert.deepEqual(
        [constant.includes('_') ? fieldId(constant) : 0, fieldId(`${name}x`), fieldId(`x${name}`)],
        [0, 0, 0],
      )
    }
  })

  test('property: fields that are written and read again are the same', () => {
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
    const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,12}[\x21-\x7e\x80-\xff])?)?$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: MAX }), (list) => {
        const text = list.map((pair) => `${pair[0]}: ${pair[1]}\r\n`).join('')
        assert.deepEqual(pairs(parse(text)), list)
      }),
    )
  })
})

describe('what Connection says', () => {
  const read = (...values: string[]) =>
    connectionOptions(parse(values.map((value) => `Connection: ${value}\r\n`).join('')))

  test('nothing without the field', () => {
    assert.deepEqual(read(), { hasClose: false, hasKeepAlive: false, names: [] })
  })
  test('close and keep-alive, in any case', () => {
    assert.deepEqual(read('Close'), { hasClose: true, hasKeepAlive: false, names: [] })
    assert.deepEqual(read('KEEP-ALIVE'), { hasClose: false, hasKeepAlive: true, names: [] })
  })
  test('names of several fields, with empty members between', () => {
    assert.deepEqual(read('a, ,B', 'close ,\tc,'), { hasClose: true, hasKeepAlive: false, names: ['a', 'b', 'c'] })
  })
  test('as many members as the limit, and one more', () => {
    assert.equal(read(`a${',a'.repeat(MAX_CONNECTION_OPTIONS - 1)}`).names.length, MAX_CONNECTION_OPTIONS)
    assert.equal(
      codeOf(() => read(`a${',a'.repeat(MAX_CONNECTION_OPTIONS)}`)),
      'HTTP1_FIELD',
    )
    assert.equal(
      codeOf(() => read(',,'.repeat(16), ',')),
      'HTTP1_FIELD',
      'empty members cost as much as others',
    )
  })
})

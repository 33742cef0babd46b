import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sourceText } from './source-text.ts'
import { collect } from './testing/collect.ts'
import { type Element, parseXmlDocument } from './xml-document.ts'

function read(text: string) {
  return collect((list) => parseXmlDocument(sourceText('f', text), list))
}

/** Elements with attributes and places, one line each. */
function outline({ name, at, attributes, children }: Element, indent = ''): string[] {
  const list = [...attributes].map(([key, { value, at: place }]) => `${key}=${value}@${place.line}:${place.column}`)
  return [
    `${indent}${name}@${at.line}:${at.column} ${list.join(' ')}`.trimEnd(),
    ...children.flatMap((child) => outline(child, `${indent} `)),
  ]
}

describe('well-formed documents', () => {
  const rows: readonly (readonly [rule: string, text: string, outline: string[]])[] = [
    ['elements and attributes have places', '<a x="1"\n   y = \'2\'><b/></a>', ['a@1:1 x=1@1:4 y=2@2:4', ' b@2:12']],
    ['carriage returns count as in an editor', '<a\r\n x="1">\r\n<b/></a>', ['a@1:1 x=1@2:2', ' b@3:1']],
    [
      'characters outside of the first plane take two columns',
      '<a>𝄞<b x="𝄞" y="1"/></a>',
      ['a@1:1', ' b@1:6 x=𝄞@1:9 y=1@1:16'],
    ],
    [
      'comments, CDATA and instructions are passed over',
      '<?xml version="1.0"?><!-- <x> --><a><![CDATA[<y>]]><b/></a>',
      ['a@1:34', ' b@1:52'],
    ],
    ['entities in values', '<a x="&quot;&lt;&#65;"/>', ['a@1:1 x="<A@1:4']],
    ['> in a value', '<a x=">" y="/>"/>', ['a@1:1 x=>@1:4 y=/>@1:10']],
    ['a value that looks like attributes', '<a x="“q” y=1" y="2"/>', ['a@1:1 x=“q” y=1@1:4 y=2@1:16']],
    ['a byte order mark', '\uFEFF<a/>', ['a@1:2']],
    ['a DOCTYPE is skipped, nothing is fetched', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', ['a@1:41']],
    ['names of JavaScript', '<a constructor="1" __proto__="2"/>', ['a@1:1 constructor=1@1:4 __proto__=2@1:20']],
  ]
  for (const [rule, text, expected] of rows) {
    test(rule, () => {
      const { value, complaints } = read(text)
      assert.deepEqual(complaints, [])
      assert.deepEqual(outline(value!), expected)
    })
  }
})

describe('documents that are not', () => {
  const rows: readonly (readonly [rule: string, text: string, complaints: RegExp[], goesOn: boolean])[] = [
    ['a curly quote closes a value', '<a x="1” y="2"/>', [/^1:8 error CONFIG_XML_QUOTE a\.x: /], true],
    ['curly quotes on both sides', '<a x=“1”/>', [/^1:6 .*XML_QUOTE/, /^1:8 .*XML_QUOTE/], true],
    ['a prime is one too', '<a x="1″ y="2"/>', [/^1:8 .*U\+2033/], true],
    ['an open root', '<a>\n<b/>', [/^1:1 error CONFIG_XML_UNCLOSED <a>: /], true],
    ['two open elements', '<a><b>', [/^1:1 .*<a>/, /^1:4 .*<b>/], true],
    ['both mistakes at once', '<a x="1”>\n', [/^1:1 .*UNCLOSED/, /^1:8 .*QUOTE/], true],
    [
      'overlapping elements',
      '<a><b></a>',
      [/^1:4 error CONFIG_XML_UNCLOSED <b>: not closed before <\/a> in line 1/],
      false,
    ],
    ['a closing tag of nothing', '<a></b></a>', [/^1:4 error CONFIG_XML_SYNTAX <\/b>: closes no element/], false],
    ['a value without quotes', '<a x=1/>', [/^1:6 .*Attribute value expected/], false],
    ['the same attribute twice', '<a x="1" x="2"/>', [/Duplicate attribute: x/], false],
    ['an unknown entity', '<a>&nbsp;</a>', [/Named entity isn't defined: &nbsp;/], false],
    ['dashes in a comment', '<a><!-- -- --></a>', [/comment \(a comment ends with -->/], false],
    ['text', 'hello', [/^1:1 .*not well-formed/], false],
    ['nothing', '', [/^1:1 .*not well-formed/], false],
    ['two roots', '<a/><b/>', [/Extra content/], false],
  ]
  for (const [rule, text, expected, goesOn] of rows) {
    test(rule, () => {
      const { value, complaints } = read(text)
      assert.equal(complaints.length, expected.length, complaints.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(complaints[index]!, pattern)
      assert.equal(value !== undefined, goesOn)
    })
  }

  test('law: any text gives elements or complaints, never neither', () => {
    const unit = fc.constantFrom('<', '>', '/', 'a', 'b', '=', '"', '”', "'", ' ', '&', ';', '!', '-', '?', '\n')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        const { value, complaints } = read(text)
        assert.ok(value !== undefined || complaints.length > 0)
      }),
      { numRuns: 1000 },
    )
  })
})

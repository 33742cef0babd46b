import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figure, formatMarkdown, formatText, percent, type Table } from './table.ts'

const table: Table = {
  title: 'proxies',
  columns: [{ title: 'front' }, { title: 'µs', align: 'right' }],
  rows: [
    ['a long name', '7.00'],
    ['b|c', '123'],
  ],
  notes: ['one core'],
}

test('formatText: text left, figures right, notes below', () => {
  assert.equal(
    formatText(table),
    [
      'proxies',
      '',
      'front          µs',
      '───────────  ────',
      'a long name  7.00',
      'b|c           123',
      '  one core',
      '',
    ].join('\n'),
  )
})

test('formatMarkdown: aligned in the source, too, and no cell breaks the table', () => {
  assert.equal(
    formatMarkdown(table),
    [
      '**proxies**',
      '',
      '| front       |   µs |',
      '| ----------- | ---: |',
      '| a long name | 7.00 |',
      '| b\\|c        |  123 |',
      '',
      '- one core',
      '',
    ].join('\n'),
  )
})

const figures: [value: number | undefined, expected: string][] = [
  [undefined, '–'],
  [Number.NaN, '–'],
  [0, '0.000'],
  [0.12345, '0.123'],
  [1.005, '1.00'],
  [9.87654, '9.88'],
  [23.456, '23.5'],
  [123.4, '123'],
  [45_678.9, '45679'],
  [-2.3456, '-2.35'],
]
for (const [value, expected] of figures)
  test(`figure: ${value} is ${expected}`, () => assert.equal(figure(value), expected))

test('percent', () => {
  assert.equal(percent(0.034), '3 %')
  assert.equal(percent(undefined), '–')
})

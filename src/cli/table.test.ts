import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatTable } from './table.ts'

it('a table is as wide as it must be, with numbers at the right and no trailing blanks', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', right: true }, { title: 'NOTE' }]
  const rows = [
    ['a', '10', ''],
    ['long name', '9', 'x'],
  ]
  assert.deepEqual(formatTable(columns, rows), ['NAME        N  NOTE', 'a          10', 'long name   9  x'])
})

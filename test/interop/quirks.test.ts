/** docs/reference/differences.md decides every quirk of mod_jk.md 10, and each decision is shown by a test that exists. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { PAGE } from './differences-page.ts'
import { type Quirk, quirks } from './quirks.ts'

/** Rows of the index. */
const COUNT = 34
const ROOT = join(dirname(PAGE), '../..')

const page = readFileSync(PAGE, 'utf8')

/** Rows of the page that decide on the number; what the traffic of a test has shown beside has four cells. */
function rowsOf({ id }: Quirk): string[] {
  const named = new RegExp(`quirk ${id}\\)`)
  return page.split('\n').filter((line) => line.startsWith('|') && line.split(' | ').length === 3 && named.test(line))
}

test('the list has every number once, in order', () => {
  assert.deepEqual(
    quirks.map(({ id }) => id),
    Array.from({ length: COUNT }, (_, index) => index + 1),
  )
})

test('the page names no other', () => {
  const named = [...page.matchAll(/quirk (\d+)\)/g)].map(([, id]) => Number(id))
  assert.deepEqual(
    [...new Set(named)].toSorted((a, b) => a - b),
    quirks.map(({ id }) => id),
  )
})

describe('each quirk is decided', () => {
  for (const quirk of quirks) {
    const { id, what, decision, shownBy } = quirk
    test(`${id}, ${what}: ${decision}`, () => {
      const rows = rowsOf(quirk)
      assert.ok(rows.length > 0, 'no row names it')
      for (const row of rows) {
        assert.match(row.split(' | ')[1] ?? '', new RegExp(`^${decision}\\b`), row)
      }
      const [file, words] = shownBy
      const path = join(ROOT, file)
      assert.ok(existsSync(path), `there is no ${file}`)
      assert.ok(readFileSync(path, 'utf8').includes(words), `${file} does not hold ${JSON.stringify(words)}`)
    })
  }
})

/** Every file in `fixtures/` is a case. A new case is a new file; with `UPDATE_FIXTURES=1` the results are written, to be read. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadFixture, parseFixture } from './testing/fixture.ts'

const folder = join(import.meta.dirname, 'fixtures')

describe('fixtures', () => {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    const fixture = parseFixture(readFileSync(path, 'utf8'))
    test(`${name}: ${fixture.title.split('\n', 1)[0]}`, async () => {
      const actual = await loadFixture(fixture)
      if (process.env.UPDATE_FIXTURES === '1') {
        writeFileSync(path, `${fixture.input}${JSON.stringify(actual, undefined, 2)}\n`)
        return
      }
      assert.deepEqual(actual, fixture.expected)
    })
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import * as limits from './limits.ts'

describe('limits', () => {
  const page = readFileSync(join(projectRoot(), 'docs/reference/check.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(max\w+)` \| (\d+) \|/gm)].map(([, name = '', value]) => [name, Number(value)])

  const values = new Map(Object.entries(limits))

  test('docs/reference/check.md has their values', () => {
    assert.ok(rows.length > 10)
    assert.deepEqual(
      rows,
      rows.map(([name]) => [name, values.get(`${name}`)]),
    )
  })
})

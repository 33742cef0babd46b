import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import { referencePages } from './reference.ts'

describe('reference pages', () => {
  for (const [name, page] of Object.entries(referencePages())) {
    test(`docs/reference/${name} is made from the tables; after a change: node scripts/reference.mjs`, () => {
      assert.equal(readFileSync(join(projectRoot(), 'docs/reference', name), 'utf8'), page)
    })
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { differences } from './differences.ts'
import { PAGE, section, standing } from './differences-page.ts'

test('docs/reference/differences.md describes every difference on the list', () => {
  assert.equal(standing(readFileSync(PAGE, 'utf8')), section(), 'run: node dist/test/interop/differences-page.js')
})

test('every difference has a name of its own, and fits a cell', () => {
  assert.equal(new Set(differences.map(({ id }) => id)).size, differences.length)
  for (const { there, here, why } of differences) assert.doesNotMatch(there + here + why, /[|\n]/)
})

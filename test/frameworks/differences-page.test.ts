import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KNOWN_DIFFERENCES } from './differences.ts'
import { PAGE, section, standing } from './differences-page.ts'

test('docs/reference/differences.md describes every difference on the list', () => {
  assert.equal(standing(readFileSync(PAGE, 'utf8')), section(), 'run: node dist/test/frameworks/differences-page.js')
})

test('every difference is named once, and fits a cell', () => {
  assert.equal(new Set(KNOWN_DIFFERENCES.map(({ what }) => what)).size, KNOWN_DIFFERENCES.length)
  for (const { what, why } of KNOWN_DIFFERENCES) assert.doesNotMatch(what + why, /[|\n]/)
})

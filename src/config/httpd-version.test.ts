import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { versionApplies } from './httpd-version.ts'

/** As httpd 2.4.71 answers [live]. */
const rows: readonly (readonly [asked: string, applies: boolean])[] = [
  ['= 2.4', false],
  ['2.4', false],
  ['2.4.6', false],
  ['> 2.4', true],
  ['>= 2.4', true],
  ['< 2.4', false],
  ['<= 2.4', false],
  ['> 2.4.6', true],
  ['>= 2.4.6', true],
  ['< 2.4.10', false],
  ['>= 2.6', false],
  ['< 3', true],
  ['!= 2.4', true],
  ['!> 2.2', false],
  ['!< 2.4', true],
  ['~ ^2.4', true],
  ['/^2.4/', true],
  ['!~ ^2.4', false],
  ['~ ^2.2', false],
  ['~ (', false],
  ['', false],
  ['> x', false],
]

describe('IfVersion', () => {
  for (const [asked, applies] of rows) test(asked, () => assert.equal(versionApplies(asked.split(' ')), applies))
})

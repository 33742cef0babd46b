/** docs/reference/jk-status.md names every parameter of an update with its directive, in order, and no other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import { backendAttributes, lbAttributes, memberAttributes } from '../balancer/edit-attributes.ts'
import { backendParameters, lbParameters, memberParameters } from '../status/parameters.ts'

test('the reference of jk-status has every parameter', () => {
  const page = readFileSync(join(projectRoot(), 'docs/reference/jk-status.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(v\w+)` \| `(\w+)` \|/gm)].map(([, name, directive]) => `${name} ${directive}`)
  assert.deepEqual(rows, [
    ...lbParameters.map(({ name, key }) => `${name} ${lbAttributes[key].directive}`),
    ...memberParameters.map(({ name, key }) => `${name} ${memberAttributes[key].directive}`),
    ...backendParameters.map(({ name, key }) => `${name} ${backendAttributes[key].directive}`),
  ])
})

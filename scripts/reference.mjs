/**
 * Writes the reference pages of foreign configuration files (docs/reference) from the tables in src/config, so that the pages
 * cannot say something else than the program. Run it after a change of a table; a test compares the two.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HERE, isMain } from './here.mjs'
import { prepare } from './prepare.mjs'

if (isMain(import.meta.url)) {
  await prepare()
  const { referencePages } = await import('../dist/src/config/reference.js')
  for (const [name, page] of Object.entries(referencePages())) writeFileSync(join(HERE, 'docs/reference', name), page)
}

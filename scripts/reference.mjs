/**
 * Writes the reference pages of configuration files (docs/reference), and the JSON Schema of clowder.yaml, from the tables in
 * src/config, so that they cannot say something else than the program. Run it after a change of a table; tests compare.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HERE, isMain } from './here.mjs'
import { prepare } from './prepare.mjs'

if (isMain(import.meta.url)) {
  await prepare()
  const { referencePages, schemaText } = await import('../dist/src/config/reference.js')
  for (const [name, page] of Object.entries(referencePages())) writeFileSync(join(HERE, 'docs/reference', name), page)
  const schema = join(HERE, 'src/config/clowder.schema.json')
  writeFileSync(schema, schemaText())
  // How short a list must be to stand on one line is the formatter's to say.
  const formatter = join(HERE, 'node_modules/@biomejs/biome/bin/biome')
  execFileSync(process.execPath, [formatter, 'format', '--write', schema], { cwd: HERE })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replaceSection } from './readme-section.ts'

const page = '# Bench\n\n<!-- bench:a:begin -->\nold\n<!-- bench:a:end -->\n\nwords\n'

test('only what is between the markers changes', () =>
  assert.equal(
    replaceSection(page, 'a', 'new'),
    '# Bench\n\n<!-- bench:a:begin -->\n\nnew\n\n<!-- bench:a:end -->\n\nwords\n',
  ))

test('writing the same twice changes nothing', () => {
  const once = replaceSection(page, 'a', 'new')
  assert.equal(replaceSection(once, 'a', 'new'), once)
})

test('a scenario without a section gets one at the end', () =>
  assert.equal(
    replaceSection(page, 'b', 'B'),
    `${page}\n## b\n\n<!-- bench:b:begin -->\n\nB\n\n<!-- bench:b:end -->\n`,
  ))

test('text with dollar signs is taken as it is', () => assert.match(replaceSection(page, 'a', "$& $'"), /\$& \$'/))

for (const broken of ['<!-- bench:a:begin -->', '<!-- bench:a:end -->', '<!-- bench:a:end --> <!-- bench:a:begin -->'])
  test(`refused: ${broken}`, () => assert.throws(() => replaceSection(broken, 'a', 'x'), /not a pair/))

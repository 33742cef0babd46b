/** Pages are found: from the index, by their numbers, and where other pages say that they are. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const read = (page: string) => readFileSync(page, 'utf8')
const pagesIn = (folder: string) => readdirSync(folder).filter((page) => page.endsWith('.md') && page !== 'README.md')

for (const folder of ['guides', 'reference'])
  for (const page of pagesIn(join('docs', folder)))
    test(`${folder}/${page} is in the index of the documentation`, () =>
      assert.ok(read('docs/README.md').includes(`](${folder}/${page})`)))

test('each decision has a number of its own, the same in its name, its title and the list', () => {
  const decisions = pagesIn('docs/adr')
  assert.equal(new Set(decisions.map((page) => page.slice(0, 4))).size, decisions.length)
  for (const page of decisions) {
    const number = page.slice(0, 4)
    assert.ok(read(join('docs/adr', page)).startsWith(`# ${number}: `), page)
    assert.ok(read('docs/adr/README.md').includes(`| [${number}](${page}) |`), page)
  }
})

const PAGES = [
  ...readdirSync('.').filter((page) => page.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((page) => page.endsWith('.md'))
    .map((page) => join('docs', page)),
  'bench/README.md',
  'examples/article/README.md',
]
/** Code is no text: what looks like a link or a heading there is none. */
const textOf = (page: string) => read(page).replaceAll(/^```.*?^```$/gms, '')
/** As GitHub names headings. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )

for (const page of PAGES)
  test(`links of ${page} lead somewhere`, () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    for (const [link, path, anchor] of links) {
      const target = path === '' ? page : join(dirname(page), path!)
      assert.ok(existsSync(target), link)
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), link)
    }
  })

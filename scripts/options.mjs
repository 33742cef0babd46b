/**
 * Writes docs/reference/options.md from the comments of the options (src/ROOM/options.ts): whoever has installed the
 * package reads there what an editor shows. `npm run options` after a change; a test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HERE, isMain } from './here.mjs'

export const PAGE = 'docs/reference/options.md'

/** Import name, what it is given to, and its file. The interfaces stand in the file in the order of the page. */
const SECTIONS = [
  ['clowder', '`createBalancer(options)`', 'src/balancer/options.ts'],
  ['clowder/ajp', '`createConnector(handler, options)`', 'src/connector/options.ts'],
  ['clowder/cluster', '`createChannel(options)`', 'src/cluster/options.ts'],
  ['clowder/session', '`createSessionManager(options)`', 'src/session/options.ts'],
  ['clowder/session and the adapters', '`httpSessions(options)`', 'src/adapters/options.ts'],
]

/** What `resolveOptions` makes of options is nobody's to write. */
const INTERNAL = /^Resolved/

const INTERFACE =
  /^(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export interface (\w+)(?: extends ([^{\n]+?))? \{\n([\s\S]*?)^\}/gm
const PROPERTY =
  /(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}readonly (\w+)(\??): ((?:[^\n]|\n {4,}|\n {2}[|})])+)/gm

/** @returns {{ name: string, says: string, properties: { name: string, optional: boolean, type: string, says: string }[] }[]} */
export function readInterfaces(source) {
  const isPartial = (name) => source.includes(`Partial<${name}>`)
  return [...source.matchAll(INTERFACE)]
    .filter(([, , name]) => !INTERNAL.test(name))
    .map(([, says = '', name, , body]) => ({
      name,
      says: plain(says),
      properties: [...body.matchAll(PROPERTY)].map(([, text = '', property, mark, type]) => ({
        name: property,
        optional: mark === '?' || isPartial(name),
        type: type.replaceAll(/\s+/g, ' ').replace(/ \| undefined$/, ''),
        says: plain(text),
      })),
    }))
}

/** A comment as one paragraph per sentence group, without its stars and links. */
function plain(comment) {
  return comment
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

export function render(sections) {
  const line = (...cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const parts = sections.map(([from, given, interfaces]) => {
    const tables = interfaces.map(({ name, says, properties }) =>
      [
        `### ${name}`,
        ...(says === '' ? [] : ['', says]),
        '',
        line('option', 'type', 'meaning'),
        line('---', '---', '---'),
        ...properties.map((property) =>
          line(`\`${property.name}\`${property.optional ? '' : ' (needed)'}`, `\`${property.type}\``, property.says),
        ),
      ].join('\n'),
    )
    return [`## ${from}: ${given}`, ...tables].join('\n\n')
  })
  return `# Options

Meaning, unit, default and where it comes from, for each option that a program can give. What the files of an operator may
say is on the pages of [clowder.yaml](clowder-yaml.md), [workers.properties](workers-properties.md),
[httpd](httpd-directives.md) and [server.xml](server-xml.md).

This page is made from \`src/*/options.ts\` by \`npm run options\`.

${parts.join('\n\n')}
`
}

export function page(root = HERE) {
  return render(
    SECTIONS.map(([from, given, file]) => [from, given, readInterfaces(readFileSync(join(root, file), 'utf8'))]),
  )
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--write')) writeFileSync(join(HERE, PAGE), page())
  else if (readFileSync(join(HERE, PAGE), 'utf8') !== page()) {
    console.error(`${PAGE} differs from the comments: npm run options`)
    process.exitCode = 1
  }
}

/**
 * Writes docs/reference/errors.md from the error tables of the rooms (src/ROOM/errors.ts), so that the page cannot say
 * something else than the program. `npm run errors` after a change; a test compares the two.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HERE, isMain } from './here.mjs'
import { prepare } from './prepare.mjs'

export const PAGE = 'docs/reference/errors.md'

/** What to try where a table does not say it per code, because the answer is always the same. */
const NEXT_OF_ROOM = {
  bytes: 'look at the error whose `cause` this is: it says which message was read or written',
  http1: 'correct the program that sent the message; from a worker, see `LB_REPLY_MALFORMED`',
}

/** Facts that some tables carry beside the text: key, heading. */
const FACTS = [
  ['status', 'HTTP status'],
  ['retry', 'may be sent again'],
  ['exit', 'exit code'],
]

/**
 * @typedef {Record<string, string | { says: string, next?: string }>} Table
 * @returns {Promise<Map<string, Table>>} room -> its table, from the compiled modules
 */
export async function readTables(root = HERE) {
  const tables = new Map()
  for (const room of readdirSync(join(root, 'src')).sort()) {
    if (!existsSync(join(root, 'src', room, 'errors.ts'))) continue
    const exported = await import(pathToFileURL(join(root, 'dist/src', room, 'errors.js')).href)
    const names = Object.keys(exported).filter((name) => name.endsWith('Errors'))
    if (names.length !== 1)
      throw new Error(`src/${room}/errors.ts exports ${names.length} tables named …Errors, not one`)
    tables.set(room, exported[names[0]])
  }
  return tables
}

/** @param {Map<string, Table>} tables */
export function render(tables) {
  const seen = new Map()
  const sections = []
  for (const [room, table] of tables) {
    const rows = Object.entries(table).map(([code, row]) => {
      if (seen.has(code)) throw new Error(`${code} is in the tables of ${seen.get(code)} and ${room}`)
      seen.set(code, room)
      const facts = typeof row === 'string' ? { says: row } : row
      const next = facts.next ?? NEXT_OF_ROOM[room]
      if (next === undefined) throw new Error(`${code} does not say what to try next`)
      return { ...facts, code, next }
    })
    const facts = FACTS.filter(([key]) => rows.some((row) => row[key] !== undefined))
    const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
    sections.push(
      [
        `## ${room}`,
        '',
        line(['code', 'what happened', 'what to try', ...facts.map(([, heading]) => heading)]),
        line(['---', '---', '---', ...facts.map(() => '---')]),
        ...rows.map((row) => line([`\`${row.code}\``, row.says, row.next, ...facts.map(([key]) => row[key] ?? '')])),
        '',
      ].join('\n'),
    )
  }
  return `# Errors

Every error has a \`code\`, and the code is what to match on: messages may change, changing a code is a breaking change.
In the log and on error pages the code stands beside the facts of the case; \`cause\` holds what lay beneath.

This page is made from \`src/*/errors.ts\` by \`npm run errors\`.

${sections.join('\n')}`
}

if (isMain(import.meta.url)) {
  await prepare()
  const page = render(await readTables())
  if (process.argv.includes('--write')) writeFileSync(join(HERE, PAGE), page)
  else if (readFileSync(join(HERE, PAGE), 'utf8') !== page) {
    console.error(`${PAGE} differs from the tables: npm run errors`)
    process.exitCode = 1
  }
}

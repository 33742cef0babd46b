/**
 * The section "Over AJP" of docs/reference/differences.md, made of the list. Writes it when run:
 *
 *   node dist/test/interop/differences-page.js
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { argv, cwd } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { OursName } from './arrangement.ts'
import { type Difference, differences } from './differences.ts'

/** Sources and compiled files lie at different depths. */
const ROOT = import.meta.url.endsWith('.ts') ? '../../' : '../../../'
export const PAGE = fileURLToPath(new URL(`${ROOT}docs/reference/differences.md`, import.meta.url))

const HEADING = '## Over AJP'
const INTRO = `What the same traffic showed (\`test/interop\`): through httpd with mod_jk to Tomcat 10.1, and with our balancer, our
connector or both in its place; behind mod_proxy_ajp the connector is compared with a Tomcat behind mod_proxy_ajp. The table
is made of the list that the test compares with, and the test fails for a row that is not true any more.`

/** Where it shows. */
const PLACES: Readonly<Record<OursName, string>> = {
  'clowder-tomcat': 'balancer',
  'clowder-clowder': 'both',
  'mod_jk-clowder': 'connector',
  'mod_proxy_ajp-clowder': 'connector',
}

export function section(): string {
  const rows = differences.map(
    (difference) => `| ${place(difference)} | ${difference.there} | ${difference.here} | ${difference.why} |`,
  )
  return [HEADING, '', INTRO, '', '| Ours | There | Here | Why |', '|---|---|---|---|', ...rows, ''].join('\n')
}

/** The section as it stands in the page: up to the next heading of its rank, or the end. */
export function standing(page: string): string | undefined {
  const start = page.indexOf(`${HEADING}\n`)
  if (start === -1) return undefined
  const next = page.indexOf('\n## ', start)
  return next === -1 ? page.slice(start) : page.slice(start, next)
}

function place({ in: names }: Difference): string {
  const places = new Set(names.map((name) => PLACES[name]))
  if (places.has('balancer') && places.has('connector')) return 'each'
  return places.has('balancer') ? 'balancer' : 'connector'
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(PAGE, 'utf8')
  const old = standing(page)
  writeFileSync(PAGE, old === undefined ? `${page.trimEnd()}\n\n${section()}` : page.replace(old, () => section()))
  console.log(`wrote ${relative(cwd(), PAGE)}`)
}

/**
 * The section "Node apps behind AJP" of docs/reference/differences.md, made of the list. Writes it when run:
 *
 *   node dist/test/frameworks/differences-page.js
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { argv, cwd } from 'node:process'
import { fileURLToPath } from 'node:url'
import { KNOWN_DIFFERENCES } from './differences.ts'
import type { KnownDifference } from './explain.ts'

/** Sources and compiled files lie at different depths. */
const ROOT = import.meta.url.endsWith('.ts') ? '../../' : '../../../'
export const PAGE = fileURLToPath(new URL(`${ROOT}docs/reference/differences.md`, import.meta.url))

const HEADING = '## Node apps behind AJP'
const INTRO = `Apps on Express 4 and 5, Fastify, Koa, Hono and plain \`node:http\` were asked the same things straight, through the balancer
over HTTP, and through balancer and connector over AJP (\`test/frameworks\`, some 250 scenes for each framework). Everything that
clients and apps saw was equal but for these rows. The table is made of the list that the test compares with, and the test
fails for a row that is not true any more.`

export function section(): string {
  const rows = KNOWN_DIFFERENCES.map((known) => `| ${place(known)} | ${known.what} | ${known.why} |`)
  return [HEADING, '', INTRO, '', '| Over | Behind the balancer | Why |', '|---|---|---|', ...rows, ''].join('\n')
}

/** The section as it stands in the page: up to the next heading of its rank, or the end. */
export function standing(page: string): string | undefined {
  const start = page.indexOf(`${HEADING}\n`)
  if (start === -1) return undefined
  const next = page.indexOf('\n## ', start)
  return next === -1 ? page.slice(start) : page.slice(start, next)
}

function place({ over }: KnownDifference): string {
  return over.length > 1 ? 'both' : over[0] === 'over ajp' ? 'AJP' : 'HTTP'
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(PAGE, 'utf8')
  const old = standing(page)
  writeFileSync(PAGE, old === undefined ? `${page.trimEnd()}\n\n${section()}` : page.replace(old, () => section()))
  console.log(`wrote ${relative(cwd(), PAGE)}`)
}

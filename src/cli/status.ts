/** `clowder status URL`: what a jk-status page knows, as a table. Reads mod_jk's pages as well as ours. */
import type { Command, Io } from './command.ts'
import { parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { pageUrl, readPage } from './read-page.ts'
import { type Facts, MAX_STATUS_BYTES, parseStatus, type Status } from './status-text.ts'
import { type Column, formatTable } from './table.ts'

const PAGE = '/jk-status'

const OPTIONS = {
  json: { type: 'boolean', default: false },
} as const

const HELP = `clowder status URL: shows what a jk-status page knows

Usage: clowder status [--json] URL

  URL       of the balancer, or of its status page: \`8080\` on this machine, \`lb.example:8080\`,
            \`http://lb.example/jk-manager\`; without a path, ${PAGE} is read. Pages of mod_jk can be read, too.
  --json    print all values, as JSON

Exit codes: 0 every member is well · 1 the page could not be read · 2 wrong command line · 3 some member is in error`

export const status: Command = {
  name: 'status',
  summary: 'show the members of a running balancer',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals } = parseCommandLine(args, OPTIONS, 1)
    const [place] = positionals
    if (place === undefined) throw new CliError('CLI_USAGE', 'status needs the URL of a balancer')
    const found = parseStatus(await readPage(statusUrl(place), MAX_STATUS_BYTES, 'CLI_STATUS_UNREADABLE'))
    for (const line of values.json ? [JSON.stringify(found, null, 2)] : format(found)) io.out(line)
    return isWell(found) ? EXIT.ok : EXIT.unwell
  },
}

/** The page in text form, without the mounts (`opt` bit 2, mod_jk.md 7.1). */
export function statusUrl(place: string): URL {
  const url = pageUrl(place, PAGE)
  url.search = '?mime=txt&opt=2'
  return url
}

const MEMBER_COLUMNS: readonly (Column & { of(facts: Facts): string })[] = [
  { title: 'MEMBER', of: (facts) => facts.name ?? '' },
  { title: 'STATE', of: (facts) => facts.state ?? '' },
  { title: 'ACTIVATION', of: (facts) => ACTIVATIONS[facts.activation ?? ''] ?? facts.activation ?? '' },
  { title: 'ROUTE', of: (facts) => facts.route ?? '' },
  { title: 'ADDRESS', of: (facts) => `${facts.type ?? ''}://${facts.address ?? ''}` },
  { title: 'REQUESTS', right: true, of: (facts) => facts.elected ?? facts.used ?? '' },
  { title: 'SESSIONS', right: true, of: (facts) => facts.sessions ?? '' },
  { title: 'ERRORS', right: true, of: (facts) => facts.errors ?? '' },
  { title: 'BUSY', right: true, of: (facts) => facts.busy ?? '' },
]
const ACTIVATIONS: Facts = { ACT: 'active', DIS: 'disabled', STP: 'stopped' }

function format(found: Status): string[] {
  const lines = [`${found.server}  ${found.software}`]
  for (const { name, facts, members } of found.balancers) {
    lines.push(
      '',
      `${name}: ${facts.good} good, ${facts.degraded} degraded, ${facts.bad} bad`,
      ...formatMembers(members),
    )
  }
  if (found.workers.length > 0) lines.push('', 'workers without a balancer', ...formatMembers(found.workers))
  return lines
}

function formatMembers(members: readonly Facts[]): string[] {
  return formatTable(
    MEMBER_COLUMNS,
    members.map((member) => MEMBER_COLUMNS.map((column) => column.of(member))),
  ).map((line) => `  ${line}`)
}

/** States that begin with ERR are those of a member that failed and has not proved itself since (mod_jk.md 4.6). */
function isWell(found: Status): boolean {
  const all = [...found.balancers.flatMap((balancer) => balancer.members), ...found.workers]
  return !all.some((member) => member.state?.startsWith('ERR'))
}

/** `clowder cluster URL`: what a worker knows of its cluster and of the sessions in it, as a table. */
import { CLUSTER_PATH, type ClusterStatus, type MemberStatus } from '../worker/index.ts'
import { parseClusterStatus } from './cluster-json.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { pageUrl, readPage } from './read-page.ts'
import { type Column, formatTable } from './table.ts'

type Quorum = NonNullable<NonNullable<ClusterStatus['channel']>['quorum']>

/** A thousand members have some 500 KB. */
const MAX_BYTES = 4 * 1024 * 1024
const MAX_WATCH_SECONDS = 3600

const OPTIONS = {
  json: { type: 'boolean', default: false },
  watch: { type: 'string' },
  times: { type: 'string' },
} as const

const HELP = `clowder cluster URL: shows what a worker knows of its cluster and of the sessions in it

Usage: clowder cluster [--json] [--watch SECONDS [--times COUNT]] URL

  URL              the admin port of a worker (\`clowder worker --admin PORT\`): \`8095\` or \`127.0.0.1:8095\`; its ready
                   line names it
  --json           print all values, as JSON; with --watch one line each time
  --watch SECONDS  print again every so many seconds, 1 to ${MAX_WATCH_SECONDS}, until Ctrl-C
  --times COUNT    and stop after so many

Delays are those of changes on their way to this worker, above the fastest of the last minutes: clocks that differ do
not show as delay.

Exit codes, of the last look: 0 every member is well · 1 the worker could not be read · 2 wrong command line ·
3 some member is missing, suspect or behind, or the worker is not ready or in a minority`

export const cluster: Command = {
  name: 'cluster',
  summary: 'show members and sessions of a cluster, as one of its workers sees them',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals } = parseCommandLine(args, OPTIONS, 1)
    const [place] = positionals
    if (place === undefined) throw new CliError('CLI_USAGE', 'cluster needs the URL of a worker’s admin port')
    const url = pageUrl(place, CLUSTER_PATH)
    const everySeconds = count('--watch', values.watch, MAX_WATCH_SECONDS)
    const times = count('--times', values.times, Number.MAX_SAFE_INTEGER)
    if (times !== undefined && everySeconds === undefined) throw new CliError('CLI_USAGE', '--times needs --watch')
    const look = async (): Promise<ExitCode> => {
      const found = parseClusterStatus(await readPage(url, MAX_BYTES, 'CLI_CLUSTER_UNREADABLE'))
      for (const line of print(found, values.json, everySeconds !== undefined)) io.out(line)
      return isWell(found) ? EXIT.ok : EXIT.unwell
    }
    return everySeconds === undefined ? look() : watch(look, everySeconds * 1000, times, io)
  },
}

/** Looks at once and then again and again. A worker that cannot be read is told of and asked again: it may be restarting. */
async function watch(look: () => Promise<ExitCode>, ms: number, times = Infinity, io: Io): Promise<ExitCode> {
  let isStopped = false
  const stopped = io.untilStopped().then(() => {
    isStopped = true
  })
  let last: ExitCode = EXIT.ok
  for (let looked = 1; ; looked++) {
    try {
      last = await look()
    } catch (error) {
      // Whoever has never had an answer has the wrong address.
      if (looked === 1 || !(error instanceof CliError)) throw error
      for (const line of error.lines) io.err(`clowder: ${line}`)
      last = EXIT.failed
    }
    if (looked >= times) return last
    await Promise.race([stopped, new Promise<void>((resolve) => void io.clock.after(ms, resolve))])
    if (isStopped) return last
  }
}

function count(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw new CliError('CLI_USAGE', `${option} ${text} is not a number from 1 to ${most}`)
  return value
}

function print(found: ClusterStatus, asJson: boolean, isWatch: boolean): readonly string[] {
  // Keys may hold what a terminal obeys, too; JSON escapes only the lower half of it.
  if (asJson) return [JSON.stringify(found, null, isWatch ? undefined : 2).replace(/[\x7f-\x9f]/g, '?')]
  const lines = format(found)
  return isWatch ? [new Date(found.nowMs).toISOString(), ...lines, ''] : lines
}

const COLUMNS: readonly (Column & { of(member: MemberStatus): string })[] = [
  { title: 'MEMBER', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'ADDRESS', of: ({ address }) => address },
  { title: 'VERSION', of: ({ version }) => version || '-' },
  { title: 'AGE', right: true, of: ({ ageMs }) => duration(ageMs) },
  { title: 'QUEUE', right: true, of: ({ queuedBytes }) => bytes(queuedBytes) },
  { title: 'DELAY P50', right: true, of: ({ delayP50Ms }) => delay(delayP50Ms) },
  { title: 'P99', right: true, of: ({ delayP99Ms }) => delay(delayP99Ms) },
  { title: 'SENT', right: true, of: ({ sent }) => String(sent) },
  { title: 'RECEIVED', right: true, of: ({ received }) => String(received) },
  { title: 'FAILED', right: true, of: ({ failed }) => String(failed) },
]

function format(found: ClusterStatus): string[] {
  const { sessions, traffic, channel, members, lastTransfer } = found
  const lines = [
    `${found.worker}  ${found.state}  clowder/${found.version}`,
    `sessions   ${sessions.total} (${sessions.manager}): ${sessions.owned} served here, ${sessions.copies} copies, ` +
      `${sessions.orphans} of nodes that are gone · ${sessions.conflicts} conflicts merged`,
    `changes    sent ${traffic.batchesSent} (${bytes(traffic.bytesSent)}), ` +
      `received ${traffic.batchesReceived} (${bytes(traffic.bytesReceived)}), refused ${traffic.messagesRefused}`,
  ]
  if (sessions.displaced + sessions.refused > 0)
    lines.push(`full       ${sessions.displaced} ended to make room, ${sessions.refused} new ones refused`)
  if (lastTransfer !== null) {
    const { reason, from, blocks, bytes: size, ms } = lastTransfer
    const ago = duration(Math.max(0, found.nowMs - lastTransfer.endedAtMs))
    lines.push(
      `took over  from ${from.join(' and ')} (${reason}), ${blocks} blocks, ${bytes(size)} in ${duration(ms)}, ${ago} ago`,
    )
  }
  if (channel === null) return [...lines, 'no cluster']
  const late = channel.lateness === 0 ? 'on time' : `late: its timeouts are ${1 + channel.lateness} times as long`
  lines.push(
    `channel    ${channel.name} at ${channel.address}, ${channel.state} for ${duration(channel.aliveMs)}, ${late}`,
  )
  if (channel.quorum !== null) lines.push(quorum(channel.quorum, sessions.refusing))
  for (const address of channel.missing) lines.push(`missing    ${address}`)
  if (members.length === 0) return [...lines, '', 'no other member']
  const rows = members.map((member) => COLUMNS.map((column) => column.of(member)))
  const reasons = members
    .filter(({ because }) => because !== '')
    .map(({ name, because }) => `${name} is behind: ${because}`)
  return [...lines, '', ...formatTable(COLUMNS, rows), ...reasons]
}

function quorum({ held, present, needed }: Quorum, refusing: boolean): string {
  const counted = `${present} in view, this one included, ${needed} needed`
  if (held) return `quorum     held: ${counted}`
  return `quorum     lost: ${counted}; sessions are ${refusing ? 'refused' : 'served all the same'}`
}

/** That a member is ahead is everyday life: what it told of is on its way. */
function isWell({ state, channel, members }: ClusterStatus): boolean {
  const isTroubled = members.some((member) => member.state === 'suspect' || member.state === 'behind')
  const isWhole = channel === null || (channel.missing.length === 0 && channel.quorum?.held !== false)
  return state === 'ready' && isWhole && !isTroubled
}

function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length, Math.floor(Math.log2(count) / 10))
  return `${(count / 1024 ** power).toFixed(1)} ${units[power - 1]}`
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

function delay(ms: number | null): string {
  return ms === null ? '-' : `${ms} ms`
}

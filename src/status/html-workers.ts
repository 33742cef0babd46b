/** The tables of a balancer and of a worker that stands alone, column by column as in mod_jk (mod_jk.md 7.10). */
import type {
  BackendSnapshot,
  BalancerSnapshot,
  EndpointSnapshot,
  LbSnapshot,
  MemberSnapshot,
  MountSnapshot,
} from '../balancer/snapshot.ts'
import { HIDE, type StatusCommand } from './command.ts'
import { mountSource, mountType, ratings, timeToMaintenance, timeToRecover } from './facts.ts'
import { localTime, rate, seconds, secondsAgo, size, sizeRate } from './format.ts'
import type { Links } from './links.ts'
import { html, type Markup, type Part } from './markup.ts'
import { type Rating, rate as rateMember } from './rating.ts'
import { activationWords, methodWords, stateWords } from './words.ts'

interface Table {
  readonly caption: string
  /** Whose table it is, for those who hear it out of its context. */
  readonly of: string
  readonly link?: Markup
  readonly heads: readonly string[]
  readonly rows: readonly Markup[]
}

const CONFIGURATION = [
  'Type',
  'Hostname',
  'Address:Port',
  'Source',
  'Connection Pool Timeout',
  'Connect Timeout',
  'Prepost Timeout',
  'Reply Timeout',
  'Retries',
  'Recovery Options',
  'Busy Limit',
  'Max Packet Size',
]
const COUNTERS = ['Err', 'CE', 'RE', 'Wr', 'Rd', 'Busy', 'MaxBusy', 'Con', 'MaxCon']

const yesOrNo = (value: boolean): string => (value ? 'True' : 'False')

export function lbSection(lb: LbSnapshot, command: StatusCommand, snapshot: BalancerSnapshot, links: Links): Markup {
  const isHidden = (bit: number): boolean => (command.options & bit) !== 0
  const members = command.member === undefined ? lb.members : [command.member]
  return html`<section aria-label="${lb.name}">
<h3>Worker Status for ${workerLink(lb.name, command, links)}</h3>
${isHidden(HIDE.lbConfiguration) ? html`<p>${links.show('LB Configuration', HIDE.lbConfiguration)}</p>\n` : lbConfiguration(lb, links)}
${isHidden(HIDE.lbSummary) ? html`<p>${links.show('LB Summary', HIDE.lbSummary)}</p>\n` : lbSummary(lb, snapshot, links)}
${isHidden(HIDE.members) ? html`<p>${links.show('Balancer Members', HIDE.members)}</p>\n` : memberTables(lb, members, command, snapshot, links)}
${mountTable(lb.name, lb.mounts, command, links)}
</section>
`
}

export function endpointSection(
  worker: EndpointSnapshot,
  command: StatusCommand,
  snapshot: BalancerSnapshot,
  links: Links,
): Markup {
  const ago = secondsAgo(worker.resetAtMs, snapshot)
  const runtime = row([
    stateWords[worker.state],
    `${worker.used} (${rate(worker.used, ago)}/sec)`,
    ...counterCells(worker, ago),
    ago,
    errorTime(worker.errorAtMs, snapshot),
  ])
  return html`<section aria-label="${worker.name}">
<h3>Worker Status for ${workerLink(worker.name, command, links)}</h3>
${configuration(worker.name, [worker], undefined, command, links)}
${table({ caption: 'Runtime', of: worker.name, heads: ['State', 'Acc', ...COUNTERS, 'LR', 'LE'], rows: [runtime] })}
${mountTable(worker.name, worker.mounts, command, links)}
</section>
`
}

function workerLink(name: string, command: StatusCommand, links: Links): Part {
  return command.name === 'show' ? name : html`<a href="${links.to({ cmd: 'show', w: name })}">${name}</a>`
}

function lbConfiguration(lb: LbSnapshot, links: Links): Markup {
  return table({
    caption: 'Configuration',
    of: lb.name,
    link: links.hide(`configuration of ${lb.name}`, HIDE.lbConfiguration),
    heads: [
      'Type',
      'Sticky Sessions',
      'Force Sticky Sessions',
      'Retries',
      'LB Method',
      'Locking',
      'Recover Wait Time',
      'Error Escalation Time',
      'Max Reply Timeouts',
    ],
    rows: [
      row([
        'lb',
        yesOrNo(lb.stickySession),
        yesOrNo(lb.stickySessionForce),
        lb.retries,
        methodWords[lb.method],
        lb.lock,
        seconds(lb.recoverTimeMs),
        seconds(lb.errorEscalationTimeMs),
        lb.maxReplyTimeouts,
      ]),
    ],
  })
}

function lbSummary(lb: LbSnapshot, snapshot: BalancerSnapshot, links: Links): Markup {
  const { good, degraded, bad } = ratings(lb)
  const { min, max } = timeToMaintenance(lb, snapshot)
  return table({
    caption: 'Summary',
    of: lb.name,
    link: links.hide(`summary of ${lb.name}`, HIDE.lbSummary),
    heads: ['Good', 'Degraded', 'Bad/Stopped', 'Busy', 'Max Busy', 'Next Maintenance', 'Last Reset'],
    rows: [row([good, degraded, bad, lb.busy, lb.maxBusy, `${min}/${max}`, secondsAgo(lb.resetAtMs, snapshot)])],
  })
}

function memberTables(
  lb: LbSnapshot,
  members: readonly MemberSnapshot[],
  command: StatusCommand,
  snapshot: BalancerSnapshot,
  links: Links,
): Markup {
  const all =
    command.member === undefined
      ? undefined
      : html`<a href="${links.to({ cmd: 'show', w: lb.name })}">Show All Members</a> `
  return html`<h4>Balancer Members ${all}${links.hide(`members of ${lb.name}`, HIDE.members)}</h4>
${configuration(lb.name, members, 'Name', command, links)}
${table({
  caption: 'Runtime',
  of: lb.name,
  heads: [
    'Name',
    'Act',
    'State',
    'D',
    'F',
    'M',
    'V',
    'Acc',
    'Sess',
    ...COUNTERS,
    'Route',
    'RR',
    'Cd',
    'Rs',
    'LR',
    'LE',
  ],
  rows: members.map((member) => memberRow(member, lb, snapshot, links)),
})}`
}

function memberRow(member: MemberSnapshot, lb: LbSnapshot, snapshot: BalancerSnapshot, links: Links): Markup {
  const ago = secondsAgo(member.resetAtMs, snapshot)
  const { min, max } = timeToRecover(member, lb, snapshot)
  return row(
    [
      activationWords[member.activation],
      stateWords[member.state],
      member.distance,
      member.lbfactor,
      member.lbMult,
      member.lbValue,
      `${member.used} (${rate(member.used, ago)}/sec)`,
      `${member.sessions} (${rate(member.sessions, ago)}/sec)`,
      ...counterCells(member, ago),
      member.route,
      member.redirect,
      member.domain,
      `${min}/${max}`,
      ago,
      errorTime(member.errorAtMs, snapshot),
    ],
    html`<a href="${links.to({ cmd: 'show', w: lb.name, sw: member.name })}">${member.name}</a>`,
    rateMember(member),
  )
}

function counterCells(worker: BackendSnapshot, ago: number): Part[] {
  return [
    worker.errors,
    worker.clientErrors,
    worker.replyTimeouts,
    `${size(worker.transferredBytes)} (${sizeRate(worker.transferredBytes, ago)}/sec)`,
    `${size(worker.readBytes)} (${sizeRate(worker.readBytes, ago)}/sec)`,
    worker.busy,
    worker.maxBusy,
    worker.connected,
    worker.maxConnected,
  ]
}

function errorTime(errorAtMs: number | undefined, snapshot: BalancerSnapshot): string {
  return errorAtMs === undefined ? '' : localTime(errorAtMs, snapshot).readable
}

/** `nameHead`: the head of a column for names, where there are several workers. */
function configuration(
  owner: string,
  workers: readonly BackendSnapshot[],
  nameHead: string | undefined,
  command: StatusCommand,
  links: Links,
): Markup {
  if ((command.options & HIDE.endpointConfiguration) !== 0)
    return html`<p>${links.show('AJP Configuration', HIDE.endpointConfiguration)}</p>\n`
  return table({
    caption: 'Connection',
    of: owner,
    link: links.hide(`connection settings of ${owner}`, HIDE.endpointConfiguration),
    heads: nameHead === undefined ? CONFIGURATION : [nameHead, ...CONFIGURATION],
    rows: workers.map((worker) =>
      row(
        [
          worker.type,
          worker.host,
          worker.address,
          worker.source ?? 'undefined',
          seconds(worker.connectionPoolTimeoutMs),
          worker.connectTimeoutMs,
          worker.prepostTimeoutMs,
          worker.replyTimeoutMs,
          worker.retries,
          worker.recoveryOptions,
          worker.busyLimit,
          worker.maxPacketSize,
        ],
        nameHead === undefined ? undefined : worker.name,
      ),
    ),
  })
}

function mountTable(name: string, mounts: readonly MountSnapshot[], command: StatusCommand, links: Links): Markup {
  const title = `URI Mappings for ${name} (${mounts.length} map${mounts.length === 1 ? '' : 's'})`
  if ((command.options & HIDE.mounts) !== 0) return html`<p>${links.show('URI Mappings', HIDE.mounts)}</p>\n`
  return table({
    caption: title,
    of: name,
    link: links.hide(`URI mappings of ${name}`, HIDE.mounts),
    heads: [
      'Server',
      'URI',
      'Match Type',
      'Source',
      'Reply Timeout',
      'Sticky Ignore',
      'Stateless',
      'Fail on Status',
      'Active',
      'Disabled',
      'Stopped',
      'Use Server Errors',
    ],
    rows: mounts.map((mount) =>
      row([
        mount.server,
        mount.pattern,
        mountType(mount),
        mountSource(mount),
        mount.replyTimeoutMs,
        Number(mount.stickyIgnore),
        Number(mount.stateless),
        mount.failOnStatus || '-',
        mount.active || '-',
        mount.disabled || '-',
        mount.stopped || '-',
        mount.useServerErrors,
      ]),
    ),
  })
}

/** Wide tables scroll by themselves; whoever uses the keyboard can reach them. */
function table({ caption, of, link, heads, rows }: Table): Markup {
  return html`<div class="wide" role="region" aria-label="${of}: ${caption}" tabindex="0"><table>
<caption>${caption} ${link}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`
}

function row(cells: readonly Part[], name?: Part, rating?: Rating): Markup {
  const head = name === undefined ? undefined : html`<th scope="row">${name}</th>`
  const attribute = rating === undefined ? undefined : html` class="${rating}"`
  return html`<tr${attribute}>${head}${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`
}

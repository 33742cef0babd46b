/** The tables of a balancer and of a worker that stands alone, column by column as in mod_jk (mod_jk.md 7.10). */
import { activationWords, stateWords } from '../balancer/jk-words.ts'
import type {
  BackendSnapshot,
  BalancerSnapshot,
  EndpointSnapshot,
  LbSnapshot,
  MemberSnapshot,
  MountSnapshot,
} from '../balancer/snapshot.ts'
import type { AnswerContext } from './answer-context.ts'
import { HIDE, type ViewCommand } from './command.ts'
import { mountSource, mountType, ratings, timeToMaintenance, timeToRecover } from './facts.ts'
import { localTime, rate, seconds, secondsAgo, size, sizeRate } from './format.ts'
import { attributeChoice } from './html-form.ts'
import type { Links } from './links.ts'
import { html, type Markup, type Part } from './markup.ts'
import type { Rating } from './rating.ts'
import { lockWords, methodWords } from './words.ts'

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

export function lbSection(lb: LbSnapshot, command: ViewCommand, context: AnswerContext, links: Links): Markup {
  const isHidden = (bit: number): boolean => (command.options & bit) !== 0
  const members = command.shown === undefined ? lb.members : [command.shown]
  return html`<section aria-label="${lb.name}">
<h3>${workerLinks(lb.name, command, links)} Worker Status for ${lb.name}</h3>
${isHidden(HIDE.lbConfiguration) ? html`<p>${links.show('LB Configuration', HIDE.lbConfiguration)}</p>\n` : lbConfiguration(lb, links)}
${isHidden(HIDE.lbSummary) ? html`<p>${links.show('LB Summary', HIDE.lbSummary)}</p>\n` : lbSummary(lb, context, links)}
${isHidden(HIDE.members) ? html`<p>${links.show('Balancer Members', HIDE.members)}</p>\n` : memberTables(lb, members, command, context, links)}
${mountTable(lb.name, lb.mounts, command, links)}
</section>
`
}

export function endpointSection(
  worker: EndpointSnapshot,
  command: ViewCommand,
  { snapshot }: AnswerContext,
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
<h3>${workerLinks(worker.name, command, links)} Worker Status for ${worker.name}</h3>
${configuration(worker.name, [worker], undefined, command, links)}
${table({ caption: 'Runtime', of: worker.name, heads: ['State', 'Acc', ...COUNTERS, 'LR', 'LE'], rows: [runtime] })}
${mountTable(worker.name, worker.mounts, command, links)}
</section>
`
}

/** Of the worker that is looked at there is nothing more to show. */
function workerLinks(name: string, command: ViewCommand, links: Links): Markup {
  const show = command.name === 'show' ? undefined : action('Show', name, links.to({ cmd: 'show', w: name }))
  return actions([show, ...changeLinks(name, command, [links.change('edit', name), links.change('reset', name)])])
}

function memberLinks(lb: string, member: MemberSnapshot, command: ViewCommand, links: Links): Markup {
  const { name, state } = member
  const show =
    command.shown === undefined ? action('Show', name, links.to({ cmd: 'show', w: lb, sw: name })) : undefined
  const changes = changeLinks(name, command, [links.change('edit', lb, name), links.change('reset', lb, name)])
  const isTriable = state === 'error' && !command.isReadOnly
  const recovery = isTriable ? action('Try recovery of', name, links.change('recover', lb, name)) : undefined
  return actions([show, ...changes, recovery])
}

function changeLinks(name: string, { isReadOnly }: ViewCommand, [edit, reset]: readonly [string, string]): Part[] {
  return isReadOnly ? [] : [action('Edit', name, edit), action('Reset', name, reset)]
}

/** One letter for the eye, the whole for the ear. */
function action(what: string, name: string, href: string): Markup {
  return html`<a href="${href}" aria-label="${what} ${name}">${what[0]!}</a>`
}

function actions(links: readonly Part[]): Markup {
  return html`<small>${links.flatMap((link) => (link === undefined ? [] : [link, ' ']))}</small>`
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
        lockWords[lb.lock],
        seconds(lb.recoverTimeMs),
        seconds(lb.errorEscalationTimeMs),
        lb.maxReplyTimeouts,
      ]),
    ],
  })
}

function lbSummary(lb: LbSnapshot, { snapshot, options }: AnswerContext, links: Links): Markup {
  const { good, degraded, bad } = ratings(lb, options.rate)
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
  command: ViewCommand,
  context: AnswerContext,
  links: Links,
): Markup {
  const all =
    command.shown === undefined
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
  rows: members.map((member) => memberRow(member, lb, command, context, links)),
})}
${command.isReadOnly ? undefined : attributeChoice(lb.name, links)}`
}

function memberRow(
  member: MemberSnapshot,
  lb: LbSnapshot,
  command: ViewCommand,
  { snapshot, options }: AnswerContext,
  links: Links,
): Markup {
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
    html`${memberLinks(lb.name, member, command, links)} ${member.name}`,
    options.rate(member),
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
  command: ViewCommand,
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

function mountTable(name: string, mounts: readonly MountSnapshot[], command: ViewCommand, links: Links): Markup {
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

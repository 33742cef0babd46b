/** `mime=txt`: one line per object, `Label:` and `key=value` pairs (mod_jk.md 7.7). */
import type { BalancerSnapshot, LbSnapshot, MountSnapshot } from '../balancer/snapshot.ts'
import { HIDE, messages, type StatusCommand } from './command.ts'
import { endpointFacts, type Fact, lbFacts, memberFacts, mountFacts } from './facts.ts'
import { localTime } from './format.ts'
import type { ServerFacts } from './server-facts.ts'

/** Keys whose values stand in quotes; of a mount all but `id` do. */
const QUOTED: ReadonlySet<string> = new Set(['web_server', 'route', 'redirect', 'domain'])

export function renderText(command: StatusCommand, snapshot: BalancerSnapshot, server: ServerFacts): string {
  const { lbs, endpoints } = command
  const isList = command.name === 'list'
  const showsLbs = lbs.length > 0 && !(isList && (command.options & HIDE.lbs) !== 0)
  const showsEndpoints = endpoints.length > 0 && !(isList && (command.options & HIDE.endpoints) !== 0)
  return [
    ...headerLines(snapshot, server),
    ...(showsLbs && isList ? [line('Balancer Workers', [['count', lbs.length]])] : []),
    ...(showsLbs ? lbs.flatMap((lb) => lbLines(lb, command, snapshot)) : []),
    ...(showsEndpoints && isList ? [line('AJP Workers', [['count', endpoints.length]])] : []),
    ...(showsEndpoints
      ? endpoints.flatMap((worker) => [
          line('AJP Worker', endpointFacts(worker, snapshot)),
          ...mountLines(worker.mounts, command),
        ])
      : []),
    resultLine('OK', messages.done),
  ].join('')
}

export function resultLine(type: 'OK' | 'ERROR', message: string): string {
  return `Result: type=${type} message=${quoted(message)}\n`
}

function headerLines(snapshot: BalancerSnapshot, server: ServerFacts): string[] {
  const { compact, zone, unix } = localTime(snapshot.takenAtMs, snapshot)
  return [
    line('Server', [
      ['name', server.name],
      ['port', server.port],
    ]),
    line('Time', [
      ['datetime', compact],
      ['tz', zone],
      ['unix', unix],
    ]),
    line('Software', [
      ['web_server', server.webServer],
      ['jk_version', server.jkVersion],
    ]),
  ]
}

function lbLines(lb: LbSnapshot, command: StatusCommand, snapshot: BalancerSnapshot): string[] {
  const members = command.member === undefined ? lb.members : [command.member]
  const shown = (command.options & HIDE.members) === 0 ? members : []
  return [
    line('Balancer Worker', lbFacts(lb, snapshot)),
    ...shown.map((member) => line('Member', memberFacts(member, lb, snapshot))),
    ...mountLines(lb.mounts, command),
  ]
}

function mountLines(mounts: readonly MountSnapshot[], command: StatusCommand): string[] {
  if ((command.options & HIDE.mounts) !== 0) return []
  return mounts.map((mount, index) => {
    const [id, ...rest] = mountFacts(mount, index + 1)
    return `Map: ${plainPair(id!)} ${rest.map(quotedPair).join(' ')}\n`
  })
}

function line(label: string, facts: readonly Fact[]): string {
  return `${label}: ${facts.map((fact) => (QUOTED.has(fact[0]) ? quotedPair(fact) : plainPair(fact))).join(' ')}\n`
}

function plainPair([key, value]: Fact): string {
  return `${key}=${onOneLine(String(value))}`
}

function quotedPair([key, value]: Fact): string {
  return `${key}=${quoted(String(value))}`
}

function quoted(text: string): string {
  return `"${onOneLine(text).replaceAll('"', '@')}"`
}

/** A name with a line break in it must not be able to write a line of its own. */
function onOneLine(text: string): string {
  return text.replace(/[\0-\x1f\x7f\u2028\u2029]/g, '@')
}

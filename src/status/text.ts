/** `mime=txt`: one line per object, `Label:` and `key=value` pairs (mod_jk.md 7.7). */
import type { MountSnapshot } from '../balancer/snapshot.ts'
import type { AnswerContext } from './answer-context.ts'
import type { FormCommand, ViewCommand } from './command.ts'
import { endpointFacts, type Fact, lbFacts, memberFacts, mountFacts, type TimedFacts } from './facts.ts'
import { messages } from './messages.ts'
import { onOneLine } from './one-line.ts'
import { serverHead, softwareHead, timeHead } from './server-facts.ts'
import { shownEndpoints, shownLbs } from './shown.ts'

/** Keys whose values stand in quotes; of a mount all but `id` do. */
const QUOTED: ReadonlySet<string> = new Set(['web_server', 'route', 'redirect', 'domain'])

export function renderText(command: ViewCommand | FormCommand, context: AnswerContext): string {
  const { snapshot, server, options } = context
  const done = resultLine('OK', messages.done)
  const first = line('Server', serverHead(server))
  if (command.name === 'edit') return first + done

  const isList = command.name === 'list'
  const lbs = shownLbs(command)
  const endpoints = shownEndpoints(command)
  return [
    first,
    line('Time', timeHead(snapshot)),
    line('Software', softwareHead(server)),
    ...(command.name === 'dump' ? ['Configuration:\n', ...options.properties.map(property)] : []),
    ...(isList && lbs.length > 0 ? [line('Balancer Workers', [['count', lbs.length]])] : []),
    ...lbs.flatMap(({ lb, members, mounts }) => [
      line('Balancer Worker', lbFacts(lb, snapshot, options.rate)),
      ...members.map((member) => line('Member', allOf(memberFacts(member, lb, snapshot)))),
      ...mountLines(mounts),
    ]),
    ...(isList && endpoints.length > 0 ? [line('AJP Workers', [['count', endpoints.length]])] : []),
    ...endpoints.flatMap(({ endpoint, mounts }) => [
      line('AJP Worker', allOf(endpointFacts(endpoint, snapshot))),
      ...mountLines(mounts),
    ]),
    done,
  ].join('')
}

export function resultLine(type: 'OK' | 'ERROR', message: string): string {
  return `Result: type=${type} message=${quoted(message)}\n`
}

const allOf = ({ facts, times }: TimedFacts): readonly Fact[] => [...facts, ...times]

function mountLines(mounts: readonly MountSnapshot[]): string[] {
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

function property([name, value]: readonly [name: string, value: string]): string {
  return `${onOneLine(name)}=${onOneLine(value)}\n`
}

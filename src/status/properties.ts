/**
 * `mime=prop`: `PREFIX.key=value` and `PREFIX.WORKER.key=value`, one per line (mod_jk.md 7.8). That the times of a member
 * stand under the name of its balancer, and that two of their keys hold a blank, is what scripts have learned to expect.
 */
import type { MountSnapshot } from '../balancer/snapshot.ts'
import type { AnswerContext } from './answer-context.ts'
import type { FormCommand, ViewCommand } from './command.ts'
import { endpointFacts, type Fact, lbFacts, memberFacts, mountFacts } from './facts.ts'
import { messages } from './messages.ts'
import { onOneLine } from './one-line.ts'
import { serverHead, softwareHead, timeHead } from './server-facts.ts'
import { shownEndpoints, shownLbs } from './shown.ts'

const KEYS_WITH_BLANKS: Readonly<Record<string, string>> = {
  error_time_unix_seconds: 'error_time_unix seconds',
  error_time_ago: 'error_time_ago seconds',
}

export function renderProperties(command: ViewCommand | FormCommand, context: AnswerContext): string {
  const { snapshot, server, options } = context
  const { prefix } = options
  const head = under(prefix, named('server', serverHead(server)))
  const result = propertiesResult('OK', messages.done, prefix)
  if (command.name === 'edit') return head + result

  const isList = command.name === 'list'
  const lbs = shownLbs(command)
  const endpoints = shownEndpoints(command)
  return [
    head,
    under(prefix, named('time', timeHead(snapshot))),
    under(prefix, softwareHead(server)),
    ...(command.name === 'dump' ? options.properties.map(([name, value]) => pair(name, value)) : []),
    ...(isList && lbs.length > 0 ? [pair(`${prefix}.lb_count`, lbs.length)] : []),
    ...lbs.flatMap(({ lb, members, mounts }) => [
      pair(`${prefix}.list`, lb.name),
      under(`${prefix}.${lb.name}`, withoutName(lbFacts(lb, snapshot, options.rate))),
      ...members.flatMap((member) => {
        const { facts, times } = memberFacts(member, lb, snapshot)
        return [
          pair(`${prefix}.${lb.name}.balance_workers`, member.name),
          under(`${prefix}.${member.name}`, withoutName(facts)),
          under(`${prefix}.${lb.name}`, times.map(withBlank)),
        ]
      }),
      ...mountProperties(`${prefix}.${lb.name}`, mounts),
    ]),
    ...(isList && endpoints.length > 0 ? [pair(`${prefix}.ajp_count`, endpoints.length)] : []),
    ...endpoints.flatMap(({ endpoint, mounts }) => {
      const { facts, times } = endpointFacts(endpoint, snapshot)
      const own = `${prefix}.${endpoint.name}`
      return [
        pair(`${own}.list`, endpoint.name),
        under(own, withoutName(facts)),
        under(own, times.map(withBlank)),
        ...mountProperties(own, mounts),
      ]
    }),
    result,
  ].join('')
}

export function propertiesResult(type: 'OK' | 'ERROR', message: string, prefix: string): string {
  return pair(`${prefix}.result.type`, type) + pair(`${prefix}.result.message`, message)
}

function mountProperties(worker: string, mounts: readonly MountSnapshot[]): string[] {
  return mounts.map((mount, index) => {
    const [, ...facts] = mountFacts(mount, index + 1)
    return under(`${worker}.map.${index + 1}`, facts)
  })
}

/** `name` and `port` of the server become `server_name` and `server_port`. */
function named(what: string, facts: readonly Fact[]): readonly Fact[] {
  return facts.map(([key, value]) => [`${what}_${key}`, value])
}

/** The name is a part of the key. */
function withoutName(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter(([key]) => key !== 'name')
}

function withBlank([key, value]: Fact): Fact {
  return [KEYS_WITH_BLANKS[key] ?? key, value]
}

function under(prefix: string, facts: readonly Fact[]): string {
  return facts.map(([key, value]) => pair(`${prefix}.${key}`, value)).join('')
}

function pair(key: string, value: string | number): string {
  return `${onOneLine(key)}=${onOneLine(String(value))}\n`
}

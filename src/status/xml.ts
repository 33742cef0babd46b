/**
 * `mime=xml`: one element per object, one attribute per line, in the order and with the indentation that mod_jk has (mod_jk.md
 * 7.6); the prefix of elements and the attribute that declares it are the operator's. Values are escaped, which mod_jk's are not.
 */
import type { MountSnapshot } from '../balancer/snapshot.ts'
import type { AnswerContext } from './answer-context.ts'
import type { FormCommand, ViewCommand } from './command.ts'
import { endpointFacts, type Fact, lbFacts, memberFacts, mountFacts, type TimedFacts } from './facts.ts'
import { escapeXmlValue } from './markup.ts'
import { messages } from './messages.ts'
import type { StatusOptions } from './options.ts'
import { serverHead, softwareHead, timeHead } from './server-facts.ts'
import { shownEndpoints, shownLbs } from './shown.ts'

/** Spaces before members and mounts, and before workers. */
const INNER = 6
const OUTER = 2

type XmlOptions = Pick<StatusOptions, 'ns' | 'xmlns' | 'doctype'>

export function renderXml(command: ViewCommand | FormCommand, context: AnswerContext): string {
  const { snapshot, server, options } = context
  const { ns } = options
  const first = leaf(ns, 0, 'server', serverHead(server))
  if (command.name === 'edit') return document(options, first + result(ns, 'OK', messages.done))

  const isList = command.name === 'list'
  const lbs = shownLbs(command).map(({ lb, members, mounts }) => {
    const children = [
      ...members.map((member) => leaf(ns, INNER, 'member', inOrder(memberFacts(member, lb, snapshot)))),
      ...mountElements(ns, mounts),
    ]
    return element(ns, OUTER, 'balancer', lbFacts(lb, snapshot, options.rate), children.join(''))
  })
  const endpoints = shownEndpoints(command).map(
    ({ endpoint, mounts }) =>
      leaf(ns, OUTER, 'ajp', inOrder(endpointFacts(endpoint, snapshot))) + mountElements(ns, mounts).join(''),
  )
  const body = [
    first,
    leaf(ns, 0, 'time', timeHead(snapshot)),
    leaf(ns, 0, 'software', softwareHead(server)),
    ...(command.name === 'dump' ? [leaf(ns, OUTER, 'configuration', attributes(options.properties))] : []),
    isList ? list(ns, 'balancers', lbs) : lbs.join(''),
    isList ? list(ns, 'ajp_workers', endpoints) : endpoints.join(''),
    result(ns, 'OK', messages.done),
  ]
  return document(options, body.join(''))
}

export function xmlResult(type: 'OK' | 'ERROR', message: string, options: XmlOptions): string {
  return document(options, result(options.ns, type, message))
}

function document({ ns, xmlns, doctype }: XmlOptions, body: string): string {
  const declared = xmlns === '' ? '\n' : `\n  ${xmlns}`
  const second = doctype === '' ? '' : `${doctype}\n`
  return `<?xml version="1.0" encoding="UTF-8" ?>\n${second}<${ns}status${declared}>\n${body}</${ns}status>\n`
}

function result(ns: string, type: 'OK' | 'ERROR', message: string): string {
  return leaf(ns, OUTER, 'result', [
    ['type', type],
    ['message', message],
  ])
}

/** What there is none of is not mentioned. */
function list(ns: string, name: string, elements: readonly string[]): string {
  return elements.length === 0 ? '' : element(ns, 0, name, [['count', elements.length]], elements.join(''))
}

function mountElements(ns: string, mounts: readonly MountSnapshot[]): string[] {
  return mounts.map((mount, index) => leaf(ns, INNER, 'map', mountFacts(mount, index + 1)))
}

/** Here, and only here, the interval of pings stands before the retries. */
function inOrder({ facts, times }: TimedFacts): readonly Fact[] {
  const all = [...facts, ...times]
  const at = all.findIndex(([key]) => key === 'connection_ping_interval')
  const [interval] = all.splice(at, 1)
  all.splice(
    all.findIndex(([key]) => key === 'retries'),
    0,
    interval!,
  )
  return all
}

/** Properties as attributes: what XML would take for no name, or for the same name twice, cannot be shown. */
function attributes(properties: StatusOptions['properties']): readonly Fact[] {
  return [...new Map(properties.filter(([name]) => /^[\p{L}_][\p{L}\d_.-]*$/u.test(name)))]
}

function leaf(ns: string, indent: number, name: string, facts: readonly Fact[]): string {
  return `${opening(ns, indent, name, facts)}/>\n`
}

function element(ns: string, indent: number, name: string, facts: readonly Fact[], children: string): string {
  return `${opening(ns, indent, name, facts)}>\n${children}${' '.repeat(indent)}</${ns}${name}>\n`
}

function opening(ns: string, indent: number, name: string, facts: readonly Fact[]): string {
  const space = ' '.repeat(indent)
  const lines = facts.map(([key, value]) => `${space}  ${key}="${escapeXmlValue(String(value))}"\n`)
  return `${space}<${ns}${name}\n${lines.join('')}${space}`
}

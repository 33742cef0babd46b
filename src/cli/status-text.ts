/**
 * The text form of a jk-status page (`mime=txt`, mod_jk.md 7.7) -> plain values. It is the same for mod_jk and for clowder:
 * one line per object, `Label: key=value key="value" …`; members follow the balancer they belong to.
 */
import { CliError } from './errors.ts'
import { printable } from './printable.ts'

/** A page of ten thousand members has some 6 MB; more is not a status page. */
export const MAX_STATUS_BYTES = 16 * 1024 * 1024

export type Facts = Readonly<Record<string, string>>

export interface Balancer {
  readonly name: string
  readonly facts: Facts
  readonly members: readonly Facts[]
}

export interface Status {
  readonly software: string
  readonly server: string
  readonly balancers: readonly Balancer[]
  /** Workers that are mounted without a balancer. */
  readonly workers: readonly Facts[]
}

/** Fails with the page's own message where it has refused, and when the text is something else. */
export function parseStatus(text: string): Status {
  const balancers: (Balancer & { members: Facts[] })[] = []
  const workers: Facts[] = []
  let server: Facts = {}
  let software: Facts = {}
  let result: Facts | undefined
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon === -1) continue
    const facts = parseFacts(line.slice(colon + 2))
    switch (line.slice(0, colon)) {
      case 'Server':
        server = facts
        break
      case 'Software':
        software = facts
        break
      case 'Balancer Worker':
        balancers.push({ name: facts.name ?? '', facts, members: [] })
        break
      case 'Member':
        balancers.at(-1)?.members.push(facts)
        break
      case 'AJP Worker':
      case 'HTTP Worker':
        workers.push(facts)
        break
      case 'Result':
        result = facts
        break
    }
  }
  if (result === undefined)
    throw new CliError('CLI_STATUS_UNREADABLE', 'the answer is not a jk-status page in text form')
  if (result.type !== 'OK') throw new CliError('CLI_STATUS_UNREADABLE', `the status page says: ${result.message ?? ''}`)
  return {
    software: software.jk_version ?? '',
    server: `${server.name ?? ''}:${server.port ?? ''}`,
    balancers,
    workers,
  }
}

function parseFacts(text: string): Facts {
  const facts: Record<string, string> = {}
  let at = 0
  while (at < text.length) {
    const equals = text.indexOf('=', at)
    if (equals === -1) break
    const quoted = text[equals + 1] === '"'
    const start = quoted ? equals + 2 : equals + 1
    const found = text.indexOf(quoted ? '"' : ' ', start)
    const end = found === -1 ? text.length : found
    facts[text.slice(at, equals).trimStart()] = printable(text.slice(start, end))
    at = end + 1
  }
  return facts
}

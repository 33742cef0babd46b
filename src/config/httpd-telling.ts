/**
 * What workers are told and how, from JkOptions, JkEnvVar, JkExtractSSL and the directives that give mod_jk's variables other
 * names: read for each server, merged as mod_jk does it (mod_jk.md 2.1 and 2.2), and made options of.
 */
import type { EnvRule } from '../balancer/environment.ts'
import type { SiteOptions } from '../balancer/site-options.ts'
import type { TellingOptions } from '../balancer/telling-options.ts'
import type { CollectedNotices } from './collected-notices.ts'
import { type Complaints, shown } from './complaint.ts'
import type { DirectiveNode } from './httpd-tree.ts'
import { type JkOption, jkOption, jkVariables, tlsDirectives } from './jk-options.ts'
import type { Position } from './position.ts'

export interface TellingDraft {
  /** Of JkOptions, in lower case: what is switched on, and what off. */
  readonly plus: Set<string>
  readonly minus: Set<string>
  /** JkEnvVar: what is sent where the variable is not set. */
  readonly attributes: Map<string, string | null>
  extractsTls?: boolean
  /** By the name that the balancer reads: the one that rules set. */
  readonly names: Map<string, string>
}

export function newTelling(): TellingDraft {
  return { plus: new Set(), minus: new Set(), attributes: new Map(), names: new Map() }
}

const indicators: ReadonlyMap<string, string> = new Map(
  jkVariables.flatMap(({ name, indicator, effect }) =>
    indicator === undefined || effect !== 'acts' ? [] : [[indicator.toLowerCase(), name] as const],
  ),
)

/** The directives that {@link readTellingDirective} reads. */
export const tellingDirectives: ReadonlySet<string> = new Set([
  ...['jkoptions', 'jkenvvar', 'jkextractssl'],
  ...indicators.keys(),
])

export function readTellingDirective(
  node: DirectiveNode,
  draft: TellingDraft,
  notices: CollectedNotices,
  complaints: Complaints,
): void {
  const { words, at, name } = node
  const [first, second] = words
  const most = node.key === 'jkoptions' ? Number.POSITIVE_INFINITY : node.key === 'jkenvvar' ? 2 : 1
  if (first === undefined || words.length > most) {
    const count = most === 1 ? 'one argument' : most === 2 ? 'a name, and what is sent where it is not set' : 'options'
    complaints.add('CONFIG_ARGUMENTS', at, name, `takes ${count}`)
    return
  }
  if (tlsDirectives.has(node.key)) notices.tls(name, at)
  switch (node.key) {
    case 'jkoptions':
      for (const word of words) readOption(word, name, draft, notices, complaints)
      return
    case 'jkenvvar':
      if (/^(?:HTTPS$|SSL_)/.test(first.text)) notices.tls(`${name} ${first.text}`, at)
      draft.attributes.set(first.text, second === undefined || second.text === '' ? null : second.text)
      return
    case 'jkextractssl':
      if (!/^(?:on|off)$/i.test(first.text))
        complaints.add('CONFIG_ARGUMENTS', first.at, name, `${shown(first.text)} is neither On nor Off`)
      else draft.extractsTls = /^on$/i.test(first.text)
      return
    default:
      draft.names.set(indicators.get(node.key)!, first.text)
  }
}

function readOption(
  { text, at }: { readonly text: string; readonly at: Position },
  directive: string,
  { plus, minus }: TellingDraft,
  notices: CollectedNotices,
  complaints: Complaints,
): void {
  const isOff = text.startsWith('-')
  const row = jkOption(text.replace(/^[+-]/, ''))
  if (row === undefined) {
    complaints.add('CONFIG_ARGUMENTS', at, directive, `${shown(text)} is no option of mod_jk; httpd does not start`)
    return
  }
  const key = row.name.toLowerCase()
  if (isOff && key.startsWith('forwarduri')) {
    const message = `${shown(text)}: one of the four always holds; httpd does not start`
    complaints.add('CONFIG_ARGUMENTS', at, directive, message, 'write the one that is wanted')
    return
  }
  if (isOff) {
    minus.add(key)
    return
  }
  if (row.effect === 'never') complainOfOption(row, text, at, directive, complaints)
  if (key === 'forwardsslcertchain') notices.tls(`${directive} ${row.name}`, at)
  // The later of these two counts.
  if (key === 'forwardlocaladdress') plus.delete('forwardphysicaladdress')
  if (key === 'forwardphysicaladdress') plus.delete('forwardlocaladdress')
  plus.add(key)
}

function complainOfOption(
  { note }: JkOption,
  text: string,
  at: Position,
  directive: string,
  complaints: Complaints,
): void {
  complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', at, directive, `${shown(text)} has no effect: ${note}`)
}

// ---- merging -------------------------------------------------------------------------------------------------------

/** `(global_plus − global_minus ∪ host_plus) − host_minus`: within one server off counts more than on, in whatever order. */
function switchedOn(drafts: readonly TellingDraft[]): ReadonlySet<string> {
  const on = new Set(['forwardkeysize'])
  for (const { plus, minus } of drafts) {
    if (plus.has('forwardphysicaladdress')) on.delete('forwardlocaladdress')
    for (const option of plus) on.add(option)
    for (const option of minus) on.delete(option)
  }
  return on
}

/** Of the main server and a host, or of the main server alone. */
export function tellingOptions(drafts: readonly TellingDraft[]): Pick<SiteOptions, 'telling' | 'rejectUnsafePaths'> {
  const on = switchedOn(drafts)
  const attributes = new Map(drafts.flatMap((draft) => [...draft.attributes]))
  const telling: TellingOptions = {
    ...(attributes.size === 0 ? {} : { attributes: [...attributes] }),
    ...(on.has('forwardlocaladdress') ? { clientAddress: 'local' } : {}),
    ...(extractsTls(drafts) ? {} : { tlsVariables: false }),
    ...(on.has('forwardkeysize') ? {} : { keySize: false }),
    ...(on.has('forwardsslcertchain') ? { certificateChain: true } : {}),
    ...(on.has('disablereuse') ? { closesConnections: true } : {}),
  }
  return {
    ...(Object.keys(telling).length === 0 ? {} : { telling }),
    ...(on.has('rejectunsafeuri') ? { rejectUnsafePaths: true } : {}),
  }
}

export function extractsTls(drafts: readonly TellingDraft[]): boolean {
  return drafts.findLast((draft) => draft.extractsTls !== undefined)?.extractsTls ?? true
}

/**
 * Rules whose variables have the names that the balancer reads, where a server gives them others. A variable keeps the name
 * that it has, too, for logs and conditions; one that the server has renamed means nothing any more.
 */
export function renamed(rules: readonly EnvRule[], drafts: readonly TellingDraft[]): readonly EnvRule[] {
  const names = new Map(drafts.flatMap((draft) => [...draft.names]))
  for (const [name, given] of names) if (name === given || name === `${given}*`) names.delete(name)
  if (names.size === 0) return rules
  const all = rules.map((rule) => ({ ...rule, sets: rule.sets.flatMap((set) => setsAs(set, names)) }))
  return all.filter(({ sets }) => sets.length > 0)
}

function setsAs([name, value]: EnvRule['sets'][number], names: ReadonlyMap<string, string>): EnvRule['sets'] {
  const sets: (readonly [string, string | null])[] = []
  let isHidden = false
  for (const [read, given] of names) {
    if (!read.endsWith('*')) {
      if (given === name) sets.push([read, value])
      isHidden ||= read === name
    } else {
      const prefix = read.slice(0, -1)
      if (name.startsWith(given)) sets.push([prefix + name.slice(given.length), value])
      isHidden ||= name.startsWith(prefix)
    }
  }
  return isHidden ? sets : [[name, value], ...sets]
}

/** A rule of some server says that requests came over TLS. */
export function speaksOfTls(rules: readonly EnvRule[], drafts: readonly TellingDraft[]): boolean {
  return renamed(rules, drafts).some(({ sets }) => sets.some(([name]) => name === 'HTTPS'))
}

/**
 * Directives of a server besides its mounts: files (DocumentRoot, Alias, JkAutoAlias), the environment of requests (SetEnv,
 * SetEnvIf, BrowserMatch) and where they are written down. Read here; merged and made options of in `httpd-merge.ts`.
 */
import type { EnvRule, EnvSource } from '../balancer/environment.ts'
import type { LocationOptions } from '../balancer/location-match.ts'
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'
import { type LogsDraft, newLogs } from './httpd-logs.ts'
import { readPattern } from './httpd-pattern.ts'
import { newTelling, type TellingDraft } from './httpd-telling.ts'
import type { DirectiveNode } from './httpd-tree.ts'

export interface AliasDraft {
  readonly path: string
  readonly target: Word
}

export interface SiteDraft {
  readonly env: EnvRule[]
  readonly forced: LocationOptions[]
  readonly aliases: AliasDraft[]
  root?: Word
  applications?: Word
  index?: readonly string[]
  /** Null: switched off. */
  stripSession?: string | null
  reloadMs?: number
  readonly telling: TellingDraft
  readonly logs: LogsDraft
  /** `Options` of folders, in order. */
  readonly folders: { readonly folder: string; readonly followSymlinks: boolean }[]
}

export function newSite(): SiteDraft {
  return { env: [], forced: [], aliases: [], folders: [], logs: newLogs(), telling: newTelling() }
}

/** The directives that {@link readSiteDirective} reads. */
export const siteDirectives: ReadonlySet<string> = new Set([
  ...['documentroot', 'alias', 'directoryindex', 'options', 'setenv', 'unsetenv', 'setenvif', 'setenvifnocase'],
  ...['browsermatch', 'browsermatchnocase', 'sethandler', 'jkautoalias', 'jkstripsession', 'jkmountfilereload'],
])

const JSESSION = ';jsessionid'

/** @param where the section it stands in; undefined outside of all */
export function readSiteDirective(
  node: DirectiveNode,
  site: SiteDraft,
  where: (LocationOptions & { readonly of?: string }) | undefined,
  complaints: Complaints,
): void {
  const reader = new SiteReader(node, complaints)
  const [first, second] = node.words
  const isFolder = where?.of !== undefined
  switch (node.key) {
    case 'documentroot':
    case 'jkautoalias':
      if (reader.takes(1, 1)) site[node.key === 'documentroot' ? 'root' : 'applications'] = first!
      return
    case 'alias':
      // Inside of a Location the path is that of the section.
      if (where !== undefined && node.words.length === 1) site.aliases.push({ path: where.location, target: first! })
      else if (reader.takes(2, 2)) site.aliases.push({ path: first!.text, target: second! })
      return
    case 'directoryindex':
      if (reader.takes(1))
        site.index = node.words.map(({ text }) => text).filter((text) => text.toLowerCase() !== 'disabled')
      return
    case 'options':
      if (where?.of === 'folder' && where.match !== 'regexp') reader.readOptions(site, where.location)
      return
    case 'jkstripsession':
      if (reader.takes(1, 2)) site.stripSession = reader.isOn(first!) ? (second?.text ?? JSESSION) : null
      return
    case 'jkmountfilereload':
      if (reader.takes(1, 1)) site.reloadMs = reader.seconds(first!)
      return
    case 'sethandler':
      if (first?.text === 'jakarta-servlet' && !isFolder) site.forced.push(where ?? { location: '/' })
      return
    default:
      if (!isFolder) reader.readEnvironment(site.env, where)
  }
}

class SiteReader {
  readonly #node: DirectiveNode
  readonly #complaints: Complaints

  constructor(node: DirectiveNode, complaints: Complaints) {
    this.#node = node
    this.#complaints = complaints
  }

  takes(least: number, most = Number.POSITIVE_INFINITY): boolean {
    const { words, at, name } = this.#node
    if (words.length >= least && words.length <= most) return true
    const count =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} or ${most}`
    this.#complaints.add('CONFIG_ARGUMENTS', at, name, `takes ${count} argument${least === 1 && most === 1 ? '' : 's'}`)
    return false
  }

  isOn(word: Word): boolean {
    const text = word.text.toLowerCase()
    if (text !== 'on' && text !== 'off')
      this.#complaints.add('CONFIG_ARGUMENTS', word.at, this.#node.name, `${shown(word.text)} is neither On nor Off`)
    return text === 'on'
  }

  /** A negative number is 0, which is never. */
  seconds(word: Word): number {
    if (!/^-?\d{1,6}$/.test(word.text))
      this.#complaints.add('CONFIG_ARGUMENTS', word.at, this.#node.name, `${shown(word.text)} is no number of seconds`)
    return Math.max(0, Number.parseInt(word.text, 10) || 0) * 1000
  }

  readOptions(site: SiteDraft, folder: string): void {
    let followSymlinks: boolean | undefined
    for (const { text } of this.#node.words) {
      const name = text.replace(/^[+-]/, '').toLowerCase()
      if (name === 'followsymlinks' || name === 'all') followSymlinks = !text.startsWith('-')
      // Without + and - the list is all there is; links of the same owner only count as none.
      else if (!/^[+-]/.test(text)) followSymlinks ??= false
    }
    if (followSymlinks !== undefined) site.folders.push({ folder, followSymlinks })
  }

  readEnvironment(env: EnvRule[], where: LocationOptions | undefined): void {
    const { key, words } = this.#node
    const at =
      where === undefined ? {} : { where: { location: where.location, ...(where.match && { match: where.match }) } }
    if (key === 'setenv') {
      if (this.takes(1, 2)) env.push({ ...at, sets: [[words[0]!.text, words[1]?.text ?? '']] })
    } else if (key === 'unsetenv') {
      if (this.takes(1)) env.push({ ...at, sets: words.map(({ text }) => [text, null]) })
    } else {
      const isBrowser = key.startsWith('browsermatch')
      if (!this.takes(isBrowser ? 2 : 3)) return
      const source: EnvSource = isBrowser ? { field: 'user-agent' } : sourceOf(words[0]!.text)
      const [pattern, ...sets] = isBrowser ? words : words.slice(1)
      const matches = readPattern(pattern!, this.#node.name, key.endsWith('nocase'), this.#complaints)
      if (matches === undefined) return
      env.push({ ...at, when: { of: source, matches }, sets: sets.map(({ text }) => assignment(text)) })
    }
  }
}

/** `!name` removes, `name` is 1, `name=value`. */
function assignment(text: string): readonly [string, string | null] {
  if (text.startsWith('!')) return [text.slice(1), null]
  const equals = text.indexOf('=')
  return equals === -1 ? [text, '1'] : [text.slice(0, equals), text.slice(equals + 1)]
}

const sources: Readonly<Record<string, EnvSource>> = {
  remote_addr: 'remote-addr',
  // Without hostname lookups the address stands for the name.
  remote_host: 'remote-addr',
  server_addr: 'server-addr',
  request_method: 'method',
  request_protocol: 'protocol',
  request_uri: 'path',
}

/** Names of fields cannot hold `_`, which most variables do; a name that could be both is a field, as in httpd. */
function sourceOf(text: string): EnvSource {
  const key = text.toLowerCase()
  if (Object.hasOwn(sources, key)) return sources[key]!
  if (/[\^$.*+?()[\]|\\]/.test(text)) return { field: text.replace(/^\^/, '').replace(/\$$/, '') }
  return text.includes('_') ? { variable: text } : { field: text }
}

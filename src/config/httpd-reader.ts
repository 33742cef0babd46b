/**
 * Reads an httpd configuration with everything it includes, and decides which sections apply: Include, IfModule, IfDefine,
 * Define, ServerRoot and `${NAME}`. What is left is one tree for `httpd-server.ts`.
 */
import { replaceVariables } from './brace-variables.ts'
import { type Complaints, shown } from './complaint.ts'
import { accessNames, authNames, isRead } from './httpd-directives.ts'
import { frontDirectives } from './httpd-front.ts'
import { IncludeFinder } from './httpd-include.ts'
import { logDirectives } from './httpd-logs.ts'
import { siteDirectives } from './httpd-site.ts'
import { type DirectiveNode, type HttpdNode, parseHttpd, type SectionNode } from './httpd-tree.ts'
import { versionApplies } from './httpd-version.ts'
import { maxHttpdLineChars, maxIncludeDepth } from './limits.ts'
import type { Position } from './position.ts'
import { resolveBeside, type SourceReader, type SourceText } from './source-text.ts'

/**
 * Modules that count as loaded: mod_jk, and those whose directives clowder reads itself. Every other module counts as not
 * loaded, even when a LoadModule line names it: clowder does not have it.
 */
const modules = new Set([
  ...['jk_module', 'mod_jk.c', 'core', 'core.c', 'so_module', 'mod_so.c'],
  ...['authz_core_module', 'mod_authz_core.c', 'authz_host_module', 'mod_authz_host.c'],
  ...['access_compat_module', 'mod_access_compat.c', 'env_module', 'mod_env.c', 'setenvif_module', 'mod_setenvif.c'],
  ...['auth_basic_module', 'mod_auth_basic.c', 'authn_core_module', 'mod_authn_core.c', 'dir_module', 'mod_dir.c'],
  ...['authn_file_module', 'mod_authn_file.c', 'authz_user_module', 'mod_authz_user.c', 'alias_module', 'mod_alias.c'],
  ...['log_config_module', 'mod_log_config.c', 'reqtimeout_module', 'mod_reqtimeout.c'],
  ...['logio_module', 'mod_logio.c', 'version_module', 'mod_version.c'],
])

const conditions = new Set(['ifmodule', 'ifdefine', 'ifversion'])

export interface HttpdFiles {
  readonly nodes: readonly HttpdNode[]
  /** As given by the ServerRoot directive. */
  readonly serverRoot: string | undefined
}

export async function readHttpdFiles(
  source: SourceText,
  reader: SourceReader,
  env: Readonly<Record<string, string | undefined>>,
  complaints: Complaints,
): Promise<HttpdFiles> {
  const httpd = new HttpdReader(reader, env, complaints)
  const nodes = await httpd.read(source, [source.file])
  return { nodes, serverRoot: httpd.serverRoot }
}

class HttpdReader {
  serverRoot: string | undefined
  readonly #reader: SourceReader
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #complaints: Complaints
  readonly #includes: IncludeFinder
  readonly #defines = new Map<string, string>()

  constructor(reader: SourceReader, env: Readonly<Record<string, string | undefined>>, complaints: Complaints) {
    this.#reader = reader
    this.#env = env
    this.#complaints = complaints
    this.#includes = new IncludeFinder(reader, complaints)
  }

  read(source: SourceText, path: readonly string[]): Promise<HttpdNode[]> {
    return this.#select(parseHttpd(source, this.#complaints), path)
  }

  /** The nodes that apply, in order, with included ones in the place of their Include. */
  async #select(nodes: readonly HttpdNode[], path: readonly string[]): Promise<HttpdNode[]> {
    const selected: HttpdNode[] = []
    for (const written of nodes) {
      const node = this.#expanded(written)
      if (node.is === 'section') {
        if (conditions.has(node.key)) {
          if (!this.#applies(node)) this.#complainOfSkipped(node)
          else for (const child of await this.#select(node.children, path)) selected.push(child)
        } else {
          selected.push({ ...node, children: await this.#select(node.children, path) })
        }
      } else if (node.key === 'include' || node.key === 'includeoptional') {
        for (const included of await this.#include(node, path)) selected.push(included)
      } else if (!this.#remember(node)) {
        selected.push(node)
      }
    }
    return selected
  }

  /** True for directives that only this file cares for. */
  #remember({ key, words }: DirectiveNode): boolean {
    const [first, second] = words
    if (key === 'serverroot' && first !== undefined) this.serverRoot = resolveBeside(first.at.file, first.text)
    else if (key === 'define' && first !== undefined) this.#defines.set(first.text, second?.text ?? '')
    else if (key === 'undefine' && first !== undefined) this.#defines.delete(first.text)
    else return false
    return true
  }

  #applies({ key, words }: SectionNode): boolean {
    const word = words[0]?.text ?? ''
    if (key === 'ifversion') return versionApplies(words.map(({ text }) => text))
    const negated = word.startsWith('!')
    const name = negated ? word.slice(1) : word
    return (key === 'ifmodule' ? modules.has(name.toLowerCase()) : this.#defines.has(name)) !== negated
  }

  #complainOfSkipped(section: SectionNode): void {
    const found = new Set<string>()
    collect(section.children, found)
    if (found.size === 0) return
    const message = `the section does not apply and holds ${[...found].join(', ')}`
    const hint =
      section.key === 'ifmodule'
        ? 'of httpd’s modules clowder counts as jk_module, alias, dir, env, setenvif and those for access and Basic authentication'
        : undefined
    const directive = `<${section.name} ${section.words.map(({ text }) => text).join(' ')}>`
    this.#complaints.add('CONFIG_SECTION_SKIPPED', section.at, directive, message, hint)
  }

  async #include(node: DirectiveNode, path: readonly string[]): Promise<HttpdNode[]> {
    const [word, ...more] = node.words
    if (word === undefined || more.length > 0) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes one file name')
      return []
    }
    const nodes: HttpdNode[] = []
    const wanted = resolveBeside(path.at(-1)!, word.text, this.serverRoot)
    for (const file of await this.#includes.find(wanted, word, node)) {
      if (path.includes(file)) {
        this.#complaints.add('CONFIG_INCLUDE', word.at, node.name, `${shown(file)} includes itself`)
      } else if (path.length > maxIncludeDepth) {
        const message = `files are included deeper than maxIncludeDepth (${maxIncludeDepth})`
        this.#complaints.add('CONFIG_INCLUDE', word.at, node.name, message)
      } else {
        const optional = node.key === 'includeoptional'
        const source = await this.#reader.read(file, word.at, node.name, optional)
        if (source !== undefined) for (const child of await this.read(source, [...path, file])) nodes.push(child)
      }
    }
    return nodes
  }

  #expanded<Node extends HttpdNode>(node: Node): Node {
    const texts = [...node.words.map(({ text }) => text), node.is === 'directive' ? node.raw : '']
    if (!texts.some((text) => text.includes('${'))) return node
    const words = node.words.map((word) => ({ ...word, text: this.#expand(word.text, word.at, node.name, true) }))
    if (node.is === 'section') return { ...node, words }
    return { ...node, words, raw: this.#expand(node.raw, node.rawAt, node.name, false) }
  }

  /** `${NAME}` is a Define, else a variable of the environment, else it stays as it stands. */
  #expand(text: string, at: Position, directive: string, complains: boolean): string {
    const value = (name: string, written: string): string | undefined => {
      const found = this.#defines.get(name) ?? (Object.hasOwn(this.#env, name) ? this.#env[name] : undefined)
      if (found !== undefined) return this.#complaints.takesInserted(found, at, directive) ? found : undefined
      if (complains && isRead(directive)) {
        const message = `${shown(written)} is neither a Define nor in the environment`
        this.#complaints.add('CONFIG_VARIABLE_UNKNOWN', at, directive, message)
      }
      return undefined
    }
    const expanded = replaceVariables(text, value, maxHttpdLineChars)
    if (expanded.length <= maxHttpdLineChars) return expanded
    const message = `with its variables the line passes maxHttpdLineChars (${maxHttpdLineChars})`
    this.#complaints.add('CONFIG_LINE_TOO_LONG', at, directive, message)
    return text
  }
}

/** Every httpd has them in sections of other modules, for pages and logs of these modules; so have access rules. */
const ambient: ReadonlySet<string> = new Set([
  ...siteDirectives,
  ...logDirectives,
  ...frontDirectives,
  ...accessNames,
  ...authNames,
  ...['directory', 'directorymatch', 'files', 'filesmatch'],
])

function collect(nodes: readonly HttpdNode[], found: Set<string>): void {
  for (const node of nodes) {
    const isAmbient = ambient.has(node.key) && !node.key.startsWith('jk')
    if (isRead(node.key) && !isAmbient && !conditions.has(node.key)) found.add(node.name)
    if (node.is === 'section') collect(node.children, found)
  }
}

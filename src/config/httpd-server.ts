/**
 * The tree of an httpd configuration → drafts of the main server and its virtual hosts: what each directive does where it
 * stands (mod_jk.md 2.1). Files are not read here, and servers are not merged: see `httpd-conf.ts`.
 */
import type { ListenOptions } from '../balancer/options.ts'
import { CollectedNotices } from './collected-notices.ts'
import type { Complaints } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import { type AccessDraft, readAccess, type SectionPlace } from './httpd-access.ts'
import { accessNames, authNames, type HttpdDirective, httpdDirective, isRead, jkNames } from './httpd-directives.ts'
import { type FrontDraft, frontDirectives, newFront, readFrontDirective } from './httpd-front.ts'
import { readListen, readServerAlias, readServerName } from './httpd-hosts.ts'
import { limitSections } from './httpd-limit.ts'
import type { Word } from './httpd-lines.ts'
import { logDirectives, readLogDirective } from './httpd-logs.ts'
import { readPlace, sectionKinds } from './httpd-place.ts'
import { newSite, readSiteDirective, type SiteDraft, siteDirectives } from './httpd-site.ts'
import { readTellingDirective, speaksOfTls, tellingDirectives } from './httpd-telling.ts'
import type { DirectiveNode, HttpdNode, SectionNode } from './httpd-tree.ts'
import { addMount, MountSet, patternProblem } from './mount-rules.ts'
import type { Position } from './position.ts'

/** A file that a directive names. */
export interface NamedFile {
  readonly directive: string
  readonly word: Word
}

export interface ServerDraft {
  readonly at: Position
  /** Arguments of VirtualHost; none for the main server. */
  readonly addresses: readonly Word[]
  readonly names: { readonly name: string; readonly at: Position }[]
  readonly mounts: MountSet
  mountFile: NamedFile | undefined
  mountCopy: 'on' | 'off' | 'all' | undefined
  readonly access: AccessDraft[]
  readonly site: SiteDraft
}

export interface HttpdDraft {
  readonly main: ServerDraft
  readonly hosts: ServerDraft[]
  readonly listen: ListenOptions[]
  readonly front: FrontDraft
  workersFile: NamedFile | undefined
  readonly workerLines: { readonly raw: string; readonly at: Position }[]
  /** A Jk directive that needs workers stands somewhere. */
  mounts: boolean
}

interface Place {
  readonly server: ServerDraft
  readonly location?: SectionNode
  readonly place?: SectionPlace
}

/** Sections about proxies and the like, which clowder has not: their content does not concern it. */
const foreignSections = new Set([...['proxy', 'proxymatch', 'macro', 'authnprovideralias']])

const switches = /\b(?:no-jk|JK_[A-Z]\w*)\b/

export function readServers(nodes: readonly HttpdNode[], file: string, complaints: Complaints): HttpdDraft {
  const reader = new ServerReader(file, complaints)
  for (const node of nodes) reader.read(node, { server: reader.draft.main })
  reader.finish()
  return reader.draft
}

class ServerReader {
  readonly draft: HttpdDraft
  readonly #complaints: Complaints
  readonly #notices = new CollectedNotices()
  readonly #listening = new Set<string>()

  constructor(file: string, complaints: Complaints) {
    const main = newServer({ file, line: 1, column: 1 }, [])
    this.draft = {
      main,
      hosts: [],
      listen: [],
      front: newFront(),
      workersFile: undefined,
      workerLines: [],
      mounts: false,
    }
    this.#complaints = complaints
  }

  finish(): void {
    const { main, hosts } = this.draft
    const isTold = [main, ...hosts].some(({ site }) => speaksOfTls(site.env, [main.site.telling, site.telling]))
    this.#notices.complain(this.#complaints, isTold)
  }

  read(node: HttpdNode, place: Place): void {
    const row = httpdDirective(node.key)
    if (node.is === 'section') this.#readSection(node, place)
    else if (row === undefined) this.#readForeign(node)
    else if (this.#mayStand(node, row, place)) this.#readDirective(node, row, place)
  }

  #readSection(node: SectionNode, place: Place): void {
    if (node.key === 'virtualhost') {
      if (place.server !== this.draft.main || place.location !== undefined) {
        this.#complaints.add('CONFIG_CONTEXT', node.at, `<${node.name}>`, 'stands inside another section')
        return
      }
      const server = newServer(node.at, node.words)
      this.draft.hosts.push(server)
      for (const child of node.children) this.read(child, { server })
    } else if (sectionKinds.has(node.key) && place.location === undefined) {
      this.#readPlace(node, place.server)
    } else if (!foreignSections.has(node.key)) {
      this.#readUnknownSection(node)
    } else {
      this.#notices.ignored(`<${node.name}>`, node.at)
    }
  }

  /** `<Location>`, `<Directory>`, `<Files>` and their Match forms. */
  #readPlace(node: SectionNode, server: ServerDraft): void {
    const place = readPlace(node, this.#complaints)
    if (place === undefined) return
    const access: HttpdNode[] = []
    const within: Place = { server, location: node, place }
    for (const child of node.children) {
      if (isAccess(child)) access.push(child)
      else if (child.is === 'section' && sectionKinds.has(child.key)) this.#readUnknownSection(child)
      else if (child.is === 'section' && limitSections.has(child.key)) {
        access.push({
          ...child,
          children: child.children.filter((each) => isAccess(each) || limitSections.has(each.key)),
        })
        for (const each of child.children) if (!isAccess(each) && !limitSections.has(each.key)) this.read(each, within)
      } else this.read(child, within)
    }
    const draft = readAccess(place, access, this.#complaints)
    if (draft === undefined) return
    this.#complaints.place(draft.rule, node.at)
    server.access.push(draft)
  }

  /** A section clowder does not understand. To skip access rules in it would open what they close. */
  #readUnknownSection(node: SectionNode): void {
    const found = new Map<string, HttpdNode>()
    collectRead(node.children, found)
    const access = [...found.values()].find(({ key }) => accessNames.has(key))
    const directive = `<${[node.name, ...node.words.map(({ text }) => text)].join(' ')}>`
    if (access !== undefined) {
      const message = `holds ${access.name} (line ${access.at.line}), and clowder cannot apply this section`
      const hint = 'a plain <Location /path> can be applied'
      this.#complaints.add('CONFIG_ACCESS_UNSUPPORTED', node.at, directive, message, hint)
    } else if (found.size > 0) {
      const message = `clowder cannot apply this section; it holds ${[...found.keys()].join(', ')}`
      this.#complaints.add('CONFIG_SECTION_SKIPPED', node.at, directive, message)
    } else {
      this.#notices.ignored(`<${node.name}>`, node.at)
    }
  }

  #readForeign(node: DirectiveNode): void {
    if (node.key === 'rewriterule' && switches.test(node.raw)) {
      const message = `${switches.exec(node.raw)![0]} is a switch of mod_jk, which has no effect in a RewriteRule`
      this.#complaints.add('CONFIG_DIRECTIVE_LATER', node.at, node.name, message, 'use SetEnvIf')
    } else if (node.key === 'sslengine' && node.words[0]?.text.toLowerCase() === 'on') {
      this.#complaints.add('CONFIG_LISTEN_TLS', node.at, node.name, 'clowder does not speak TLS to clients yet')
    } else if (/^jk/.test(node.key)) {
      const hint = () => didYouMean(node.name, jkNames)
      this.#complaints.add('CONFIG_DIRECTIVE_UNKNOWN', node.at, node.name, 'mod_jk has no such directive', hint)
    } else {
      this.#notices.ignored(node.name, node.at)
    }
  }

  #warnOfSwitches(node: DirectiveNode): void {
    if (!/^(?:setenv|browsermatch)/.test(node.key) || !node.raw.includes('JK_IGNORE_CL')) return
    const message = 'JK_IGNORE_CL has no effect: bodies are never changed on their way, so their length holds'
    this.#complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', node.at, node.name, message)
  }

  #mayStand(node: DirectiveNode, row: HttpdDirective, { server, location }: Place): boolean {
    const hint = row.context === 'server' ? 'it belongs into the main server' : undefined
    const wrong =
      accessNames.has(node.key) && location === undefined
        ? 'outside of <Location> and <Directory>'
        : location !== undefined && row.context !== 'location'
          ? `inside of <${location.name}>`
          : server !== this.draft.main && row.context === 'server'
            ? 'inside of <VirtualHost>'
            : undefined
    if (wrong === undefined) return true
    this.#complaints.add('CONFIG_CONTEXT', node.at, node.name, `may not stand ${wrong}`, hint)
    return false
  }

  #readDirective(node: DirectiveNode, row: HttpdDirective, place: Place): void {
    if (row.effect === 'later' || row.effect === 'never') this.#notices[row.effect](node.name, node.at)
    if (row.effect !== 'acts') return
    const { server } = place
    if (siteDirectives.has(node.key)) {
      this.#warnOfSwitches(node)
      readSiteDirective(node, server.site, place.place, this.#complaints)
      return
    }
    if (tellingDirectives.has(node.key)) {
      readTellingDirective(node, server.site.telling, this.#notices, this.#complaints)
      return
    }
    if (logDirectives.has(node.key)) {
      readLogDirective(node, server.site.logs, this.#complaints)
      return
    }
    if (frontDirectives.has(node.key)) {
      if (server === this.draft.main && place.location === undefined) {
        readFrontDirective(node, this.draft.front, this.#complaints)
      } else {
        const message = 'has no effect here: the front treats all hosts and paths alike'
        const hint = 'write it into the main server'
        this.#complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', node.at, node.name, message, hint)
      }
      return
    }
    switch (node.key) {
      case 'jkmount':
      case 'jkunmount':
        this.draft.mounts = true
        this.#readMount(node, place)
        return
      case 'jkmountfile':
        this.draft.mounts = true
        server.mountFile = this.#namedFile(node, server.mountFile) ?? server.mountFile
        return
      case 'jkmountcopy':
        this.#readCopy(node, server)
        return
      case 'jkworkersfile':
        if (this.draft.workersFile !== undefined) {
          const message = `may stand once; the first is in line ${this.draft.workersFile.word.at.line}`
          this.#complaints.add('CONFIG_CONTEXT', node.at, node.name, message)
        } else this.draft.workersFile = this.#namedFile(node, undefined)
        return
      case 'jkworkerproperty':
        this.draft.workerLines.push({ raw: node.raw, at: node.rawAt })
        return
      case 'listen': {
        const listen = readListen(node, this.#complaints)
        const key = `${listen?.host} ${listen?.port}`
        if (listen !== undefined && !this.#listening.has(key)) this.draft.listen.push(listen)
        if (listen?.port !== 0) this.#listening.add(key)
        return
      }
      case 'servername':
      case 'serveralias':
        this.#readNames(node, server)
    }
  }

  #readMount(node: DirectiveNode, { server, location, place }: Place): void {
    if (place?.of !== undefined) {
      const message = `has no effect inside of <${location!.name}>: it would be about a path of that name`
      this.#complaints.add('CONFIG_MOUNT_SKIPPED', node.at, node.name, message, 'write the path and the worker outside')
      return
    }
    const [first, second, ...more] = node.words
    const exclude = node.key === 'jkunmount'
    if (first === undefined || more.length > 0 || (second === undefined) === (location === undefined)) {
      const form = location === undefined ? 'a path and a worker' : 'only a worker inside of <Location>'
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `takes ${form}`)
      return
    }
    const pattern = location === undefined ? first : location.words[0]!
    const target = second ?? first
    const problem = patternProblem(pattern.text)
    if (problem !== undefined) {
      this.#complaints.add('CONFIG_MOUNT_PATTERN', pattern.at, node.name, problem.message, problem.hint)
      return
    }
    const text = { exclude, disabled: false, source: 'mount' as const, at: target.at, directive: node.name }
    addMount(server.mounts, { ...text, pattern: pattern.text, target: target.text }, this.#complaints)
  }

  #readCopy(node: DirectiveNode, server: ServerDraft): void {
    const word = node.words[0]?.text.toLowerCase()
    if ((word !== 'on' && word !== 'off' && word !== 'all') || node.words.length > 1) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes On, Off or All')
    } else if (word === 'all' && server !== this.draft.main) {
      this.#complaints.add('CONFIG_CONTEXT', node.at, node.name, 'All may stand in the main server only')
    } else server.mountCopy = word
  }

  #readNames(node: DirectiveNode, server: ServerDraft): void {
    if (node.words.length === 0 || (node.key === 'servername' && node.words.length > 1)) {
      this.#complaints.add(
        'CONFIG_ARGUMENTS',
        node.at,
        node.name,
        node.key === 'servername' ? 'takes one name' : 'takes names',
      )
      return
    }
    const read = node.key === 'servername' ? readServerName : readServerAlias
    for (const word of node.words) {
      const name = read(word, node.name, this.#complaints)
      if (name !== undefined) server.names.push({ name, at: word.at })
    }
  }

  #namedFile(node: DirectiveNode, before: NamedFile | undefined): NamedFile | undefined {
    const [word, ...more] = node.words
    if (word === undefined || more.length > 0) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes one file name')
      return undefined
    }
    if (before !== undefined) {
      const message = `also in line ${before.word.at.line}; the last one counts`
      this.#complaints.add('CONFIG_DIRECTIVE_TWICE', node.at, node.name, message)
    }
    return { directive: node.name, word }
  }
}

function isAccess({ key }: HttpdNode): boolean {
  return accessNames.has(key) || authNames.has(key)
}

function newServer(at: Position, addresses: readonly Word[]): ServerDraft {
  const mounts = new MountSet()
  return { at, addresses, names: [], mounts, mountFile: undefined, mountCopy: undefined, access: [], site: newSite() }
}

function collectRead(nodes: readonly HttpdNode[], found: Map<string, HttpdNode>): void {
  for (const node of nodes) {
    if (isRead(node.key) && !found.has(node.name)) found.set(node.name, node)
    if (node.is === 'section' && !foreignSections.has(node.key)) collectRead(node.children, found)
  }
}

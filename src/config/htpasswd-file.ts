/**
 * The files of AuthUserFile (`NAME:HASH` on each line) and AuthGroupFile (`GROUP: NAME NAME …`). They are read at the start;
 * httpd reads them with each request.
 */
import type { AccessRule } from '../balancer/access-options.ts'
import { type Complaints, shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { AccessDraft, GroupDemand } from './httpd-access.ts'
import type { NamedFile, ServerDraft } from './httpd-server.ts'
import { maxUsers } from './limits.ts'
import type { Position } from './position.ts'
import type { SourceText } from './source-text.ts'

/** Kinds of passwords that the balancer checks: apr1, SHA and bcrypt. */
const knownHash = /^(?:\$apr1\$|\{SHA\}|\$2[aby]\$)/

type Users = readonly (readonly [name: string, hash: string])[]

export class UserFiles {
  readonly #open: (file: NamedFile) => Promise<SourceText | undefined>
  readonly #complaints: Complaints
  readonly #byDraft = new Map<AccessDraft, Users>()

  constructor(open: (file: NamedFile) => Promise<SourceText | undefined>, complaints: Complaints) {
    this.#open = open
    this.#complaints = complaints
  }

  async read(draft: AccessDraft): Promise<void> {
    const users = await this.#read(draft.userFile)
    if (draft.userFile !== undefined)
      this.#byDraft.set(draft, users === undefined ? [] : readUsers(users, this.#complaints))
    const groups = draft.groups.length === 0 ? undefined : await this.#read(draft.groupFile)
    if (groups !== undefined) fillGroups(draft.groups, readGroups(groups, this.#complaints), this.#complaints)
  }

  async #read(directive: AccessDraft['userFile']): Promise<SourceText | undefined> {
    const [word] = directive?.words ?? []
    return directive === undefined || word === undefined ? undefined : this.#open({ directive: directive.name, word })
  }

  /** Where users are asked for and nobody can be one. */
  check(server: ServerDraft, main: ServerDraft): void {
    const asking = server.access.filter(({ asksAt }) => asksAt !== undefined)
    if (asking.length === 0) return
    const hasUsers = ({ access }: ServerDraft) => access.some(({ userFile }) => userFile !== undefined)
    if (hasUsers(server) || hasUsers(main)) return
    for (const { asksAt } of asking) {
      if (asksAt === undefined) continue
      const message = 'asks for users, and no AuthUserFile says who they are: nobody is let in by it'
      this.#complaints.add('CONFIG_ACCESS_REFUSED', asksAt, 'Require', message, 'add AuthType Basic and AuthUserFile')
    }
  }

  /** The rule with its users. */
  complete(draft: AccessDraft): AccessRule {
    const users = this.#byDraft.get(draft)
    return users === undefined ? draft.rule : { ...draft.rule, auth: { ...draft.rule.auth, users } }
  }
}

/** The lines of both files that say something. */
function* entries(
  source: SourceText,
  complaints: Complaints,
): Generator<{ readonly text: string; readonly at: Position }> {
  let offset = 0
  for (const line of source.text.split('\n')) {
    const at = source.lines.at(offset)
    offset += line.length + 1
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    if (!complaints.takesEntry(at)) return
    yield { text, at }
  }
}

type Groups = ReadonlyMap<string, ReadonlySet<string>>

/** Lines of one group add up. */
function readGroups(source: SourceText, complaints: Complaints): Groups {
  const groups = new Map<string, Set<string>>()
  for (const { text, at } of entries(source, complaints)) {
    const colon = text.indexOf(':')
    if (colon < 1) {
      complaints.add('CONFIG_USER', at, 'AuthGroupFile', 'the line is no GROUP: NAME …; it is left out')
      continue
    }
    const name = text.slice(0, colon).trim()
    const users = groups.get(name) ?? new Set()
    groups.set(name, users)
    for (const user of text.slice(colon + 1).split(/[ \t]+/)) if (user !== '') users.add(user)
  }
  return groups
}

function fillGroups(demands: readonly GroupDemand[], groups: Groups, complaints: Complaints): void {
  for (const { wanted, users } of demands) {
    for (const { text, at } of wanted) {
      const members = groups.get(text)
      if (members === undefined) {
        const message = `no group ${shown(text)} in the AuthGroupFile: nobody is in it`
        complaints.add('CONFIG_USER', at, 'Require', message, () => didYouMean(text, groups.keys()))
      }
      // Each use of a group repeats its users.
      for (const user of members ?? []) {
        if (!complaints.takesInserted(user, at, 'Require')) return
        users.push(user)
      }
    }
  }
}

function readUsers(source: SourceText, complaints: Complaints): Users {
  const users: [string, string][] = []
  for (const { text, at } of entries(source, complaints)) {
    const [name = '', hash = ''] = text.split(':', 2)
    if (users.length >= maxUsers) {
      complaints.add('CONFIG_FILE_TOO_LARGE', at, 'AuthUserFile', `more than maxUsers (${maxUsers}) users`)
      break
    }
    if (name === '' || hash === '')
      complaints.add('CONFIG_USER', at, 'AuthUserFile', 'the line is no NAME:HASH; it is left out')
    else if (!knownHash.test(hash)) {
      const message = `the password of ${shown(name)} is of no kind that clowder checks, so this user cannot log in`
      complaints.add(
        'CONFIG_USER',
        at,
        'AuthUserFile',
        message,
        `htpasswd -B writes one that it does: ${visible(name)}`,
      )
    } else users.push([name, hash])
  }
  return users
}

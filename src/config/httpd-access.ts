/**
 * Access directives of one section → one access rule: Order, Allow, Deny, Satisfy (mod_access_compat), Require with its
 * sections (mod_authz_core) and Basic authentication. A condition that clowder cannot check counts as not met, so that
 * nothing is opened; one that keeps people out (`Require not`, RequireNone) and cannot be checked is an error, since to leave it
 * out would open what it closes.
 */
import type { AccessRule, Condition, MethodLimit, Methods } from '../balancer/access-options.ts'
import { type Complaints, shown } from './complaint.ts'
import { besides, type LimitedNode, limitedTo, withLimits } from './httpd-limit.ts'
import type { Word } from './httpd-lines.ts'
import type { DirectiveNode, HttpdNode, SectionNode } from './httpd-tree.ts'
import { parseNetwork } from './names-and-addresses.ts'
import type { Position } from './position.ts'

/** Which paths or files a section is about. */
export type SectionPlace = Pick<AccessRule, 'location' | 'match' | 'of'>

/** A rule whose users still have to be read from their file. */
export interface AccessDraft {
  readonly rule: AccessRule
  readonly userFile: DirectiveNode | undefined
  readonly groupFile: DirectiveNode | undefined
  readonly groups: readonly GroupDemand[]
  /** Its first Require that asks for users. */
  readonly asksAt: Position | undefined
}

/** A `Require group`, which is a `Require user` whose users still have to be read. */
export interface GroupDemand {
  readonly wanted: readonly Word[]
  /** Of the condition that stands in the rule. */
  readonly users: string[]
}

const nobody: Condition = { is: 'all', granted: false }

/** The rule of a section from its access directives; undefined when there are none, or after an error. */
export function readAccess(
  place: SectionPlace,
  nodes: readonly HttpdNode[],
  complaints: Complaints,
): AccessDraft | undefined {
  const classic = new ClassicAccess(complaints)
  const auth = new AuthReader(complaints)
  const required: LimitedNode[] = []
  for (const limited of withLimits(nodes, complaints)) {
    const { node, only } = limited
    if (node.key.startsWith('require')) required.push(limited)
    else if (node.is === 'section') continue
    else if (node.key.startsWith('auth')) auth.read(node)
    else classic.read(node, only)
  }
  const first = required[0]?.node
  const reading: Reading = { complaints, groups: auth.groupFile === undefined ? undefined : [] }
  const require = first === undefined ? undefined : anyOf(readRequired(required, reading), first, complaints)
  if (first !== undefined && require === undefined) return undefined
  const rule: AccessRule = {
    ...place,
    ...classic.rule(),
    ...(require === undefined ? {} : { require }),
    ...auth.rule(),
  }
  if (Object.keys(rule).length === Object.keys(place).length && auth.userFile === undefined) return undefined
  const asksAt = require !== undefined && asksForUsers(require) ? first!.at : undefined
  return { rule, userFile: auth.userFile, groupFile: auth.groupFile, groups: reading.groups ?? [], asksAt }
}

function asksForUsers(condition: Condition): boolean {
  if (condition.is === 'any' || condition.is === 'every') return condition.of.some(asksForUsers)
  return condition.is === 'valid-user' || condition.is === 'user'
}

/** Collects AuthType, AuthName, AuthUserFile, AuthGroupFile and AuthBasicProvider; in any order. */
class AuthReader {
  userFile: DirectiveNode | undefined
  groupFile: DirectiveNode | undefined
  #type: 'basic' | 'none' | undefined
  #realm: string | undefined
  #refused = false
  readonly #complaints: Complaints

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  read(node: DirectiveNode): void {
    const [word] = node.words
    if (word === undefined) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes an argument')
      return
    }
    const text = word.text.toLowerCase()
    switch (node.key) {
      case 'authtype':
        if (text === 'basic' || text === 'none') this.#type = text
        else this.#refuse(node, word)
        return
      case 'authname':
        this.#realm = word.text
        return
      case 'authuserfile':
        this.userFile = node
        return
      case 'authbasicprovider':
        for (const provider of node.words) if (provider.text.toLowerCase() !== 'file') this.#refuse(node, provider)
        return
      case 'authgroupfile':
        this.groupFile = node
    }
  }

  rule(): Pick<AccessRule, 'auth'> {
    // Whom another way was to prove is not let in by a password of ours.
    const none = this.#refused || (this.#type === undefined ? undefined : this.#type === 'none')
    if (none === undefined && this.#realm === undefined) return {}
    return {
      auth: { ...(none === undefined ? {} : { none }), ...(this.#realm === undefined ? {} : { realm: this.#realm }) },
    }
  }

  #refuse(node: DirectiveNode, word: Word): void {
    this.#refused = true
    const message = `clowder does not know users by ${shown(word.text)}; whoever is known by it alone is not let in`
    this.#complaints.add(
      'CONFIG_ACCESS_REFUSED',
      word.at,
      node.name,
      message,
      'use AuthType Basic with an AuthUserFile',
    )
  }
}

/** Collects Order, Allow, Deny and Satisfy. */
class ClassicAccess {
  #satisfy: AccessRule['satisfy']
  #order: AccessRule['order']
  readonly #allow: string[] = []
  readonly #deny: string[] = []
  #limits: MethodLimit[] = []
  readonly #complaints: Complaints
  #used = false

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  read(node: DirectiveNode, only: Methods | undefined): void {
    if (node.key === 'order') this.#readOrder(node, only)
    else if (node.key !== 'satisfy') this.#readFrom(node, only)
    else if (only === undefined) this.#satisfy = node.words[0]?.text.toLowerCase() === 'any' ? 'any' : 'all'
    else this.#complaints.add('CONFIG_ACCESS_UNSUPPORTED', node.at, node.name, 'counts for all methods or for none')
  }

  rule(): Partial<AccessRule> {
    const satisfy = this.#satisfy === undefined ? {} : { satisfy: this.#satisfy }
    if (!this.#used) return satisfy
    const limits = this.#limits.length === 0 ? {} : { limits: this.#limits }
    return { order: this.#order ?? 'deny,allow', allow: this.#allow, deny: this.#deny, ...limits, ...satisfy }
  }

  #readOrder(node: DirectiveNode, only: Methods | undefined): void {
    this.#used = true
    const order = node.words.map(({ text }) => text.toLowerCase()).join(' ')
    if (order === 'deny,allow') this.#setOrder('deny,allow', only)
    else if (order === 'allow,deny' || order === 'mutual-failure') this.#setOrder('allow,deny', only)
    else {
      const hint = 'write deny,allow or allow,deny without a space'
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `${shown(node.raw)} is no order`, hint)
    }
  }

  /** The last one that is written counts, whether it is about all methods or some. */
  #setOrder(order: NonNullable<AccessRule['order']>, only: Methods | undefined): void {
    if (only !== undefined) {
      this.#limits.push({ ...only, order })
      return
    }
    this.#order = order
    this.#limits = this.#limits.map(({ order: _, ...rest }) => rest)
  }

  #readFrom(node: DirectiveNode, only: Methods | undefined): void {
    this.#used = true
    const [from, ...words] = node.words
    if (from?.text.toLowerCase() !== 'from' || words.length === 0) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `write ${node.name} from ADDRESS`)
      return
    }
    for (const word of words) {
      const known = word.text.toLowerCase() === 'all' ? ['all'] : addresses(word.text)
      if (known !== undefined && only !== undefined)
        this.#limits.push({ ...only, [node.key === 'allow' ? 'allow' : 'deny']: known })
      else if (known !== undefined) (node.key === 'allow' ? this.#allow : this.#deny).push(...known)
      else if (node.key === 'allow') refuse(word, node.name, this.#complaints)
      else {
        const message = `clowder cannot deny by ${shown(word.text)}, and to ignore it would let them in`
        this.#complaints.add('CONFIG_ACCESS_UNSUPPORTED', word.at, node.name, message, 'write addresses')
      }
    }
  }
}

/** An address, a network or `localhost`, which needs no lookup. */
function addresses(text: string): readonly string[] | undefined {
  if (text.toLowerCase() === 'localhost') return ['127.0.0.1', '::1']
  const network = parseNetwork(text)
  return network === undefined ? undefined : [network]
}

function refuse({ text, at }: Word, directive: string, complaints: Complaints): void {
  const message = `clowder does not check ${shown(text)}; it counts as not met`
  complaints.add('CONFIG_ACCESS_REFUSED', at, directive, message, 'write addresses, or remove it')
}

// ---- Require -----------------------------------------------------------------------------------------------------

interface Reading {
  readonly complaints: Complaints
  /** Undefined where no file says who is in a group. */
  readonly groups: GroupDemand[] | undefined
}

/** Alternatives; where all of them are about some methods only, nothing is asked of the others. */
function readRequired(required: readonly LimitedNode[], reading: Reading): Condition[] {
  const conditions = required.flatMap(({ node, only }) => {
    const [condition] = readConditions([node], false, reading)
    if (condition === undefined) return []
    // A negative one among alternatives is an error, and has to look like one.
    return only === undefined || condition.is === 'not' ? condition : limitedTo(only, condition)
  })
  const limits = required.flatMap(({ only }) => only ?? [])
  return limits.length < required.length || limits.length === 0 ? conditions : [...conditions, besides(limits)]
}

/** @param excludes what is met here keeps people out, since a section around it turns the answer */
function readConditions(nodes: readonly HttpdNode[], excludes: boolean, reading: Reading): Condition[] {
  const conditions: Condition[] = []
  for (const node of nodes) {
    const condition =
      node.is === 'directive' ? readRequire(node, excludes, reading) : readSection(node, excludes, reading)
    if (condition !== undefined) conditions.push(condition)
  }
  return conditions
}

function readSection(node: SectionNode, excludes: boolean, reading: Reading): Condition | undefined {
  const { complaints } = reading
  const children = node.children.filter((child) => {
    if (child.key.startsWith('require')) return true
    complaints.add('CONFIG_CONTEXT', child.at, child.name, `may not stand in <${node.name}>`)
    return false
  })
  const conditions = readConditions(children, excludes || node.key === 'requirenone', reading)
  if (conditions.length === 0) {
    complaints.add('CONFIG_ARGUMENTS', node.at, `<${node.name}>`, 'holds no condition')
    return undefined
  }
  if (node.key !== 'requireall') {
    const any = anyOf(conditions, node, complaints)
    return any === undefined || node.key === 'requireany' ? any : { is: 'not', of: any }
  }
  if (conditions.every(({ is }) => is === 'not')) {
    const message = 'holds negative conditions only; httpd does not start'
    complaints.add('CONFIG_ARGUMENTS', node.at, `<${node.name}>`, message)
    return undefined
  }
  return conditions.length === 1 ? conditions[0] : { is: 'every', of: conditions }
}

function anyOf(conditions: readonly Condition[], node: HttpdNode, complaints: Complaints): Condition | undefined {
  if (conditions.some(({ is }) => is === 'not')) {
    const message = 'a negative condition among alternatives decides nothing; httpd does not start'
    complaints.add('CONFIG_ARGUMENTS', node.at, node.name, message, 'put it into <RequireAll>')
    return undefined
  }
  return conditions.length === 1 ? conditions[0] : conditions.length === 0 ? undefined : { is: 'any', of: conditions }
}

function readRequire(node: DirectiveNode, excludes: boolean, reading: Reading): Condition | undefined {
  const negative = node.words[0]?.text.toLowerCase() === 'not'
  const [kind, ...values] = negative ? node.words.slice(1) : node.words
  const condition = kind === undefined ? undefined : readKind(node, kind, values, excludes || negative, reading)
  if (condition === 'wrong' || kind === undefined) {
    reading.complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `${shown(node.raw)} is no condition`)
    return undefined
  }
  return condition === undefined || !negative ? condition : { is: 'not', of: condition }
}

/** `wrong`: not what httpd would take; undefined: after a complaint. */
function readKind(
  node: DirectiveNode,
  kind: Word,
  values: readonly Word[],
  excludes: boolean,
  { complaints, groups }: Reading,
): Condition | 'wrong' | undefined {
  const texts = values.map(({ text }) => text)
  const [first = ''] = texts
  const word = kind.text.toLowerCase()
  if (word === 'group' && groups !== undefined) {
    if (values.length === 0) return 'wrong'
    const users: string[] = []
    groups.push({ wanted: values, users })
    return { is: 'user', names: users }
  }
  switch (word) {
    case 'all':
      if (/^(?:granted|denied)$/i.test(first)) return { is: 'all', granted: first.toLowerCase() === 'granted' }
      return 'wrong'
    case 'local':
      return { is: 'ip', networks: ['local'] }
    case 'valid-user':
      return { is: 'valid-user' }
    case 'ip':
    case 'host':
    case 'user':
    case 'method':
    case 'env':
      if (texts.length === 0) return 'wrong'
      if (word === 'user') return { is: 'user', names: texts }
      if (word === 'method') return { is: 'method', methods: texts.map((text) => text.toUpperCase()) }
      if (word === 'env') return { is: 'env', names: texts }
      return readAddresses(node, values, excludes, complaints)
    default:
      if (!excludes) {
        refuse({ ...kind, text: node.raw }, node.name, complaints)
        return nobody
      }
      complaints.add('CONFIG_ACCESS_UNSUPPORTED', node.at, node.name, `clowder cannot exclude by ${shown(node.raw)}`)
      return undefined
  }
}

function readAddresses(
  node: DirectiveNode,
  values: readonly Word[],
  excludes: boolean,
  complaints: Complaints,
): Condition | undefined {
  const networks: string[] = []
  for (const word of values) {
    const known = addresses(word.text)
    if (known !== undefined) networks.push(...known)
    else if (!excludes) refuse(word, node.name, complaints)
    else {
      const message = `clowder cannot exclude by ${shown(word.text)}`
      complaints.add('CONFIG_ACCESS_UNSUPPORTED', word.at, node.name, message, 'write addresses')
      return undefined
    }
  }
  return networks.length === 0 ? nobody : { is: 'ip', networks }
}

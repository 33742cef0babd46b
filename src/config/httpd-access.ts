/**
 * Access directives of one `<Location>` → one access rule: Order, Allow, Deny, Satisfy (mod_access_compat) and Require with
 * its sections (mod_authz_core). A condition that clowder cannot check counts as not met, so that nothing is opened; what
 * cannot be expressed at all is an error.
 */
import type { AccessRule } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'
import type { DirectiveNode, HttpdNode, SectionNode } from './httpd-tree.ts'
import { parseNetwork } from './names-and-addresses.ts'

/** Who may: those in `allow` that are not in `deny`. `all` stands for everybody, an empty `allow` for nobody. */
interface Grant {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

interface Term extends Grant {
  /** `Require not`, `<RequireNone>`. */
  readonly negative: boolean
}

const everybody: Grant = { allow: ['all'], deny: [] }
const nobody: Grant = { allow: [], deny: [] }

/** The rule of a location from its access directives; undefined when there are none, or after an error. */
export function readAccess(
  location: string,
  nodes: readonly HttpdNode[],
  complaints: Complaints,
): AccessRule | undefined {
  const classic = new ClassicAccess(complaints)
  const required: HttpdNode[] = []
  for (const node of nodes) {
    if (node.key.startsWith('require')) required.push(node)
    else if (node.is === 'directive') classic.read(node)
  }
  const order = classic.rule()
  const [first] = required
  if (first === undefined) return order === undefined ? undefined : { location, ...order }
  const grant = anyOf(readTerms(required, complaints), first, complaints)
  if (grant === undefined) return undefined
  const plain = { order: 'allow,deny', allow: grant.allow, deny: grant.deny } as const
  if (order === undefined) return { location, ...plain }
  const closed = { order: 'allow,deny', allow: [], deny: [] } as const
  const [byOrder, byRequire] = [sweep(order), sweep(plain)]
  if (classic.any) {
    if (byOrder === 'everybody' || byRequire === 'nobody') return { location, ...order }
    if (byRequire === 'everybody' || byOrder === 'nobody') return { location, ...plain }
  } else {
    if (byOrder === 'nobody' || byRequire === 'nobody') return { location, ...closed }
    if (byRequire === 'everybody') return { location, ...order }
    if (byOrder === 'everybody') return { location, ...plain }
  }
  const message = 'stands beside Order, Allow or Deny, and clowder cannot join the two'
  complaints.add('CONFIG_ACCESS_UNSUPPORTED', first.at, first.name, message, 'use Require alone')
  return undefined
}

type OrderRule = Omit<AccessRule, 'location'>

/** Whom a rule lets in, where that is simple. */
function sweep({ order, allow, deny }: OrderRule): 'everybody' | 'nobody' | 'some' {
  if (order === 'deny,allow') {
    if (deny.length === 0 || allow.includes('all')) return 'everybody'
    return deny.includes('all') && allow.length === 0 ? 'nobody' : 'some'
  }
  if (allow.length === 0 || deny.includes('all')) return 'nobody'
  return allow.includes('all') && deny.length === 0 ? 'everybody' : 'some'
}

/** Collects Order, Allow, Deny and Satisfy. */
class ClassicAccess {
  any = false
  #order: AccessRule['order'] | undefined
  readonly #allow: string[] = []
  readonly #deny: string[] = []
  readonly #complaints: Complaints
  #used = false

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  read(node: DirectiveNode): void {
    if (node.key === 'order') this.#readOrder(node)
    else if (node.key === 'satisfy') this.any = node.words[0]?.text.toLowerCase() === 'any'
    else this.#readFrom(node)
  }

  rule(): OrderRule | undefined {
    if (!this.#used) return undefined
    return { order: this.#order ?? 'deny,allow', allow: this.#allow, deny: this.#deny }
  }

  #readOrder(node: DirectiveNode): void {
    this.#used = true
    const order = node.words.map(({ text }) => text.toLowerCase()).join(' ')
    if (order === 'deny,allow') this.#order = 'deny,allow'
    else if (order === 'allow,deny' || order === 'mutual-failure') this.#order = 'allow,deny'
    else {
      const hint = 'write deny,allow or allow,deny without a space'
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `${shown(node.raw)} is no order`, hint)
    }
  }

  #readFrom(node: DirectiveNode): void {
    this.#used = true
    const [from, ...words] = node.words
    if (from?.text.toLowerCase() !== 'from' || words.length === 0) {
      this.#complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `write ${node.name} from ADDRESS`)
      return
    }
    for (const word of words) {
      const known = word.text.toLowerCase() === 'all' ? ['all'] : addresses(word.text)
      if (known !== undefined) (node.key === 'allow' ? this.#allow : this.#deny).push(...known)
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

function readTerms(nodes: readonly HttpdNode[], complaints: Complaints): Term[] {
  const terms: Term[] = []
  for (const node of nodes) {
    const term = node.is === 'directive' ? readRequire(node, complaints) : readSection(node, complaints)
    if (term !== undefined) terms.push(term)
  }
  return terms
}

function readSection(node: SectionNode, complaints: Complaints): Term | undefined {
  const children = node.children.filter((child) => {
    if (child.key.startsWith('require')) return true
    complaints.add('CONFIG_CONTEXT', child.at, child.name, `may not stand in <${node.name}>`)
    return false
  })
  const terms = readTerms(children, complaints)
  if (terms.length === 0) {
    complaints.add('CONFIG_ARGUMENTS', node.at, `<${node.name}>`, 'holds no condition')
    return undefined
  }
  const grant = node.key === 'requireall' ? allOf(terms, node, complaints) : anyOf(terms, node, complaints)
  return grant === undefined ? undefined : { ...grant, negative: node.key === 'requirenone' }
}

function readRequire(node: DirectiveNode, complaints: Complaints): Term | undefined {
  const negative = node.words[0]?.text.toLowerCase() === 'not'
  const [kind, ...values] = negative ? node.words.slice(1) : node.words
  switch (kind?.text.toLowerCase()) {
    case 'all': {
      const word = values[0]?.text.toLowerCase()
      if (word === 'granted' || word === 'denied') return { ...(word === 'granted' ? everybody : nobody), negative }
      break
    }
    case 'local':
      return { allow: ['local'], deny: [], negative }
    case 'ip':
    case 'host':
      if (values.length > 0) return readAddresses(node, values, negative, complaints)
      break
    case undefined:
      break
    default:
      if (!negative) {
        refuse({ ...kind!, text: node.raw }, node.name, complaints)
        return { ...nobody, negative }
      }
      complaints.add('CONFIG_ACCESS_UNSUPPORTED', node.at, node.name, `clowder cannot exclude by ${shown(node.raw)}`)
      return undefined
  }
  complaints.add('CONFIG_ARGUMENTS', node.at, node.name, `${shown(node.raw)} is no condition`)
  return undefined
}

function readAddresses(
  node: DirectiveNode,
  values: readonly Word[],
  negative: boolean,
  complaints: Complaints,
): Term | undefined {
  const allow: string[] = []
  for (const word of values) {
    const known = addresses(word.text)
    if (known !== undefined) allow.push(...known)
    else if (!negative) refuse(word, node.name, complaints)
    else {
      const message = `clowder cannot exclude by ${shown(word.text)}`
      complaints.add('CONFIG_ACCESS_UNSUPPORTED', word.at, node.name, message, 'write addresses')
      return undefined
    }
  }
  return { allow, deny: [], negative }
}

/** One condition is enough: the union. A condition with exceptions can be joined to nothing but itself. */
function anyOf(terms: readonly Term[], node: HttpdNode, complaints: Complaints): Grant | undefined {
  if (terms.some(({ negative }) => negative)) {
    const message = 'a negative condition among alternatives decides nothing; httpd does not start'
    complaints.add('CONFIG_ARGUMENTS', node.at, node.name, message, 'put it into <RequireAll>')
    return undefined
  }
  const granting = terms.filter(({ allow }) => allow.length > 0)
  const free = granting.find(({ allow, deny }) => allow.includes('all') && deny.length === 0)
  if (free !== undefined) return everybody
  if (granting.every(({ deny }) => deny.length === 0)) {
    return { allow: granting.flatMap(({ allow }) => allow), deny: [] }
  }
  return granting.length === 1 ? granting[0] : tooComplex(node, complaints)
}

/** All conditions must hold: one list of addresses may remain, minus the negative ones. */
function allOf(terms: readonly Term[], node: HttpdNode, complaints: Complaints): Grant | undefined {
  const positive = terms.filter(({ negative }) => !negative)
  const negative = terms.filter((term) => term.negative)
  if (positive.length === 0) {
    complaints.add(
      'CONFIG_ARGUMENTS',
      node.at,
      `<${node.name}>`,
      'holds negative conditions only; httpd does not start',
    )
    return undefined
  }
  if (positive.some(({ allow }) => allow.length === 0)) return nobody
  const narrow = positive.filter(({ allow }) => !allow.includes('all'))
  if (narrow.length > 1 || negative.some(({ deny }) => deny.length > 0)) return tooComplex(node, complaints)
  const deny = [...positive.flatMap((term) => term.deny), ...negative.flatMap(({ allow }) => allow)]
  return { allow: narrow[0]?.allow ?? ['all'], deny }
}

function tooComplex(node: HttpdNode, complaints: Complaints): undefined {
  const directive = node.is === 'section' ? `<${node.name}>` : node.name
  const message = 'the conditions are nested in a way clowder cannot express'
  const hint = 'one list of addresses, and exceptions from it, can be expressed'
  complaints.add('CONFIG_ACCESS_UNSUPPORTED', node.at, directive, message, hint)
  return undefined
}

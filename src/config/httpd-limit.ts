/**
 * `<Limit>` and `<LimitExcept>`: which methods the access directives of a section are about (httpd core.c `ap_limit_section`).
 * What else stands in them counts for all methods, as in httpd.
 */
import type { Condition, Methods } from '../balancer/access-options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { HttpdNode, SectionNode } from './httpd-tree.ts'

export const limitSections: ReadonlySet<string> = new Set(['limit', 'limitexcept'])

/** A directive or section with the methods it is about; undefined: all. */
export interface LimitedNode {
  readonly node: HttpdNode
  readonly only: Methods | undefined
}

/** The nodes of a section in order, with those of its `<Limit>` sections in their places. */
export function withLimits(nodes: readonly HttpdNode[], complaints: Complaints): LimitedNode[] {
  return nodes.flatMap((node): LimitedNode | LimitedNode[] => {
    if (node.is === 'directive' || !limitSections.has(node.key)) return { node, only: undefined }
    const only = readMethods(node, complaints)
    return node.children.flatMap((child): LimitedNode | LimitedNode[] => {
      if (!limitSections.has(child.key)) return { node: child, only }
      complaints.add('CONFIG_CONTEXT', child.at, `<${child.name}>`, `may not stand in <${node.name}>`)
      return []
    })
  })
}

function readMethods(node: SectionNode, complaints: Complaints): Methods {
  const directive = `<${node.name}>`
  if (node.words.length === 0) complaints.add('CONFIG_ARGUMENTS', node.at, directive, 'takes methods')
  for (const { text, at } of node.words) {
    if (text === 'TRACE') {
      complaints.add('CONFIG_ARGUMENTS', at, directive, 'TRACE may not stand here; httpd does not start')
    } else if (text !== text.toUpperCase()) {
      const message = `${shown(text)} is a method of its own, and not ${text.toUpperCase()}`
      complaints.add('CONFIG_VALUE_WORD', at, directive, message, `write ${text.toUpperCase()}`)
    }
  }
  return { methods: node.words.map(({ text }) => text), ...(node.key === 'limitexcept' ? { except: true } : {}) }
}

/** Met where the method is one of them, besides the condition. */
export function limitedTo({ methods, except = false }: Methods, condition: Condition): Condition {
  const asked: Condition = { is: 'method', methods }
  return { is: 'every', of: [except ? { is: 'not', of: asked } : asked, condition] }
}

/** Met by everybody for the methods that none of them is about: what is required for others alone asks nothing of them. */
export function besides(limits: readonly Methods[]): Condition {
  const of = limits.map(({ methods, except = false }): Condition => {
    const asked: Condition = { is: 'method', methods }
    return except ? asked : { is: 'not', of: asked }
  })
  return { is: 'every', of: [...of, { is: 'all', granted: true }] }
}

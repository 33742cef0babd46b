/**
 * Lines of one httpd file → a tree of directives and sections. Section names are matched here; that a directive exists or
 * stands in the right section is for others.
 */
import { type Complaints, shown } from './complaint.ts'
import { complainOfCurlyQuotes, type LogicalLine, logicalLines, splitWords, type Word } from './httpd-lines.ts'
import { maxHttpdLineChars, maxSectionDepth } from './limits.ts'
import type { Position } from './position.ts'
import type { SourceText } from './source-text.ts'
import { oddCharacter } from './worker-names.ts'

export interface DirectiveNode {
  readonly is: 'directive'
  /** As written. */
  readonly name: string
  /** Lower case; httpd does not tell cases apart. */
  readonly key: string
  readonly words: readonly Word[]
  /** Everything behind the name, for directives that take the rest of the line as it stands. */
  readonly raw: string
  readonly rawAt: Position
  readonly at: Position
}

export interface SectionNode {
  readonly is: 'section'
  readonly name: string
  readonly key: string
  readonly words: readonly Word[]
  readonly at: Position
  readonly children: HttpdNode[]
}

export type HttpdNode = DirectiveNode | SectionNode

/** Replaces `${NAME}` in a text. */
export type Expand = (text: string) => string

/** A place of ERB or of Handlebars that nobody has filled in. */
const templatePlace = /<%[=\s-]|\{\{[#/~]?[\w.@]/

/** The nodes of a file. Errors in the nesting are complained about and mended, so that the rest can be read too. */
export function parseHttpd(source: SourceText, complaints: Complaints): HttpdNode[] {
  const top: HttpdNode[] = []
  const open: SectionNode[] = []
  let template = false
  for (const line of logicalLines(source)) {
    const siblings = open.at(-1)?.children ?? top
    if (!complaints.takesEntry(line.at(0))) return top
    if (line.text.length > maxHttpdLineChars) {
      const message = `the line has ${line.text.length} characters, more than maxHttpdLineChars (${maxHttpdLineChars})`
      complaints.add('CONFIG_LINE_TOO_LONG', line.at(0), '', message, 'see that it is the file you mean')
      continue
    }
    const place = line.text.search(templatePlace)
    if (place !== -1 && !template) {
      template = true
      const message = 'this is a template, not an httpd file'
      complaints.add('CONFIG_TEXT_TEMPLATE', line.at(place), '', message, 'render the template first')
    }
    // A section line counts even with a place in it, or its closing line would close nothing.
    if (place !== -1 && !/^<\/?[A-Za-z]/.test(line.text)) continue
    if (line.text.startsWith('</')) {
      closeSection(line, open, complaints)
    } else if (line.text.startsWith('<')) {
      const section = openSection(line, complaints)
      siblings.push(section)
      open.push(section)
      if (open.length > maxSectionDepth) {
        const message = `sections are nested deeper than maxSectionDepth (${maxSectionDepth}); the rest of the file is not read`
        complaints.add('CONFIG_SECTION_DEPTH', section.at, `<${section.name}>`, message)
        return top
      }
    } else {
      const directive = parseDirective(line, complaints)
      if (directive !== undefined) siblings.push(directive)
    }
  }
  for (const section of open) complainOfOpen(section, 'at the end of the file', complaints)
  return top
}

/** Undefined for a name that no directive can have: blogs and word processors put spaces there that are none to httpd. */
function parseDirective(line: LogicalLine, complaints: Complaints): DirectiveNode | undefined {
  const name = /^[^\t-\r ]+/.exec(line.text)![0]
  const odd = oddCharacter(name)
  if (odd !== undefined) {
    const message = `${odd.code} is part of the name ${shown(name)}; httpd does not start`
    complaints.add(
      'CONFIG_DIRECTIVE_UNKNOWN',
      line.at(odd.offset),
      name,
      message,
      /\p{Zs}/u.test(name) ? 'write plain spaces' : undefined,
    )
    return undefined
  }
  const words = splitWords(line, name.length, line.text.length, complaints)
  complainOfCurlyQuotes(words, name, complaints)
  const rawFrom = name.length + /^[\t-\r ]*/.exec(line.text.slice(name.length))![0].length
  const [at, rawAt] = [line.at(0), line.at(rawFrom)]
  return { is: 'directive', name, key: name.toLowerCase(), words, raw: line.text.slice(rawFrom), rawAt, at }
}

/** `<Name arguments>`; the arguments end at the last `>` of the line. */
function openSection(line: LogicalLine, complaints: Complaints): SectionNode {
  const name = /^<([^\s>]*)/.exec(line.text)![1]!
  const close = line.text.lastIndexOf('>')
  const at = line.at(0)
  if (close === -1) {
    complaints.add('CONFIG_SECTION_SYNTAX', at, `<${name}`, 'the section line has no closing >')
  } else if (close !== line.text.length - 1) {
    const message = `${shown(line.text.slice(close + 1).trim())} behind the > is ignored`
    complaints.add('CONFIG_LINE_IGNORED', line.at(close + 1), `<${name}>`, message)
  }
  const words = splitWords(line, name.length + 1, close === -1 ? line.text.length : close, complaints)
  complainOfCurlyQuotes(words, `<${name}>`, complaints)
  return { is: 'section', name, key: name.toLowerCase(), words, at, children: [] }
}

/** `</Name>` closes the innermost section of that name; sections between are complained about as open. */
function closeSection(line: LogicalLine, open: SectionNode[], complaints: Complaints): void {
  const name = /^<\/([^\s>]*)/.exec(line.text)![1]!
  const key = name.toLowerCase()
  if (!line.text.includes('>')) {
    complaints.add('CONFIG_SECTION_SYNTAX', line.at(0), `</${name}`, 'the section line has no closing >')
  }
  const index = open.findLastIndex((section) => section.key === key)
  const innermost = open.at(-1)
  if (index === -1) {
    const hint = innermost === undefined ? undefined : `<${innermost.name}> of line ${innermost.at.line} is open here`
    complaints.add('CONFIG_SECTION_MISMATCH', line.at(0), `</${name}>`, 'closes no section', hint)
    return
  }
  for (const section of open.splice(index).slice(1)) {
    complainOfOpen(section, `before </${name}> in line ${line.at(0).line}`, complaints)
  }
}

function complainOfOpen(section: SectionNode, where: string, complaints: Complaints): void {
  const directive = `<${section.name}>`
  complaints.add('CONFIG_SECTION_OPEN', section.at, directive, `not closed ${where}`, `add </${section.name}>`)
}

/**
 * XML text → elements with the place of every attribute. Parsing is the library's; here are positions, a limit of depth, and
 * going on after two mistakes that people make in a server.xml, so that the rest of the file is checked too.
 */
import { parseXml, type XmlElement, XmlError } from '@rgrove/parse-xml'
import type { Complaints } from './complaint.ts'
import { maxAttributes, maxElementDepth, maxTags } from './limits.ts'
import type { Position } from './position.ts'
import type { SourceText } from './source-text.ts'
import { mendXml, startTagAttributes } from './xml-repair.ts'

export interface Attribute {
  readonly value: string
  /** Where its name starts. */
  readonly at: Position
}

export interface Element {
  readonly name: string
  readonly at: Position
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly children: readonly Element[]
}

/** The root element; undefined after a complaint. A mended document has complaints too. */
export function parseXmlDocument(source: SourceText, complaints: Complaints): Element | undefined {
  const { text, lines } = source
  const tag = offsetOf('<', maxTags + 1, text)
  const attribute = offsetOf('=', maxAttributes + 1, text)
  if (tag !== -1) complaints.add('CONFIG_FILE_TOO_LARGE', lines.at(tag), '', `more than maxTags (${maxTags}) tags`)
  if (attribute !== -1) {
    const message = `more than maxAttributes (${maxAttributes}) attributes`
    complaints.add('CONFIG_FILE_TOO_LARGE', lines.at(attribute), '', message)
  }
  if (tag !== -1 || attribute !== -1) return undefined
  const first = tryParse(text)
  if (!(first instanceof Error)) return convert(first, source, text, 1, complaints)
  const { found, text: mended } = mendXml(source, complaints)
  if (!found) complainOf(first, source, complaints)
  if (!found || mended === undefined) return undefined
  // What else is wrong may be a consequence of what was found, so it is not reported.
  const second = tryParse(mended)
  return second instanceof Error ? undefined : convert(second, source, mended, 1, complaints)
}

/** Where a sign stands for the given time; -1 when it does not. Counted before the parser makes a tree of it all. */
function offsetOf(sign: string, number: number, text: string): number {
  let offset = -1
  for (let count = 0; count < number; count++) {
    offset = text.indexOf(sign, offset + 1)
    if (offset === -1) break
  }
  return offset
}

function tryParse(text: string): XmlElement | Error {
  try {
    const { root } = parseXml(text, { includeOffsets: true })
    return root ?? new Error('the document is empty')
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown error')
  }
}

function complainOf(error: Error, source: SourceText, complaints: Complaints): void {
  if (error instanceof RangeError) {
    const message = `elements are nested deeper than maxElementDepth (${maxElementDepth})`
    complaints.add('CONFIG_XML_SYNTAX', source.lines.at(0), '', message)
    return
  }
  // The library adds the place and an excerpt of the line.
  const message = error.message.split(/ \(line \d+|\n/, 1)[0]!
  const at =
    error instanceof XmlError ? { file: source.file, line: error.line, column: error.column } : source.lines.at(0)
  const hint = message.includes('comment') ? 'a comment ends with -->, and has no -- inside' : undefined
  complaints.add('CONFIG_XML_SYNTAX', at, '', `not well-formed: ${message}`, hint)
}

function convert(
  element: XmlElement,
  source: SourceText,
  text: string,
  depth: number,
  complaints: Complaints,
): Element {
  const at = source.lines.at(element.start)
  const attributes = new Map<string, Attribute>()
  const places = startTagAttributes(text, element.start)
  for (const [name, value] of Object.entries(element.attributes)) {
    const offset = places.get(name)
    attributes.set(name, { value, at: offset === undefined ? at : source.lines.at(offset) })
  }
  const children: Element[] = []
  if (depth >= maxElementDepth) {
    const message = `elements are nested deeper than maxElementDepth (${maxElementDepth})`
    complaints.add('CONFIG_XML_SYNTAX', at, `<${element.name}>`, message)
  } else {
    for (const child of element.children) {
      if (isElement(child)) children.push(convert(child, source, text, depth + 1, complaints))
    }
  }
  return { name: element.name, at, attributes, children }
}

function isElement(node: XmlElement['children'][number]): node is XmlElement {
  return node.type === 'element'
}

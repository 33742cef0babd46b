/**
 * A second look at XML that the parser refused, at tags and quotes only. It recognises typographic quotes that stand for
 * straight ones, and elements that are never closed; both are reported, and mended in place where that moves nothing.
 */
import type { Complaints } from './complaint.ts'
import { maxAttributeChars } from './limits.ts'
import type { SourceText } from './source-text.ts'

const curlyQuotes = '\u2018\u2019\u201A\u201B\u201C\u201D\u201E\u201F\u2032\u2033\uFF02\uFF07'

export interface Mended {
  /** Something was recognised and reported. */
  readonly found: boolean
  /** With straight quotes, and closed at its end; undefined when that cannot help. */
  readonly text: string | undefined
}

export function mendXml(source: SourceText, complaints: Complaints): Mended {
  const text = straightened(source, complaints)
  const { found, tail } = closing(text, source, complaints)
  return { found: found || text !== source.text, text: tail === undefined ? undefined : text + tail }
}

/** Replaces typographic quotes that delimit attribute values, one character for one. */
function straightened(source: SourceText, complaints: Complaints): string {
  const { text } = source
  const parts: string[] = []
  let copied = 0
  for (const tag of tags(text)) {
    if (tag.is !== 'start') continue
    for (const { name, quotes } of tag.attributes) {
      for (const offset of quotes) {
        const quote = text[offset]!
        if (!curlyQuotes.includes(quote)) continue
        const code = quote.codePointAt(0)!.toString(16).toUpperCase()
        const message = `the typographic quote ${quote} (U+${code}) stands where a straight " must`
        complaints.add('CONFIG_XML_QUOTE', source.lines.at(offset), `${tag.name}.${name}`, message, 'write "')
        parts.push(text.slice(copied, offset), '"')
        copied = offset + 1
      }
    }
  }
  return parts.join('') + text.slice(copied)
}

/**
 * The closing tags that are missing at the end. No tail where tags overlap, which only their author can mend, or where a tag
 * is beyond recognition, so that nothing can be said about what follows it.
 */
function closing(text: string, source: SourceText, complaints: Complaints): { found: boolean; tail?: string } {
  const open: { name: string; offset: number }[] = []
  for (const tag of tags(text)) {
    if (tag.is === 'start') {
      if (tag.end === 'unclear') return { found: false }
      if (tag.end === 'open') open.push({ name: tag.name, offset: tag.offset })
      continue
    }
    const last = open.at(-1)
    if (last?.name === tag.name) {
      open.pop()
      continue
    }
    const { line } = source.lines.at(tag.offset)
    if (last !== undefined && open.some(({ name }) => name === tag.name)) {
      const message = `not closed before </${tag.name}> in line ${line}`
      complaints.add(
        'CONFIG_XML_UNCLOSED',
        source.lines.at(last.offset),
        `<${last.name}>`,
        message,
        `add </${last.name}>`,
      )
    } else {
      complaints.add('CONFIG_XML_SYNTAX', source.lines.at(tag.offset), `</${tag.name}>`, 'closes no element')
    }
    return { found: true }
  }
  for (const { name, offset } of open) {
    const message = 'never closed, up to the end of the file'
    complaints.add('CONFIG_XML_UNCLOSED', source.lines.at(offset), `<${name}>`, message, `add </${name}>`)
  }
  const missing = open.reverse().map(({ name }) => `</${name}>`)
  return { found: missing.length > 0, tail: missing.join('') }
}

interface StartTag {
  readonly is: 'start'
  readonly name: string
  readonly offset: number
  /** How the tag ends: `>`, `/>`, or not at all where it should. */
  readonly end: 'open' | 'empty' | 'unclear'
  readonly attributes: readonly TagAttribute[]
}

interface TagAttribute {
  readonly name: string
  readonly offset: number
  /** Offsets of the characters that delimit its value. */
  readonly quotes: readonly number[]
}

type Tag = StartTag | { readonly is: 'end'; readonly name: string; readonly offset: number }

/** The places of the attributes of the well-formed start tag at `offset`, by name. */
export function startTagAttributes(text: string, offset: number): ReadonlyMap<string, number> {
  const attributes = readStartTag(text, offset, false)?.tag.attributes ?? []
  return new Map(attributes.map((attribute) => [attribute.name, attribute.offset]))
}

/** The tags of a document; comments, CDATA, processing instructions and the DOCTYPE are passed over. */
function* tags(text: string): Generator<Tag> {
  let position = text.indexOf('<')
  while (position !== -1) {
    let end = position + 1
    if (text.startsWith('<!--', position)) end = after(text, '-->', position + 4)
    else if (text.startsWith('<![CDATA[', position)) end = after(text, ']]>', position)
    else if (text.startsWith('<?', position)) end = after(text, '?>', position)
    else if (text.startsWith('<!', position)) end = after(text, '>', position)
    else if (text.startsWith('</', position)) {
      end = after(text, '>', position)
      yield { is: 'end', name: nameAt(text, position + 2), offset: position }
    } else {
      const read = readStartTag(text, position, true)
      if (read !== undefined) {
        end = read.end
        yield read.tag
      }
    }
    position = text.indexOf('<', end)
  }
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found + mark.length
}

const namePattern = /[\p{L}_:][\p{L}\p{N}._:-]*/uy

function nameAt(text: string, offset: number): string {
  namePattern.lastIndex = offset
  return namePattern.exec(text)?.[0] ?? ''
}

const gap = /\s*/y

function skipSpace(text: string, offset: number): number {
  gap.lastIndex = offset
  gap.exec(text)
  return gap.lastIndex
}

function readStartTag(
  text: string,
  offset: number,
  lenient: boolean,
): { readonly tag: StartTag; readonly end: number } | undefined {
  const name = nameAt(text, offset + 1)
  if (name === '') return undefined
  const attributes: TagAttribute[] = []
  let position = offset + 1 + name.length
  for (;;) {
    position = skipSpace(text, position)
    const attribute = nameAt(text, position)
    if (attribute === '') break
    const at = position
    position = skipSpace(text, position + attribute.length)
    if (text[position] !== '=') break
    const open = skipSpace(text, position + 1)
    const close = lenient ? closingQuote(text, open) : text.indexOf(text[open] ?? '', open + 1)
    if (close === -1) break
    attributes.push({ name: attribute, offset: at, quotes: [open, close] })
    position = close + 1
  }
  const kind = text[position] === '>' ? 'open' : text.startsWith('/>', position) ? 'empty' : 'unclear'
  const end = text.indexOf('>', position)
  return { tag: { is: 'start', name, offset, end: kind, attributes }, end: end === -1 ? text.length : end + 1 }
}

/** What may come behind a closing quote: the next attribute, or the end of the tag. */
const behindValue = /(?:\s+[\p{L}_:][\p{L}\p{N}._:-]*\s*=|\s*\/?>)/uy

/** The quote that closes the value opened at `open`: the same one, or a typographic one that looks like the end. */
function closingQuote(text: string, open: number): number {
  const quote = text[open] ?? ''
  const curly = quote !== '' && curlyQuotes.includes(quote)
  if (quote !== '"' && quote !== "'" && !curly) return -1
  const end = Math.min(text.length, open + maxAttributeChars)
  for (let position = open + 1; position < end; position++) {
    const character = text[position]!
    if (character === '<') return -1
    if (!curly && character === quote) return position
    if (character !== '"' && !curlyQuotes.includes(character)) continue
    behindValue.lastIndex = position + 1
    if (behindValue.test(text)) return position
  }
  return -1
}

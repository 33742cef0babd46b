/**
 * The lexical side of httpd's configuration language: continued lines, comments, words and quotes, with positions.
 * Which words mean what is for others.
 */
import { type Complaints, shown } from './complaint.ts'
import type { Position } from './position.ts'
import type { SourceText } from './source-text.ts'

/** One line as httpd sees it: continued lines joined, ASCII white space at both ends gone; neither empty nor a comment. */
export interface LogicalLine {
  readonly text: string
  /** The place of a character of `text`. */
  at(offset: number): Position
}

/**
 * All logical lines of a file. A line that ends in a backslash goes on in the next one, comments included: a comment that
 * ends in a backslash swallows the line below it, as in httpd.
 */
export function* logicalLines(source: SourceText): Generator<LogicalLine> {
  const { text, lines } = source
  let start = text.startsWith('\uFEFF') ? 1 : 0
  while (start < text.length) {
    const parts: string[] = []
    /** Where each part starts in the logical line and in the file. */
    const starts: { logical: number; file: number }[] = []
    let length = 0
    for (;;) {
      const newline = text.indexOf('\n', start)
      const next = newline === -1 ? text.length + 1 : newline + 1
      let end = next - 1
      if (text[end - 1] === '\r' && end > start) end -= 1
      const continues = end > start && text[end - 1] === '\\' && next <= text.length
      if (end > start && text[end - 1] === '\\') end -= 1
      starts.push({ logical: length, file: start })
      parts.push(text.slice(start, end))
      length += end - start
      start = next
      if (!continues) break
    }
    const joined = parts.join('')
    let [skipped, to] = [0, joined.length]
    while (skipped < to && isSpace(joined.charCodeAt(skipped))) skipped += 1
    while (to > skipped && isSpace(joined.charCodeAt(to - 1))) to -= 1
    if (skipped === to || joined[skipped] === '#') continue
    yield { text: joined.slice(skipped, to), at: (offset) => lines.at(fileOffset(starts, offset + skipped)) }
  }
}

function fileOffset(starts: readonly { logical: number; file: number }[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]!.logical <= offset) low = middle
    else high = middle - 1
  }
  const { logical, file } = starts[low]!
  return file + offset - logical
}

/** One argument, without its quotes. */
export interface Word {
  readonly text: string
  readonly at: Position
}

/**
 * The words of a line from `offset` to `end`. A word in `"` or `'` ends at the same quote, a backslash in it protects a
 * quote or a backslash; outside of quotes only `\\` is special. A quote that is not closed runs to the end of the line.
 */
export function splitWords(line: LogicalLine, offset: number, end: number, complaints: Complaints): Word[] {
  const { text } = line
  const words: Word[] = []
  let position = offset
  for (;;) {
    while (position < end && isSpace(text.charCodeAt(position))) position += 1
    if (position >= end) return words
    const start = position
    const quote = text[start] === '"' || text[start] === "'" ? text[start] : undefined
    let word = ''
    let from = quote === undefined ? start : start + 1
    position = from
    while (position < end) {
      const character = text[position]!
      if (quote === undefined ? isSpace(text.charCodeAt(position)) : character === quote) break
      const next = position + 1 < end ? text[position + 1] : undefined
      if (character === '\\' && next !== undefined && (next === '\\' || next === quote)) {
        word += text.slice(from, position) + next
        position += 2
        from = position
      } else {
        position += 1
      }
    }
    word += text.slice(from, position)
    words.push({ text: word, at: line.at(start) })
    if (quote === undefined) continue
    if (position < end) position += 1
    else complaints.add('CONFIG_QUOTE_OPEN', line.at(start), '', `the quote before ${shown(word)} is not closed`)
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

/** Typographic quotes, which word processors and blogs make of straight ones. */
const curlyQuote = /[\u2018-\u201F\u2032\u2033\uFF02\uFF07]/

/** Warns of typographic quotes in arguments: they are part of the word here. */
export function complainOfCurlyQuotes(words: readonly Word[], directive: string, complaints: Complaints): void {
  for (const { text, at } of words) {
    const quote = curlyQuote.exec(text)?.[0]
    if (quote === undefined) continue
    const code = quote.codePointAt(0)!.toString(16).toUpperCase()
    const message = `${quote} (U+${code}) is no quote but part of ${shown(text)}`
    complaints.add('CONFIG_QUOTE_CURLY', at, directive, message, 'write straight quotes')
  }
}

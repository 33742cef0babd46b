/**
 * The lines of workers.properties, uriworkermap.properties and of JkWorkerProperty: `name=value`, `#` comments, `$(macros)`
 * (mod_jk.md 1.1). What the names mean, and what a second one does, is decided by others.
 */
import { type Complaints, shown } from './complaint.ts'
import { maxMacros, maxPropertyLineBytes } from './limits.ts'
import { type Position, shifted } from './position.ts'
import type { SourceText } from './source-text.ts'

/** One `name=value`, trimmed; the value is not empty, its macros are replaced. */
export interface PropertyLine {
  readonly name: string
  readonly value: string
  /** Where the name starts. */
  readonly at: Position
  /** Where the value starts. */
  readonly valueAt: Position
  /** The value differs from the file's text, so that positions inside of it say little. */
  readonly expanded: boolean
}

/** What `$(name)` stands for at this point of the file. */
export type Lookup = (name: string) => string | undefined

/** Is told of what stands between the lines that say something. */
export interface Between {
  comment(text: string, line: number): void
  /** An empty line. */
  end(): void
}

/**
 * All lines of a file that say something, from top to bottom. Lazy: `lookup` is asked when a line's turn comes, so that the
 * caller can answer with what it has stored of the lines above.
 */
export function* propertyLines(
  source: SourceText,
  lookup: Lookup,
  complaints: Complaints,
  between?: Between,
): Generator<PropertyLine> {
  const { text, file } = source
  let start = 0
  if (text.startsWith('\uFEFF')) {
    start = 1
    const hint = 'save the file without a byte order mark; clowder skips it'
    complaints.add(
      'CONFIG_TEXT_BOM',
      source.lines.at(0),
      '',
      'mod_jk reads the byte order mark as part of the first name',
      hint,
    )
  }
  let template = false
  for (let line = 1; start <= text.length; line++) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const raw = text.slice(start, end)
    const at = { file, line, column: line === 1 ? start + 1 : 1 }
    start = end + 1
    if (isBlank(raw)) {
      const hash = raw.indexOf('#')
      if (hash === -1) between?.end()
      else between?.comment(raw.slice(hash + 1), line)
      continue
    }
    if (!complaints.takesEntry(at)) return
    if (tooLong(raw)) {
      const message = `the line is longer than ${maxPropertyLineBytes} bytes`
      complaints.add(
        'CONFIG_LINE_TOO_LONG',
        at,
        '',
        message,
        'mod_jk breaks it there and reads its tail as another line',
      )
    } else if (templatePlace(raw) !== -1) {
      if (!template) {
        const message = 'this is a template, not a properties file'
        complaints.add(
          'CONFIG_TEXT_TEMPLATE',
          shifted(at, templatePlace(raw)),
          '',
          message,
          'render the template first',
        )
      }
      template = true
    } else {
      const property = parsePropertyLine(raw, at, lookup, complaints)
      if (property !== undefined) yield property
    }
  }
}

/**
 * One line. A comment starts at the first `#`, wherever it stands; the name ends at the first `=`; there are no quotes, no
 * escapes and no continuation. Only ASCII white space is trimmed: a full-width space belongs to the word it touches.
 */
export function parsePropertyLine(
  raw: string,
  at: Position,
  lookup: Lookup,
  complaints: Complaints,
): PropertyLine | undefined {
  const hash = raw.indexOf('#')
  const [from, to] = trimmed(raw, 0, hash === -1 ? raw.length : hash)
  if (from === to) return undefined
  const equals = raw.indexOf('=', from)
  if (equals === -1 || equals >= to) {
    // Only the first word: what follows might have become a secret.
    const message = `${shown(raw.slice(from, to).split(/\s/, 1)[0]!)}… is not name=value`
    complaints.add('CONFIG_LINE_IGNORED', shifted(at, from), '', message, 'mod_jk ignores the line without a word')
    return undefined
  }
  const name = raw.slice(...trimmed(raw, from, equals))
  const [valueFrom, valueTo] = trimmed(raw, equals + 1, to)
  const nameAt = shifted(at, from)
  const valueAt = shifted(at, valueFrom)
  if (name === '') {
    complaints.add('CONFIG_LINE_IGNORED', nameAt, '', 'a value without a name')
    return undefined
  }
  if (valueFrom === valueTo) {
    // A variable may well be empty (`workers.java_home=`); a directive of a worker hardly on purpose.
    if (name.startsWith('worker.'))
      complaints.add('CONFIG_VALUE_EMPTY', nameAt, name, 'an empty value counts as not given')
    return undefined
  }
  const written = raw.slice(valueFrom, valueTo)
  const value = expandMacros(written, name, valueAt, lookup, complaints)
  return { name, value, at: nameAt, valueAt, expanded: value !== written }
}

/**
 * Replaces `$(name)`. Inserted text is not looked at again; an unknown name stays as it stands; after {@link maxMacros}
 * replacements the rest stays too.
 */
function expandMacros(value: string, name: string, at: Position, lookup: Lookup, complaints: Complaints): string {
  let result = ''
  let rest = 0
  let replaced = 0
  for (let open = value.indexOf('$('); open !== -1; ) {
    const close = value.indexOf(')', open)
    if (close === -1) break
    const variable = value.slice(open + 2, close)
    const found = lookup(variable)
    if (found === undefined) {
      const message = `$(${shown(variable).slice(1, -1)}) is not defined above, nor in the environment`
      complaints.add('CONFIG_VARIABLE_UNKNOWN', shifted(at, open), name, message)
    } else if (replaced === maxMacros) {
      const message = `more than ${maxMacros} variables in one value; the rest stays as it stands`
      complaints.add('CONFIG_VARIABLE_UNKNOWN', shifted(at, open), name, message)
      break
    } else if (!complaints.takesInserted(found, shifted(at, open), name)) {
      break
    } else {
      result += value.slice(rest, open) + found
      rest = close + 1
      replaced += 1
      if (result.length > maxPropertyLineBytes) {
        complaints.add(
          'CONFIG_LINE_TOO_LONG',
          at,
          name,
          `with its variables the value passes ${maxPropertyLineBytes} bytes`,
        )
        break
      }
    }
    open = value.indexOf('$(', close)
  }
  return result + value.slice(rest)
}

/** The elements of a list value: split at space, tab and comma, with their offsets. Empty ones vanish. */
export function* listItems(value: string): Generator<{ readonly text: string; readonly offset: number }> {
  for (const { 0: text, index } of value.matchAll(/[^ \t,]+/g)) yield { text, offset: index }
}

/** Bounds without C `isspace` characters at both ends. */
function trimmed(text: string, from: number, to: number): [number, number] {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return [start, end]
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

const nothing = /^[ \t-\r]*(?:#|$)/

/** Nothing, or a comment. */
function isBlank(line: string): boolean {
  return nothing.test(line)
}

/** Where a line that is no comment has an ERB or Handlebars place; -1 = nowhere. */
function templatePlace(line: string): number {
  const place = line.search(/<%|\{\{/)
  const hash = line.indexOf('#')
  return hash === -1 || place < hash ? place : -1
}

function tooLong(line: string): boolean {
  if (line.length <= maxPropertyLineBytes / 3) return false
  return Buffer.byteLength(line) > maxPropertyLineBytes
}

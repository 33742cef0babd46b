/**
 * A complaint is one finding in one place. A load collects all complaints of all its files before anyone gives up, so that
 * people repair a file once, not line by line.
 */
import { type ComplaintCode, configErrors } from './errors.ts'
import { maxComplaints, maxEntries, maxInsertedChars, maxShownChars } from './limits.ts'
import type { Position } from './position.ts'

export interface Complaint extends Position {
  readonly severity: 'error' | 'warning'
  readonly code: ComplaintCode
  /** The directive, attribute or element it is about, as people search for it; may be empty. */
  readonly directive: string
  /** The fact. */
  readonly message: string
  /** What to do. */
  readonly hint?: string
}

/** `file:line:column severity CODE directive: message (hint)`, in one line. */
export function formatComplaint(complaint: Complaint): string {
  const { file, line, column, severity, code, directive, message, hint } = complaint
  const subject = directive === '' ? '' : `${directive}: `
  return `${file}:${line}:${column} ${severity} ${code} ${subject}${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** Foreign text inside a message: quoted, short, and without characters that could play with a terminal. */
export function shown(text: string): string {
  const cut = text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text
  return `"${visible(cut)}"`
}

/** Text with control, invisible and unpaired characters spelled out as `\u{…}`. Plain spaces stay. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`
  })
}

/** What is noted in one load: complaints, places, and how much the files have said so far. */
export class Complaints {
  readonly #list: Complaint[] = []
  readonly #seen = new Set<string>()
  readonly #counts = { error: 0, warning: 0 }
  #firstDropped: Position | undefined
  readonly #places = new WeakMap<object, Position>()
  #entries = 0
  #insertedChars = 0

  /** Notes where a part of the options comes from, for `convert.ts`. */
  place(part: object, at: Position): void {
    this.#places.set(part, at)
  }

  placeOf(part: object): Position | undefined {
    return this.#places.get(part)
  }

  /** Counts a line that says something; false when the rest is not to be read, which is complained about once. */
  takesEntry(at: Position): boolean {
    this.#entries += 1
    if (this.#entries <= maxEntries) return true
    if (this.#entries === maxEntries + 1) {
      const message = `more than maxEntries (${maxEntries}) lines that say something; the rest is not read`
      this.add('CONFIG_FILE_TOO_LARGE', at, '', message)
    }
    return false
  }

  /** Counts what stands for a variable; false when it is not to be inserted, which is complained about once. */
  takesInserted(text: string, at: Position, directive: string): boolean {
    if (this.#insertedChars > maxInsertedChars) return false
    this.#insertedChars += text.length
    if (this.#insertedChars <= maxInsertedChars) return true
    const message = `variables stand for more than maxInsertedChars (${maxInsertedChars}) characters in all`
    this.add('CONFIG_FILE_TOO_LARGE', at, directive, message, 'use fewer variables within variables')
    return false
  }

  /**
   * Adds a complaint; the same one at the same place is kept once (a template worker is read once per user). A hint that
   * costs a search is given as a function, which is called only if the complaint is kept.
   */
  add(
    code: ComplaintCode,
    at: Position,
    directive: string,
    message: string,
    hint?: string | (() => string | undefined),
  ): void {
    const { severity } = configErrors[code]
    if (this.#counts[severity] >= maxComplaints) {
      this.#counts[severity] += 1
      this.#firstDropped ??= at
      return
    }
    const key = `${at.file}\n${at.line}:${at.column} ${code} ${directive} ${message}`
    if (this.#seen.has(key)) return
    this.#counts[severity] += 1
    this.#seen.add(key)
    const advice = typeof hint === 'function' ? hint() : hint
    this.#list.push({
      file: at.file,
      line: at.line,
      column: at.column,
      severity,
      code,
      directive: shown(directive).slice(1, -1),
      message,
      ...(advice === undefined ? {} : { hint: advice }),
    })
  }

  /** Whether there is a complaint of this code. */
  has(code: ComplaintCode): boolean {
    return this.#list.some((complaint) => complaint.code === code)
  }

  get hasErrors(): boolean {
    return this.#counts.error > 0
  }

  /** All complaints: files in the order in which they were first complained about, each from top to bottom. */
  list(): readonly Complaint[] {
    const files = new Map<string, number>()
    for (const { file } of this.#list) if (!files.has(file)) files.set(file, files.size)
    const sorted = this.#list.toSorted(
      (a, b) => files.get(a.file)! - files.get(b.file)! || a.line - b.line || a.column - b.column,
    )
    if (this.#firstDropped === undefined) return sorted
    const { file, line, column } = this.#firstDropped
    const dropped = this.#counts.error + this.#counts.warning - this.#list.length
    const message = `${dropped} more complaints are not shown; the limit is ${maxComplaints} of each severity`
    return [
      ...sorted,
      { file, line, column, severity: 'warning', code: 'CONFIG_COMPLAINTS_CUT', directive: '', message },
    ]
  }
}

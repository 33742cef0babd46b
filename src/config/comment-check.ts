/**
 * Comments of a workers.properties that contradict the values below them: a number of connections, a time, an address or a port
 * that was changed in one place only. Someone believes the comment. Only what is plainly about the same thing is compared.
 */
import { type Complaints, shown } from './complaint.ts'
import type { PropertyLine } from './property-lines.ts'

/** What a comment may say, in the words of the examples that such files were copied from, English and Chinese. */
const sayings = {
  connections: /(\d{1,6})\s{0,3}(?:sockets?\b|connections?\b|threads?\b|个(?:套接字|连接|线程))/giu,
  time: /(\d{1,6})\s{0,3}(milliseconds?|ms|minutes?|mins?|mn|seconds?|secs?|hours?|毫秒|分钟|秒|小时)(?![A-Za-z])/giu,
  address: /(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/gu,
  port: /\bport:?\s{1,3}(\d{1,5})\b/giu,
} as const

type Subject = keyof typeof sayings

/** Which directives a saying is about, and the milliseconds of one of their units. */
const directives: Readonly<Record<string, readonly [subject: Subject, unitMs?: number]>> = {
  connection_pool_size: ['connections'],
  cachesize: ['connections'],
  connection_pool_timeout: ['time', 1000],
  cache_timeout: ['time', 1000],
  socket_timeout: ['time', 1000],
  recover_time: ['time', 1000],
  connect_timeout: ['time', 1],
  prepost_timeout: ['time', 1],
  reply_timeout: ['time', 1],
  ping_timeout: ['time', 1],
  host: ['address'],
  port: ['port'],
}

const unitsMs: readonly (readonly [name: RegExp, ms: number])[] = [
  [/^(?:ms|milli|毫秒)/i, 1],
  [/^(?:s|秒)/i, 1000],
  [/^(?:m|分)/i, 60_000],
  [/^(?:h|小时)/i, 3_600_000],
]

/** One thing a comment says. */
interface Saying {
  readonly value: string
  readonly written: string
  readonly line: number
}

/** Takes the lines of a file from top to bottom. A comment is about what follows it, up to the next one or an empty line. */
export class CommentCheck {
  readonly #complaints: Complaints
  #said = new Map<Subject, Saying[]>()
  /** What the lines below the comment hold. */
  #found = new Map<Subject, { readonly line: PropertyLine; readonly value: string }[]>()
  #isCommentAbove = false

  constructor(complaints: Complaints) {
    this.#complaints = complaints
  }

  comment(text: string, line: number): void {
    if (!this.#isCommentAbove) this.end()
    this.#isCommentAbove = true
    for (const subject of Object.keys(sayings) as Subject[]) {
      for (const [written, number = '', unit = ''] of text.matchAll(sayings[subject])) {
        const saying = { value: subject === 'time' ? inMs(number, unit) : number, written, line }
        const list = this.#said.get(subject)
        if (list === undefined) this.#said.set(subject, [saying])
        else list.push(saying)
      }
    }
  }

  property(line: PropertyLine): void {
    this.#isCommentAbove = false
    if (this.#said.size === 0 || line.expanded) return
    const [subject, unitMs] = directives[line.name.slice(line.name.lastIndexOf('.') + 1)] ?? []
    if (subject === undefined || !this.#said.has(subject)) return
    const value = subject === 'time' ? String(Number(line.value) * (unitMs ?? 1)) : line.value
    // A name says nothing about an address.
    if (subject === 'address' && !/^[\d.]+$/.test(value)) return
    const list = this.#found.get(subject)
    if (list === undefined) this.#found.set(subject, [{ line, value }])
    else list.push({ line, value })
  }

  /** At an empty line, and at the end. */
  end(): void {
    for (const [subject, [saying, ...more]] of this.#said) {
      const found = this.#found.get(subject)
      // Of two things of a kind nobody knows which is meant.
      if (saying === undefined || more.length > 0 || found?.length !== 1) continue
      const [{ line, value }] = found as [{ line: PropertyLine; value: string }]
      if (value === saying.value) continue
      const message = `${shown(line.value)}, but the comment in line ${saying.line} says ${shown(saying.written)}`
      this.#complaints.add('CONFIG_COMMENT_DIFFERS', line.valueAt, line.name, message, 'correct one of them')
    }
    this.#isCommentAbove = false
    if (this.#said.size > 0) this.#said = new Map()
    if (this.#found.size > 0) this.#found = new Map()
  }
}

function inMs(number: string, unit: string): string {
  const [, ms = 1] = unitsMs.find(([name]) => name.test(unit)) ?? []
  return String(Number(number) * ms)
}

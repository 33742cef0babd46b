/**
 * The head of an answer: SEND_HEADERS to the text that a client gets (ajp13.md 4.1, 4.5). Containers repeat themselves, so
 * the last head is remembered and the next one, when its bytes are the same, not even decoded.
 */
import { STATUS_CODES } from 'node:http'
import { decodeSendHeaders, type ResponseHead, reasonPhrase, UNKNOWN_LENGTH } from '../ajp/index.ts'
import { FIELD, type FieldId, fieldId, hasBody } from '../http1/index.ts'
import type { DateLine } from './date-line.ts'
import type { AnswerHead } from './exchange.ts'

/** Fields of the container's connection, and those that are written anew. Transfer-Encoding has no meaning in AJP. */
const OWN_FIELDS: ReadonlySet<FieldId> = new Set<FieldId>([
  FIELD.CONNECTION,
  FIELD.CONTENT_LENGTH,
  FIELD.TRANSFER_ENCODING,
  FIELD.UPGRADE,
  FIELD.KEEP_ALIVE,
  FIELD.PROXY_CONNECTION,
  FIELD.TE,
  FIELD.TRAILER,
])

const RESET_CONTENT = 205
const NOT_MODIFIED = 304
const NO_CONTENT = 204

/** Heads longer than this are not remembered: an idle connection should not keep them. */
const MAX_REMEMBERED_BYTES = 2_048

export interface AjpAnswer {
  readonly head: AnswerHead
  readonly status: number
  /** How much body follows, or UNKNOWN_LENGTH. */
  readonly bodyLength: number
  /** What comes as body is not one (HEAD, 204, 205, 304). */
  readonly isBodyless: boolean
}

export class AnswerHeads {
  readonly #dates: DateLine
  #lastBytes: Buffer | undefined
  #lastIsHead = false
  /** The Date that the last answer got, empty when it brought its own. */
  #lastDate = ''
  #last: AjpAnswer | undefined

  constructor(dates: DateLine) {
    this.#dates = dates
  }

  /** Of the payload that lies in `bytes` from `start` to `end`. Throws an AjpError. */
  read(bytes: Buffer, start: number, end: number, method: string): AjpAnswer {
    const last = this.#last
    const isHead = method === 'HEAD'
    if (
      last !== undefined &&
      this.#lastIsHead === isHead &&
      this.#lastBytes!.length === end - start &&
      (this.#lastDate === '' || this.#lastDate === this.#dates.text) &&
      this.#lastBytes!.compare(bytes, start, end) === 0
    )
      return last
    const head = decodeSendHeaders(bytes.subarray(start, end))
    const date = hasDate(head) ? '' : this.#dates.text
    const answer = ajpAnswer(head, method, date)
    this.#last = undefined
    if (end - start <= MAX_REMEMBERED_BYTES) {
      this.#last = answer
      this.#lastBytes = Buffer.from(bytes.subarray(start, end))
      this.#lastIsHead = isHead
      this.#lastDate = date
    }
    return answer
  }
}

function hasDate({ headers }: ResponseHead): boolean {
  for (let i = 0; i < headers.length; i += 2) if (fieldId(headers[i]!) === FIELD.DATE) return true
  return false
}

/** `date` is a Date line to add, or empty. */
export function ajpAnswer(head: ResponseHead, method: string, date: string): AjpAnswer {
  const { status, bodyLength } = head
  const isBodyless = status === RESET_CONTENT || !hasBody(status, method)
  const text = [
    `HTTP/1.1 ${status} ${reasonPhrase(head) || (STATUS_CODES[status] ?? '')}\r\n`,
    endToEndLines(head),
    date,
  ]
  // HEAD tells what a GET would have brought. What Tomcat says with 204 and 304 is the length of a body that it kept.
  if (isBodyless && bodyLength !== UNKNOWN_LENGTH && tellsLength(status)) text.push(`Content-Length: ${bodyLength}\r\n`)
  return {
    head: { status, text: text.join(''), ...framingOf(status, isBodyless, bodyLength) },
    status,
    bodyLength: isBodyless ? 0 : bodyLength,
    isBodyless,
  }
}

function tellsLength(status: number): boolean {
  return status !== NO_CONTENT && status !== NOT_MODIFIED && status !== RESET_CONTENT
}

function framingOf(status: number, isBodyless: boolean, length: number): Pick<AnswerHead, 'framing' | 'length'> {
  // A client expects a body of 205 unless it is told that there is none (RFC 9110 15.3.6).
  if (status === RESET_CONTENT) return { framing: 'length', length: 0 }
  if (isBodyless) return { framing: 'none', length: -1 }
  return length === UNKNOWN_LENGTH ? { framing: 'unknown', length: -1 } : { framing: 'length', length }
}

function endToEndLines({ headers }: ResponseHead): string {
  let options: Set<string> | undefined
  for (let i = 0; i < headers.length; i += 2) {
    if (fieldId(headers[i]!) !== FIELD.CONNECTION) continue
    options ??= new Set()
    for (const option of headers[i + 1]!.split(',')) options.add(option.trim().toLowerCase())
  }
  let lines = ''
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    const id = fieldId(name)
    if (id !== FIELD.OTHER && OWN_FIELDS.has(id)) continue
    if (options?.has(name.toLowerCase())) continue
    lines += `${name}: ${headers[i + 1]!}\r\n`
  }
  return lines
}

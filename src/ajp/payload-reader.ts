/**
 * Reads the data types of AJP/1.3 from one payload, never past its end (ajp13.md 1.3).
 *
 *   byte | integer: u16 big-endian | string: length u16, that many bytes, 00 | null string: FF FF
 *
 * The payload becomes one latin1 text and every string a slice of it: one call into native code per packet. A slice of
 * 13 characters or more keeps that text alive, which is at most one packet.
 */
import { CHAR, type CharClass, classNoun, TOKEN } from './chars.ts'
import { HEADER_CODE, NULL_STRING } from './constants.ts'
import { AjpError, type AjpErrorCode } from './errors.ts'
import { NO_CODE } from './header-codes.ts'

export class PayloadReader {
  readonly #bytes: Buffer
  readonly #text: string
  #at = 0

  constructor(payload: Buffer) {
    this.#bytes = payload
    this.#text = payload.toString('latin1')
  }

  /** Where the next value begins. */
  get offset(): number {
    return this.#at
  }

  /** Passes over bytes that are known. */
  skip(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw this.fail('AJP_SHORT')
    this.#at += bytes
  }

  u8(): number {
    if (this.#at >= this.#bytes.length) throw this.fail('AJP_SHORT')
    return this.#bytes[this.#at++]!
  }

  u16(): number {
    const at = this.#at
    if (at + 2 > this.#bytes.length) throw this.fail('AJP_SHORT')
    this.#at = at + 2
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!
  }

  /** A string that may be null. */
  string(charClass: CharClass): string | null {
    const length = this.u16()
    return length === NULL_STRING ? null : this.#chars(length, charClass)
  }

  /** A string that may not be null. */
  text(charClass: CharClass): string {
    const length = this.u16()
    if (length === NULL_STRING) throw this.fail('AJP_STRING', 'null')
    return this.#chars(length, charClass)
  }

  /** A header name: the code that stands for it, or NO_CODE when a string follows, for `headerName`. */
  headerCode(): number {
    const at = this.#at
    if (at + 2 > this.#bytes.length) throw this.fail('AJP_SHORT')
    if (this.#bytes[at] !== HEADER_CODE) return NO_CODE
    const code = this.#bytes[at + 1]!
    if (code === NO_CODE) throw this.fail('AJP_HEADER_CODE', 'A000')
    this.#at = at + 2
    return code
  }

  headerName(): string {
    const name = this.text(TOKEN)
    if (name === '') throw this.fail('AJP_CHARACTER', 'a header without a name')
    return name
  }

  /** Nothing may follow. */
  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw this.fail('AJP_TRAILING', `${left} bytes`)
  }

  /** An error that says where. */
  fail(code: AjpErrorCode, fact?: string): AjpError {
    return new AjpError(code, `${fact === undefined ? '' : `${fact} `}at offset ${this.#at} of ${this.#bytes.length}`)
  }

  #chars(length: number, charClass: CharClass): string {
    const bytes = this.#bytes
    const start = this.#at
    const end = start + length
    // The NUL must be there, too.
    if (end >= bytes.length) throw this.fail('AJP_SHORT', `a string of ${length} bytes`)
    let good: number = charClass
    for (let i = start; i < end; i++) good &= CHAR[bytes[i]!]!
    if (good === 0) throw this.fail('AJP_CHARACTER', `${classNoun(charClass)} of ${length} bytes`)
    if (bytes[end] !== 0) throw this.fail('AJP_STRING', `${length} bytes without NUL`)
    this.#at = end + 1
    return this.#text.slice(start, end)
  }
}

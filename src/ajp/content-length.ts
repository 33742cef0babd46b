/** How long a body is, when a header says so. One reading for requests and responses. */
import { AjpError } from './errors.ts'

/** No header says how long the body is. */
export const UNKNOWN_LENGTH = -1

/** More than any body has, and exact in a double. Tomcat takes up to 2^63-1. */
const MAX_LENGTH = Number.MAX_SAFE_INTEGER
/** As many digits as that has; longer ones are padded. */
const MAX_DIGITS = 16

/** The same of a header that there may be only one of; `before` is what the ones so far said, or UNKNOWN_LENGTH. */
export function onlyContentLength(before: number, value: string): number {
  if (before !== UNKNOWN_LENGTH) throw new AjpError('AJP_CONTENT_LENGTH', 'two of them')
  return parseContentLength(value)
}

/** Digits only: signed, empty, spaced and listed values are refused, for others might read them differently. */
export function parseContentLength(value: string): number {
  let length = value === '' || value.length > MAX_DIGITS ? Number.NaN : 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    length = digit >= 0 && digit <= 9 ? length * 10 + digit : Number.NaN
  }
  if (length <= MAX_LENGTH) return length
  throw new AjpError('AJP_CONTENT_LENGTH', value.slice(0, MAX_DIGITS + 4))
}

/** What is left of a body after `bytes` of it. */
export function lengthLeft(left: number, bytes: number): number {
  if (left === UNKNOWN_LENGTH) return UNKNOWN_LENGTH
  if (bytes > left) throw new AjpError('AJP_BODY_LONG', `${bytes - left} bytes or more`)
  return left - bytes
}

/** What is wrong with a request in the words of its parser, to the code the front refuses it with. */
import type { Http1Error, Http1ErrorCode } from '../../http1/index.ts'
import { type HeadLimits, Http1Error as Http1ErrorClass } from '../../http1/index.ts'
import type { BalancerErrorCode } from '../errors.ts'

const codes = {
  HTTP1_REQUEST_LINE: 'FRONT_BAD_REQUEST',
  HTTP1_TARGET: 'FRONT_BAD_REQUEST',
  HTTP1_TARGET_TOO_LONG: 'FRONT_TARGET_TOO_LONG',
  HTTP1_METHOD: 'FRONT_METHOD',
  HTTP1_VERSION: 'FRONT_VERSION',
  HTTP1_FIELD: 'FRONT_BAD_REQUEST',
  HTTP1_HEAD_TOO_LARGE: 'FRONT_HEAD_TOO_LARGE',
  HTTP1_TOO_MANY_FIELDS: 'FRONT_TOO_MANY_FIELDS',
  HTTP1_HOST: 'FRONT_BAD_REQUEST',
  HTTP1_FRAMING: 'FRONT_BAD_REQUEST',
  HTTP1_CODING: 'FRONT_CODING',
  HTTP1_EXPECT: 'FRONT_EXPECTATION',
  HTTP1_CHUNK: 'FRONT_BAD_BODY',
  HTTP1_STATUS_LINE: 'FRONT_BAD_REQUEST',
} as const satisfies Record<Http1ErrorCode, BalancerErrorCode>

export function frontCode(error: Http1Error): BalancerErrorCode {
  return codes[error.code]
}

/**
 * Judges a head that is not complete yet: what is wrong already is refused now rather than after a timeout.
 * `text` holds at most a head's worth of the `bytes` that have arrived; `lineEnd` is the end of the request line or -1.
 */
export function checkBegunHead(text: string, start: number, lineEnd: number, bytes: number, limits: HeadLimits): void {
  if (/(?:^|[^\r])\n|\r[^\n]/.test(text)) throw new Http1ErrorClass('HTTP1_FIELD', 'bare CR or LF')
  if (lineEnd === -1) {
    const line = text.slice(start)
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,32}(?: [\x21-\x7e]*(?: |$)|$)/.test(line))
      throw new Http1ErrorClass('HTTP1_REQUEST_LINE')
    if (line.length > limits.targetBytes + 64)
      throw new Http1ErrorClass('HTTP1_TARGET_TOO_LONG', `more than ${limits.targetBytes} bytes`)
  } else {
    // One line break in text for each field and one for the request line.
    let lines = 0
    for (let at = lineEnd; at !== -1; at = text.indexOf('\r\n', at + 2)) lines++
    if (lines > limits.headerCount + 1)
      throw new Http1ErrorClass('HTTP1_TOO_MANY_FIELDS', `more than ${limits.headerCount}`)
  }
  if (bytes - start > limits.headBytes)
    throw new Http1ErrorClass('HTTP1_HEAD_TOO_LARGE', `more than ${limits.headBytes} bytes`)
}

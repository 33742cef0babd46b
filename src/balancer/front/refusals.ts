/** What is wrong with a request in the words of its parser, to the code the front refuses it with. */
import type { Http1Error, Http1ErrorCode } from '../../http1/index.ts'
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

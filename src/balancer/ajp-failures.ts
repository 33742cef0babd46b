/** What goes wrong on an AJP connection, in the words of the balancer. */
import type { AjpErrorCode } from '../ajp/index.ts'
import type { BalancerErrorCode } from './errors.ts'

/** For a client whose request cannot be said in AJP. */
export function requestFailure(code: AjpErrorCode): BalancerErrorCode {
  switch (code) {
    case 'AJP_TARGET_TOO_LARGE':
      return 'LB_TARGET_TOO_LONG'
    case 'AJP_TOO_MANY_HEADERS':
      return 'LB_TOO_MANY_FIELDS'
    case 'AJP_REQUEST_TOO_LARGE':
    case 'AJP_PACKET_TOO_LARGE':
      return 'LB_REQUEST_TOO_LARGE'
    default:
      return 'LB_REQUEST_UNFIT'
  }
}

/**
 * For an answer that breaks the protocol. As in mod_jk a worker that sends messages in the wrong place is not well, and one
 * whose packets are garbled keeps its state (mod_jk.md 4.8).
 */
export function answerFailure(code: AjpErrorCode): BalancerErrorCode {
  return code === 'AJP_ORDER' || code === 'AJP_TYPE' ? 'LB_REPLY_ILLEGAL' : 'LB_REPLY_MALFORMED'
}

export function connectFailure(cause: Error | undefined): BalancerErrorCode {
  const isRefusal = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
  return isRefusal ? 'LB_CONNECT_REFUSED' : 'LB_CONNECT_FAILED'
}

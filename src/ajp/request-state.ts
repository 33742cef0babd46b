/**
 * The container's account of one request body (ajp13.md 3 and appendix B): which packet is due, and how much is left. Pure;
 * what is delivered, asked for or closed is done where the answers are used.
 *
 *   none                         no body: nothing is due, nothing may be asked for
 *   owed  -> ready | done        content-length > 0: one packet comes unasked
 *   ready -> asked               the application reads: GET_BODY_CHUNK
 *   asked -> ready | done        exactly one packet answers
 *   done                         the end was seen, or all bytes have arrived
 *
 * A packet in `none`, `ready` or `done` is a violation. Kept and read later it would be a request: CVE-2011-3190.
 */
import { lengthLeft, UNKNOWN_LENGTH } from './content-length.ts'
import { AjpError } from './errors.ts'
import type { ForwardRequest } from './forward-request.ts'

export interface RequestState {
  readonly body: 'none' | 'owed' | 'ready' | 'asked' | 'done'
  /** Bytes still to come, or UNKNOWN_LENGTH. */
  readonly left: number
}

const NONE: RequestState = Object.freeze({ body: 'none', left: 0 })
const DONE: RequestState = Object.freeze({ body: 'done', left: 0 })
const READY_UNKNOWN: RequestState = Object.freeze({ body: 'ready', left: UNKNOWN_LENGTH })
const ASKED_UNKNOWN: RequestState = Object.freeze({ body: 'asked', left: UNKNOWN_LENGTH })
const OWED_UNKNOWN: RequestState = Object.freeze({ body: 'owed', left: UNKNOWN_LENGTH })

/** Without content-length and transfer-encoding HTTP expects no body here. mod_jk with JK_IGNORE_CL sends one elsewhere. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'])

/**
 * Where a request begins, from its headers alone.
 *
 * @param strictLength hold the body to its content-length. Without it only the empty packet ends a body, as in Tomcat:
 * for an input filter of httpd that inflates the body and forwards the old length.
 */
export function requestBegins(
  request: Pick<ForwardRequest, 'method' | 'bodyLength' | 'isChunked'>,
  strictLength = true,
): RequestState {
  const { bodyLength } = request
  if (bodyLength === 0) return NONE
  if (bodyLength > 0) return strictLength ? { body: 'owed', left: bodyLength } : OWED_UNKNOWN
  return request.isChunked || !BODILESS.has(request.method) ? READY_UNKNOWN : NONE
}

/** A packet must come before END_RESPONSE 1 may be sent: it is waited for and thrown away (3.4). */
export function isPacketDue({ body }: RequestState): boolean {
  return body === 'owed' || body === 'asked'
}

/** After GET_BODY_CHUNK was sent. Throws AJP_ORDER in every state but `ready`: our own mistake. */
export function bodyAsked(state: RequestState): RequestState {
  if (state.body !== 'ready') throw new AjpError('AJP_ORDER', `GET_BODY_CHUNK in state ${state.body}`)
  return state.left === UNKNOWN_LENGTH ? ASKED_UNKNOWN : { body: 'asked', left: state.left }
}

/**
 * After a packet with `bytes` of data; 0 is the end of the body. Throws AJP_ORDER when none was due, AJP_BODY_LONG, and
 * AJP_BODY_SHORT: the application must not take the body for complete.
 */
export function bodyReceived(state: RequestState, bytes: number): RequestState {
  if (!isPacketDue(state)) throw new AjpError('AJP_ORDER', `a packet with the body in state ${state.body}`)
  if (bytes === 0) {
    if (state.left > 0) throw new AjpError('AJP_BODY_SHORT', `${state.left} bytes are missing`)
    return DONE
  }
  const left = lengthLeft(state.left, bytes)
  if (left === 0) return DONE
  return left === UNKNOWN_LENGTH ? READY_UNKNOWN : { body: 'ready', left }
}

/**
 * The web server's view of one connection (ajp13.md 4 and appendix A): what the container may send next, and which packets
 * of the request body it waits for. Pure; two values of one word each are all that a connection has to keep.
 *
 *   idle -> ping -> idle                           CPING is answered by exactly CPONG
 *   idle -> wait -> body -> idle                   SEND_HEADERS once, chunks, END_RESPONSE; GET_BODY_CHUNK anywhere
 */
import { MESSAGE, type ResponseMessage } from './constants.ts'
import { AjpError } from './errors.ts'

/** `ping` and `wait` are entered by sending CPING and FORWARD_REQUEST, only from `idle`. */
export type ResponsePhase = 'idle' | 'ping' | 'wait' | 'body'

/**
 * After a message from the container. Throws AJP_ORDER when it may not come now: the connection is to be destroyed.
 *
 * @param dataBytes of a SEND_BODY_CHUNK; one without data asks to flush, and is nothing before SEND_HEADERS
 */
export function responseReceived(phase: ResponsePhase, message: ResponseMessage, dataBytes = 0): ResponsePhase {
  switch (message) {
    case MESSAGE.CPONG:
      if (phase === 'ping') return 'idle'
      break
    case MESSAGE.GET_BODY_CHUNK:
      if (phase === 'wait' || phase === 'body') return phase
      break
    case MESSAGE.SEND_HEADERS:
      if (phase === 'wait') return 'body'
      break
    case MESSAGE.SEND_BODY_CHUNK:
      if (phase === 'body' || (phase === 'wait' && dataBytes === 0)) return phase
      break
    case MESSAGE.END_RESPONSE:
      if (phase === 'body') return 'idle'
      break
  }
  throw new AjpError('AJP_ORDER', `type ${message} in phase ${phase}`)
}

/** Packets of the request body that the container waits for: the unasked first one, one that it asked for, or both. */
export type DuePackets = 'nothing' | 'first' | 'asked' | 'first and asked'

/** After FORWARD_REQUEST: one packet is owed if and only if it announced a body (3.2). */
export function dueAfterRequest(contentLength: number): DuePackets {
  return contentLength > 0 ? 'first' : 'nothing'
}

/** After GET_BODY_CHUNK. Throws AJP_ORDER while the one before it is unanswered. */
export function dueAfterAsking(due: DuePackets): DuePackets {
  if (due === 'nothing') return 'asked'
  if (due === 'first') return 'first and asked'
  throw new AjpError('AJP_ORDER', 'GET_BODY_CHUNK while one is unanswered')
}

/** After a body packet was sent. Throws AJP_ORDER when none was due: sent now it would be read as a message. */
export function dueAfterSending(due: DuePackets): DuePackets {
  if (due === 'nothing') throw new AjpError('AJP_ORDER', 'a body packet that nobody waits for')
  return due === 'first and asked' ? 'asked' : 'nothing'
}

/**
 * Whether the connection may carry another request after END_RESPONSE. If not it is to be destroyed at once: Tomcat leaves
 * it open, and would take what is still to be sent for a request.
 *
 * @param mayReuse of END_RESPONSE
 * @param surplusBytes received behind END_RESPONSE
 */
export function isReusable(mayReuse: boolean, due: DuePackets, surplusBytes: number): boolean {
  return mayReuse && due === 'nothing' && surplusBytes === 0
}

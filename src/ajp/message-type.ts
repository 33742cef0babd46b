/**
 * Which message a payload is, by its first byte. Not to be asked where a packet of the request body is due: those have no
 * type, and their data would choose one (ajp13.md 7.2).
 */
import { MESSAGE, type RequestMessage, type ResponseMessage } from './constants.ts'
import { AjpError } from './errors.ts'

/** What a web server sent. SHUTDOWN, PING and an end of body that nobody waits for are AJP_TYPE like all else. */
export function requestMessage(payload: Buffer): RequestMessage {
  const type = payload[0]
  if (type === MESSAGE.FORWARD_REQUEST) return type
  if (type === MESSAGE.CPING && payload.length === 1) return type
  throw wrongType(payload, 'a web server')
}

/** What a container sent. */
export function responseMessage(payload: Buffer): ResponseMessage {
  const type = payload[0]
  switch (type) {
    case MESSAGE.SEND_BODY_CHUNK:
    case MESSAGE.SEND_HEADERS:
    case MESSAGE.END_RESPONSE:
    case MESSAGE.GET_BODY_CHUNK:
      return type
    case MESSAGE.CPONG:
      if (payload.length === 1) return type
  }
  throw wrongType(payload, 'a container')
}

/** A payload that is no message of its sender. */
export function wrongType(payload: Buffer, sender: string): AjpError {
  const what = payload.length === 0 ? 'an empty packet' : `type ${payload[0]} with ${payload.length} bytes`
  return new AjpError('AJP_TYPE', `${what} from ${sender}`)
}

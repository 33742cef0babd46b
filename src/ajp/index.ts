/**
 * AJP/1.3 as bytes and rules (ajp13.md), for both ends: the web server that forwards requests and the container that
 * answers them. Pure: nothing here opens a socket, starts a timer or keeps state beyond one packet, and the state machines
 * of both ends are functions. What breaks the protocol is an {@link AjpError} that says what to answer.
 */
export {
  assembleForwardRequest,
  type ClientFactsToForward,
  type ClientSection,
  encodeAttributes,
  encodeClientSection,
  keepClientSection,
  type RequestToAssemble,
  type WorkerSection,
} from './assemble-forward-request.ts'
export { bodyHead, decodeBody, END_OF_BODY, encodeBody, firstBodyBytes } from './body.ts'
export {
  ATTRIBUTE,
  checkPacketSize,
  DEFAULT_MAX_HEADERS,
  HEAD_BYTES,
  MAGIC,
  MAX_PACKET_BYTES,
  type Magic,
  MESSAGE,
  METHODS,
  MIN_PACKET_BYTES,
  maxBodyBytes,
  maxChunkBytes,
  maxPayloadBytes,
  NAMED,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  type RequestMessage,
  type ResponseMessage,
  STANDARD_NAMES,
} from './constants.ts'
export { lengthLeft, parseContentLength, UNKNOWN_LENGTH } from './content-length.ts'
export { decodeForwardRequest } from './decode-forward-request.ts'
export { DEFAULT_FORWARD_OPTIONS, encodeForwardRequest, type ForwardOptions } from './encode-forward-request.ts'
export { AjpError, type AjpErrorCode, ajpErrors } from './errors.ts'
export {
  type ForwardRequest,
  NO_ATTRIBUTES,
  type RequestAttributes,
  type RequestFacts,
  type RequestToForward,
} from './forward-request.ts'
export { HeaderMemory } from './header-memory.ts'
export { encodeRequestHeaders, type HeaderSection } from './header-section.ts'
export { isHost } from './host.ts'
export { requestMessage, responseMessage } from './message-type.ts'
export { PacketReader } from './packet-reader.ts'
export { PacketWriter } from './packet-writer.ts'
export { bodyAsked, bodyReceived, isPacketDue, type RequestState, requestBegins } from './request-state.ts'
export {
  CHUNK_END,
  CPING,
  CPONG,
  chunkHead,
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  END_AND_CLOSE,
  END_AND_KEEP,
  encodeChunk,
  encodeTextChunk,
  FLUSH,
  getBodyPacket,
} from './response.ts'
export { NO_MESSAGE, ResponseReader } from './response-reader.ts'
export {
  type DuePackets,
  dueAfterAsking,
  dueAfterRequest,
  dueAfterSending,
  isReusable,
  type ResponsePhase,
  responseReceived,
} from './response-state.ts'
export {
  decodeSendHeaders,
  encodeSendHeaders,
  type ResponseHead,
  type ResponseToSend,
  reasonPhrase,
} from './send-headers.ts'

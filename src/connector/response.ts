/**
 * The response as the application sees it: an `http.ServerResponse`. Headers, status and their rules are Node's, and all
 * that Node leaves to the socket of a response is done by ours; what is written goes to answer.ts.
 *
 * As with requests, what makes a response ours are properties of its own: Express gives every response another prototype,
 * whose methods are Node's.
 */
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Answer, Callback } from './answer.ts'
import type { AjpRequest } from './request.ts'
import type { StoredHeaders } from './response-head.ts'

const ANSWER = Symbol('answer of the response')

type Methods = Pick<ServerResponse, 'write' | 'end'> & {
  _storeHeader(firstLine: string, headers: StoredHeaders): void
  _send(data: unknown, encoding?: unknown, callback?: Callback): boolean
  _writeRaw(data: unknown, encoding?: unknown, callback?: Callback): boolean
}

type Own = Methods & { [ANSWER]: Answer; socket: Socket | null }

export class AjpResponse extends ServerResponse<AjpRequest> {
  constructor(request: AjpRequest, answer: Answer) {
    super(request)
    const own = this as unknown as Own
    own[ANSWER] = answer
    own.socket = request.socket
    own.write = write
    own.end = end
    own._storeHeader = storeHeader
    own._send = send
    own._writeRaw = writeRaw
  }
}

function write(this: Own, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  return this[ANSWER].write(chunk, encoding, callback)
}

function end<This extends Own>(this: This, chunk?: unknown, encoding?: unknown, callback?: unknown): This {
  this[ANSWER].end(chunk, encoding, callback)
  return this
}

/** `writeHead` has done its part. */
function storeHeader(this: Own, firstLine: string, headers: StoredHeaders): void {
  this[ANSWER].storeHead(firstLine, headers)
}

/** What Node sends besides the body is the head, with `flushHeaders`. */
function send(this: Own, _data: unknown, _encoding?: unknown, callback?: Callback): boolean {
  this[ANSWER].schedule()
  return notSent(callback)
}

/** AJP has no interim responses (ajp13.md 3.7): `writeContinue`, `writeProcessing`, `writeEarlyHints`. */
function writeRaw(this: Own, _data: unknown, _encoding?: unknown, callback?: Callback): boolean {
  return notSent(callback)
}

function notSent(callback: Callback | undefined): true {
  if (typeof callback === 'function') process.nextTick(callback)
  return true
}

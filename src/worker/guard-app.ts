/**
 * What happens when the app throws, or rejects, while it handles a request: that request fails, the worker goes on, as a
 * servlet's exception does not end Tomcat. What the app throws elsewhere, in a timer or an event listener, is nobody's
 * request; it ends the process, as Node has it.
 */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { SessionError } from '../session/index.ts'
import type { RequestHandler } from './load-app.ts'

type Failed = (error: unknown, method: string, url: string) => void

export function guardApp(app: RequestHandler, failed: Failed): RequestHandler {
  return (request, response) => {
    const fail = (error: unknown): void => {
      answerFailure(response, error instanceof SessionError ? error.status : 500)
      failed(error, request.method ?? '', request.url ?? '')
    }
    try {
      const result = app(request, response)
      if (isThenable(result)) result.then(undefined, fail)
    } catch (error) {
      fail(error)
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Nothing of the error itself: whoever asked need not know it. What was answered before the failure is the answer. */
function answerFailure(response: ServerResponse, status: number): void {
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = status
  response.setHeader('content-type', 'text/plain')
  response.end(`${STATUS_CODES[status]}\n`)
}

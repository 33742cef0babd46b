/**
 * The sample app of `clowder up`: counts the requests of a session, so that one can see sessions survive.
 *
 *   GET /        a page to look at; counts
 *   GET /count   `<n> <session id> <route>\n`; counts
 *   GET /plain   `ok\n`, without a session
 */
import type { ServerResponse } from 'node:http'
import type { RequestWith } from '../../adapters/node-http.ts'
import type { WorkerContext } from '../../worker/index.ts'
import { PAGE_POLICY, renderJson, renderPage, type Visit } from './page.ts'

type Request = RequestWith<{ count: number }>

export default function sampleApp(worker: WorkerContext) {
  return (request: Request, response: ServerResponse): void => {
    const path = request.url!.split('?', 1)[0]
    // What a session counts is nobody else's, and no answer is like the last.
    response.setHeader('cache-control', 'no-store')
    if (path === '/count') {
      const { count, sessionId } = visit(request, worker)
      answer(response, 'text/plain', `${count} ${sessionId} ${worker.route}\n`)
    } else if (path === '/plain') {
      answer(response, 'text/plain', 'ok\n')
    } else if (path === '/') {
      const found = visit(request, worker)
      response.setHeader('vary', 'accept')
      if (request.headers.accept === 'application/json') answer(response, 'application/json', renderJson(found))
      else {
        response.setHeader('content-security-policy', PAGE_POLICY)
        response.setHeader('x-content-type-options', 'nosniff')
        answer(response, 'text/html; charset=utf-8', renderPage(found))
      }
    } else {
      response.statusCode = 404
      answer(response, 'text/plain', 'There is /, /count and /plain.\n')
    }
  }
}

function visit(request: Request, worker: WorkerContext): Visit {
  const { session } = request
  session.count = (session.count ?? 0) + 1
  return { count: session.count, sessionId: session.id, worker: worker.name, pid: process.pid }
}

function answer(response: ServerResponse, type: string, body: string): void {
  response.setHeader('content-type', type)
  response.end(body)
}

/**
 * The application for Node: what tomcat-app does, as a handler of `node:http`, written as an application is that knows
 * nothing of AJP. What it sees of a request is noted under the name in X-Case, then the steps in X-Answer are done:
 *
 *   read               the request's body to its end     gzip N       as bytes N, zipped for whom accepts it
 *   status N           header N: V     add N: V          flush        what was written so far must be sent
 *   length N           announces a Content-Length        await GATE   until the test opens the gate
 *   text T             a line                            error N T    an error page
 *   bytes N            byte i is i mod 251               redirect TO
 *   endless            bytes until nobody takes them     session      counts in a session
 *   large N            a header of N bytes               throw
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describeRequest } from './describe-request.ts'
import { BodyNote, type Notes } from './notes.ts'
import { Output } from './output.ts'
import { sendError, serveStatic } from './static-file.ts'

const ROUTE = 'node1'

interface Step {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly output: Output
  readonly facts: Map<string, string>
  readonly gate: (name: string) => Promise<void>
}

export function nodeApp(notes: Notes, staticFolder: string): RequestListener {
  const sessions = new Map<string, number>()
  return (request, response) => {
    const path = (request.url ?? '').split('?')[0]!
    if (path.startsWith('/static/')) return serveStatic(request, response, staticFolder)
    if (path !== '/probe' && !path.startsWith('/probe/')) return sendError(response, 404)
    const note = notes.open(field(request, 'x-case'))
    for (const [name, value] of describeRequest(request)) note.facts.set(name, value)
    const step: Step = {
      request,
      response,
      output: new Output(response, note.facts),
      facts: note.facts,
      gate: (name) => note.gate(name),
    }
    void run(step, sessions)
  }
}

async function run(step: Step, sessions: Map<string, number>): Promise<void> {
  const { request, response, facts } = step
  facts.set('outcome', 'running')
  try {
    for (const line of (field(request, 'x-answer') ?? 'text ok').split(' | ')) {
      facts.set('step', line)
      await perform(line, step, sessions)
    }
    step.output.end()
    facts.set('outcome', 'done')
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code !== 'APP'
    facts.set('outcome', isGone ? 'gone' : 'thrown')
    // As frameworks do: a page while there is time, else no clean end.
    if (isGone || response.headersSent) response.destroy()
    else sendError(response, 500)
  }
}

async function perform(line: string, step: Step, sessions: Map<string, number>): Promise<void> {
  const { request, response, output, facts } = step
  const [, verb = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line)!
  const [, name = '', value = ''] = /^([^:]*): (.*)$/.exec(rest) ?? []
  switch (verb) {
    case 'read':
      return read(request, facts)
    case 'status':
      response.statusCode = Number(rest)
      return
    case 'header':
      response.setHeader(name, value)
      return
    case 'add':
      response.appendHeader(name, value)
      return
    case 'large':
      response.setHeader('X-Large', 'y'.repeat(Number(rest)))
      return
    case 'length':
      response.setHeader('Content-Length', rest)
      return
    case 'text':
      return output.write(Buffer.from(`${rest}\n`))
    case 'bytes':
      return output.pattern(Number(rest))
    case 'endless':
      return output.pattern(Number.POSITIVE_INFINITY)
    case 'gzip': {
      response.appendHeader('Vary', 'accept-encoding')
      if (!(field(request, 'accept-encoding') ?? '').includes('gzip')) return output.pattern(Number(rest))
      response.setHeader('Content-Encoding', 'gzip')
      facts.set('written', rest)
      return output.write(gzipSync(patternOf(Number(rest))))
    }
    case 'flush':
      return output.flush()
    case 'await':
      return step.gate(rest)
    case 'error':
      sendError(response, Number(rest.slice(0, 3)))
      return
    case 'redirect':
      response.writeHead(302, { Location: rest, 'Content-Length': 0 }).end()
      return
    case 'session': {
      const known = /(?:^|; )JSESSIONID=([^;]*)/.exec(field(request, 'cookie') ?? '')?.[1] ?? ''
      const id = sessions.has(known) ? known : `${randomBytes(16).toString('hex').toUpperCase()}.${ROUTE}`
      if (id !== known) response.appendHeader('Set-Cookie', `JSESSIONID=${id}; Path=/; HttpOnly`)
      sessions.set(id, (sessions.get(id) ?? 0) + 1)
      facts.set('session.count', String(sessions.get(id)))
      facts.set('session.id', id)
      return
    }
    case 'throw':
      throw Object.assign(new Error('thrown as asked'), { code: 'APP' })
    default:
      throw Object.assign(new Error(`no such step: ${verb}`), { code: 'APP' })
  }
}

async function read(request: IncomingMessage, facts: Map<string, string>): Promise<void> {
  const body = new BodyNote(facts)
  try {
    for await (const piece of request) body.add(piece as Buffer)
  } catch (error) {
    body.fail()
    throw error
  }
  body.end()
}

function patternOf(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => i % 251))
}

function field(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

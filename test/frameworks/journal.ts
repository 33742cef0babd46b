/**
 * What one app saw and said: per request its head, the order of its events, and whatever the app's own code noted. The
 * client names each request in `X-Play`, and can meet the app at a barrier of that name to fix the order of things.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Barriers } from '../kit/barrier.ts'
import { until } from '../kit/until.ts'

export class Visit {
  readonly #barriers = new Barriers()
  readonly facts = new Map<string, string>()
  readonly events: string[] = []
  requestLine: string | undefined
  rawHeaders: readonly string[] = []
  /** Code of the app that goes on by itself. */
  isBusy = false
  /** Whether nothing can happen to this request any more. */
  isOver = (): boolean => true

  /** Something whose value is compared. */
  note(name: string, value: unknown): void {
    this.facts.set(name, describe(value))
  }

  /** Something whose place among the others is compared. */
  event(name: string): void {
    this.events.push(name)
  }

  /** Waits until app and client are both here. */
  meet(name: string): Promise<void> {
    return this.#barriers.meet(name)
  }
}

export class Journal {
  readonly #visits = new Map<string, Visit>()

  /** The visit of that name, which may not have come yet. */
  visit(name: string): Visit {
    let visit = this.#visits.get(name)
    if (visit === undefined) {
      visit = new Visit()
      this.#visits.set(name, visit)
    }
    return visit
  }

  of(request: IncomingMessage): Visit {
    return this.visit(String(request.headers['x-play']))
  }

  /** The app, with its streams observed. */
  observing(app: RequestListener): RequestListener {
    return (request, response) => {
      observe(this.of(request), request, response)
      app(request, response)
    }
  }

  /** Waits until everything about these requests has happened, as far as they came to the app. */
  async settle(names: readonly string[]): Promise<void> {
    await until(`the app is done with ${names.join(', ')}`, () => names.every((name) => this.visit(name).isOver()), {
      everyMs: 1,
    })
    // What listeners of the last event still say.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  }
}

function observe(visit: Visit, request: IncomingMessage, response: ServerResponse): void {
  visit.requestLine = `${request.method} ${request.url} HTTP/${request.httpVersion}`
  visit.rawHeaders = request.rawHeaders
  const { socket } = request
  // A request that nobody reads to its end is never closed, not even with its connection.
  visit.isOver = () => !visit.isBusy && response.closed && (request.closed || request.isPaused() || socket.destroyed)
  request.once('end', () => visit.event(`request end, ${request.complete ? 'complete' : 'incomplete'}`))
  request.once('aborted', () => visit.event('request aborted'))
  request.once('error', (error: NodeJS.ErrnoException) => visit.event(`request error ${error.code}`))
  request.once('close', () => visit.event(`request close${request.aborted ? ', aborted' : ''}`))
  response.once('finish', () => visit.event(`response finish${response.writableFinished ? '' : ', but not finished'}`))
  response.once('error', (error: NodeJS.ErrnoException) => visit.event(`response error ${error.code}`))
  response.once('close', () => visit.event(`response close${response.writableFinished ? '' : ', not finished'}`))
}

/** A value as text that is the same wherever the value is the same. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return digest(value)
  return JSON.stringify(value) ?? String(value)
}

/** Long bytes in one line. */
export function digest(bytes: Uint8Array): string {
  return `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

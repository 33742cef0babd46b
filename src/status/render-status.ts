/** A request on a status worker to its answer: pure, so that everything a page shows comes out of one snapshot. */
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import { type Format, readCommand } from './command.ts'
import { renderPage, renderRefusal } from './html-page.ts'
import type { StatusOptions } from './options.ts'
import { mask } from './query.ts'
import { serverFacts } from './server-facts.ts'
import { renderText, resultLine } from './text.ts'

export interface StatusRequest {
  /** The path of the page, as links shall write it. */
  readonly path: string
  /** What stands behind the `?`, as it came; empty for none. */
  readonly query: string
  /** As the client wrote it, with or without a port. */
  readonly host: string
  readonly encrypted: boolean
}

export interface StatusAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** To be sent as UTF-8; not to be sent for HEAD. */
  readonly body: string
}

/** Nothing may be loaded into the page but its stylesheet, and it may be put into no other page. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline' *; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const HEADERS: Readonly<Record<Format, Readonly<Record<string, string>>>> = {
  html: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': PAGE_POLICY,
    'Referrer-Policy': 'no-referrer',
  },
  txt: { 'Content-Type': 'text/plain' },
  unknown: { 'Content-Type': 'text/plain' },
}

/** Always 200, also for refusals: scripts read the result line (mod_jk.md 7.1 and 10, quirk 9). */
export function renderStatus(request: StatusRequest, snapshot: BalancerSnapshot, options: StatusOptions): StatusAnswer {
  const command = readCommand(request.query, snapshot)
  const server = serverFacts(request.host, request.encrypted, options)
  const facts = { server, path: mask(request.path), css: options.css }
  const { format } = command
  if ('message' in command) return answer(format, refusal(format, command.message, facts))
  return answer(
    format,
    format === 'html' ? renderPage(command, snapshot, facts) : renderText(command, snapshot, server),
  )
}

function refusal(format: Format, message: string, facts: Parameters<typeof renderRefusal>[1]): string {
  if (format === 'html') return renderRefusal(message, facts)
  if (format === 'txt') return resultLine('ERROR', message)
  // What mod_jk answers to a format it does not know (7.2): `xml` and `prop` are such ones as yet.
  return `worker.result.type=ERROR\nworker.result.message=${message}\n`
}

function answer(format: Format, body: string): StatusAnswer {
  return {
    status: 200,
    headers: {
      ...HEADERS[format],
      'Cache-Control': 'no-cache',
      Pragma: 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    },
    body,
  }
}

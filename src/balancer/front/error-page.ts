/**
 * What a client sees when there is no answer from a backend: a short page or a line of text, as it accepts, and never
 * anything that it sent itself.
 */
import { STATUS_CODES } from 'node:http'
import { FIELD, type RequestFields } from '../../http1/index.ts'
import { type BalancerErrorCode, balancerErrors } from '../errors.ts'
import type { AnswerHead } from '../exchange.ts'

export interface ErrorAnswer {
  readonly head: AnswerHead
  /** ASCII; empty for HEAD. */
  readonly body: string
}

export function errorAnswer(code: BalancerErrorCode, fields: RequestFields | undefined, method: string): ErrorAnswer {
  const { status, says } = balancerErrors[code]
  return pageAnswer(status, says, `X-Clowder-Error: ${code}\r\n`, fields, method)
}

/** Instead of what a backend answered (mod_jk.md 3.4, `use_server_errors`): of it only the challenge of a 401 remains. */
export function replacedAnswer({ status, text }: AnswerHead, fields: RequestFields, method: string): ErrorAnswer {
  const challenges = status === 401 ? (text.match(/^www-authenticate:.*\r\n/gim) ?? []) : []
  return pageAnswer(status, 'the application answered with an error', challenges.join(''), fields, method)
}

function pageAnswer(
  status: number,
  says: string,
  lines: string,
  fields: RequestFields | undefined,
  method: string,
): ErrorAnswer {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`
  const isHtml = acceptsHtml(fields)
  const page = isHtml ? htmlPage(title, says) : `${title}: ${says}\n`
  const text =
    `HTTP/1.1 ${title}\r\n` +
    `Content-Type: text/${isHtml ? 'html' : 'plain'}; charset=utf-8\r\n` +
    'Cache-Control: no-store\r\n' +
    (status === 503 ? 'Retry-After: 1\r\n' : '') +
    lines
  // For HEAD the length a GET would have had travels as a field, and no body follows.
  if (method === 'HEAD') {
    return {
      head: { status, text: `${text}Content-Length: ${page.length}\r\n`, framing: 'none', length: -1 },
      body: '',
    }
  }
  return { head: { status, text, framing: 'length', length: page.length }, body: page }
}

function acceptsHtml(fields: RequestFields | undefined): boolean {
  const at = fields?.ids.indexOf(FIELD.ACCEPT) ?? -1
  return at !== -1 && /\btext\/html\b/i.test(fields!.values[at]!)
}

function htmlPage(title: string, says: string): string {
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<meta name="color-scheme" content="light dark"><title>${title}</title>` +
    '<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}</style></head>\n' +
    `<body><h1>${title}</h1><p>${says}</p></body></html>\n`
  )
}

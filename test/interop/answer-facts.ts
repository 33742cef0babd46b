/**
 * An answer as facts. What follows from other facts is left out: a Content-Length that says how many bytes came, a
 * Transfer-Encoding that says how they came. An error page whose every byte follows from who made it and from the status
 * is noted as its maker.
 */
import { STATUS_CODES } from 'node:http'
import { type Answer, fieldOf } from './http-client.ts'

/** Bodies below are compared as they are. */
const TEXT_BYTES = 200

export function answerFacts(answer: Answer, method: string): Map<string, string> {
  const { framing, bytes, text } = answer
  const maker = method === 'HEAD' ? undefined : pageMaker(answer)
  const facts = new Map([
    ['client.version', answer.version],
    ['client.status', String(answer.status)],
    ['client.reason', answer.reason],
    ['client.ending', answer.ending],
  ])
  if (answer.interim.length > 0) facts.set('client.interim', answer.interim.join(' '))
  facts.set('client.framing', framing)
  if (maker !== undefined) facts.set('client.page', maker)
  else {
    facts.set('client.bytes', String(bytes))
    if (bytes < TEXT_BYTES) facts.set('client.text', text)
    else facts.set('client.sha256', answer.sha256)
  }
  for (const [given, value] of answer.fields) {
    const name = given.toLowerCase()
    if (name === 'content-length' && framing === 'length' && value === String(bytes)) continue
    if (name === 'transfer-encoding' && framing === 'chunked' && value === 'chunked') continue
    if (maker !== undefined && PAGE_FIELDS.has(name)) continue
    const fact = `client.header.${name}`
    const before = facts.get(fact)
    facts.set(fact, before === undefined ? value : `${before}\n${value}`)
  }
  return facts
}

const PAGE_FIELDS: ReadonlySet<string> = new Set([
  'content-type',
  'content-language',
  'cache-control',
  'x-clowder-error',
])

/** httpd's, which has changed over time. */
const DOCTYPE = /^<!DOCTYPE [^>]*>\n/

/** Whose error page it is. */
function pageMaker({ status, reason, text, fields }: Answer): string | undefined {
  const type = fieldOf(fields, 'content-type')
  const name = STATUS_CODES[status] ?? ''
  const httpd = `<html><head>\n<title>${status} ${reason}</title>\n`
  if (type === 'text/html; charset=iso-8859-1' && text.replace(DOCTYPE, '').startsWith(httpd)) return 'httpd'
  const tomcat = `<!doctype html><html lang="en"><head><title>HTTP Status ${status} `
  if (type === 'text/html;charset=utf-8' && text.startsWith(tomcat)) return 'Tomcat'
  if (type === 'text/plain' && text === `${name}\n`) return 'connector'
  const code = fieldOf(fields, 'x-clowder-error')
  if (code !== undefined && type === 'text/plain; charset=utf-8' && text.startsWith(`${status} ${name}: `))
    return `balancer ${code}`
  return undefined
}

/** What the Node application sees of a request, in the words of the Servlet specification, as probe.jsp notes it. */
import type { IncomingMessage } from 'node:http'
import { ajpFacts } from './ajp-facts.ts'

export function describeRequest(request: IncomingMessage): Map<string, string> {
  const { method, socket, rawHeaders } = request
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  const isSecure = 'encrypted' in socket && socket.encrypted === true
  const [name, port] = serverOf(request, isSecure)
  const facts = new Map<string, string>([
    ['method', method ?? 'null'],
    ['uri', mark === -1 ? url : url.slice(0, mark)],
    ['query', mark === -1 ? 'null' : url.slice(mark + 1)],
    ['protocol', `HTTP/${request.httpVersion}`],
    ['scheme', isSecure ? 'https' : 'http'],
    ['secure', String(isSecure)],
    ['serverName', name],
    ['serverPort', port],
    ['remoteAddr', String(socket.remoteAddress)],
    ['remotePort', String(socket.remotePort)],
    ['localAddr', String(socket.localAddress)],
    ['localPort', String(socket.localPort)],
  ])
  const fields = new Map<string, string[]>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const key = `header.${rawHeaders[i]!.toLowerCase()}`
    fields.set(key, [...(fields.get(key) ?? []), rawHeaders[i + 1]!])
  }
  for (const [key, values] of fields) facts.set(key, values.join('\n'))
  for (const [key, value] of ajpFacts(request)) facts.set(key, value)

  return facts
}

/** By Host, else as the web server says (ajp13.md 2.1). */
function serverOf({ headers: { host }, ajp }: IncomingMessage, isSecure: boolean): [name: string, port: string] {
  if (host === undefined) return [String(ajp?.serverName), String(ajp?.serverPort)]
  const [, name = '', port = ''] = /^(.*?)(?::(\d*))?$/.exec(host)!
  return [name, port !== '' ? port : isSecure ? '443' : '80']
}

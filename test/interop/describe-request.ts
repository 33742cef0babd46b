/** What the Node application sees of a request, in the words of the Servlet specification, as probe.jsp notes it. */
import type { IncomingMessage } from 'node:http'


export function describeRequest(request: IncomingMessage): Map<string, string> {
  const { method, socket, rawHeaders } = request
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  const isSecure = 'encrypted' in socket && socket.encrypted === true
  const [, name = '', port = ''] = /^(.*?)(?::(\d*))?$/.exec(request.headers.host ?? '')!
  const facts = new Map<string, string>([
    ['method', method ?? 'null'],
    ['uri', mark === -1 ? url : url.slice(0, mark)],
    ['query', mark === -1 ? 'null' : url.slice(mark + 1)],
    ['protocol', `HTTP/${request.httpVersion}`],
    ['scheme', isSecure ? 'https' : 'http'],
    ['secure', String(isSecure)],
    ['serverName', name],
    ['serverPort', port === '' ? (isSecure ? '443' : '80') : port],
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

  return facts
}

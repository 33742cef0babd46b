/**
 * The sticky proxy one writes with Node's own HTTP modules, as all Node proxy libraries are built:
 * `node node-proxy.js ROUTE=PORT…`. No more features than the other contestants are configured for.
 */
import { Agent, createServer, request } from 'node:http'
import { endWithParent } from './end-with-parent.ts'
import { parseBackends } from './program-arguments.ts'

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

const backends = parseBackends(process.argv.slice(2))
const portOfRoute = new Map(backends.map(({ route, port }) => [route, port]))
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' })
let turn = 0

const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (incoming, outgoing) => {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value
  headers['x-forwarded-for'] = incoming.socket.remoteAddress ?? ''
  headers['x-forwarded-proto'] = 'http'
  headers['x-forwarded-host'] = incoming.headers.host ?? ''
  const forwarded = request(
    {
      host: '127.0.0.1',
      port: portFor(incoming.headers.cookie),
      method: incoming.method,
      path: incoming.url,
      headers,
      agent,
    },
    (answer) => {
      const kept: Record<string, string | string[]> = {}
      for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value
      outgoing.writeHead(answer.statusCode ?? 502, kept)
      answer.pipe(outgoing)
    },
  )
  forwarded.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end()
  })
  incoming.pipe(forwarded)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => {
  const address = server.address()
  process.stdout.write(`ready node-proxy port=${typeof address === 'object' ? address?.port : 0} pid=${process.pid}\n`)
})
endWithParent()

function portFor(cookie: string | undefined): number {
  const route = cookie === undefined ? undefined : /(?:^|; )JSESSIONID=[^;]*\.([^;.]+)(?:;|$)/.exec(cookie)?.[1]
  return (route === undefined ? undefined : portOfRoute.get(route)) ?? backends[turn++ % backends.length]!.port
}

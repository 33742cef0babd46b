/**
 * A worker on bare `node:http`:
 *
 *   session-worker bare ROUTE
 *   session-worker express-session ROUTE REDIS-PORT
 *   session-worker clowder ROUTE MODE CHANNEL-PORT PEER-PORT    MODE as in `sendOptions`
 *
 * GET /plain answers a text as long as the others' and touches no session in any of them; GET /count counts in the
 * session, GET /read looks what has been counted. express-session and its store are no dependencies of clowder, so they are looked for when this starts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { httpSessions, type SendMode } from '../../src/adapters/node-http.ts'
import { createChannel } from '../../src/cluster/index.ts'
import { endWithParent } from './end-with-parent.ts'

/** What a middleware makes of a request; clowder's own sessions are declared under the same name. */
type SessionRequest = Omit<IncomingMessage, 'session' | 'sessionID'> & { session: { n?: number }; sessionID: string }
type Attach = (request: SessionRequest, response: ServerResponse, next: (error?: unknown) => void) => void

const [kind, route = 'worker1', ...rest] = process.argv.slice(2)
const attach = await sessionsOf(kind)
const NO_SESSION = '0123456789ABCDEF0123456789ABCDEF'
let served = 0

const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  if (request.url === '/plain') answer(response, `${++served} ${NO_SESSION}.${route} ${route}\n`)
  else if (attach === undefined) answer(response, '?\n', 404)
  else if (request.url === '/count') withSession(attach, request as unknown as SessionRequest, response, true)
  else if (request.url === '/read') withSession(attach, request as unknown as SessionRequest, response, false)
  else answer(response, '?\n', 404)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  process.stdout.write(`ready worker ${route} port=${port} pid=${process.pid}\n`)
})
endWithParent()

function withSession(attach: Attach, request: SessionRequest, response: ServerResponse, counts: boolean): void {
  attach(request, response, (error) => {
    if (error !== undefined) return answer(response, `${error}\n`, 500)
    if (counts) request.session.n = (request.session.n ?? 0) + 1
    answer(response, `${request.session.n} ${request.sessionID} ${route}\n`)
  })
}

function answer(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) }).end(body)
}

function sessionsOf(kind: string | undefined): Promise<Attach> | undefined {
  if (kind === 'express-session') return expressSession(Number(rest[0]))
  if (kind === 'clowder') return clowder(rest[0] as SendMode, Number(rest[1]), Number(rest[2]))
  return undefined
}

async function clowder(sendOptions: SendMode, port: number, peerPort: number): Promise<Attach> {
  const channel = createChannel({ receiver: { port, autoBind: 1 }, members: [{ host: '127.0.0.1', port: peerPort }] })
  await channel.start()
  const { attach, ready } = httpSessions({ manager: { name: 'bench', channel, route, sendOptions } })
  await ready
  return (request, response, next) => {
    const loading = attach(request as unknown as IncomingMessage, response)
    if (loading === undefined) next()
    else void loading.then(next)
  }
}

async function expressSession(port: number): Promise<Attach> {
  // Names in variables: the compiler must not look for packages that need not be there.
  const [sessionPackage, storePackage, clientPackage] = ['express-session', 'connect-redis', 'redis']
  const { default: create } = (await import(sessionPackage!)) as { default: (options: object) => Attach }
  const { RedisStore } = (await import(storePackage!)) as { RedisStore: new (options: object) => object }
  const { createClient } = (await import(clientPackage!)) as {
    createClient: (options: object) => { connect(): Promise<unknown>; on(event: string, run: () => void): void }
  }
  const client = createClient({ socket: { host: '127.0.0.1', port } })
  client.on('error', () => process.exit(1))
  await client.connect()
  return create({
    name: 'JSESSIONID',
    secret: 'bench',
    store: new RedisStore({ client }),
    resave: false,
    saveUninitialized: false,
  })
}

/**
 * A worker on bare `node:http`: `node session-worker.js bare ROUTE` or `… express-session ROUTE REDIS-PORT`.
 * GET /plain answers `ok` and touches no session in either; GET /count counts in an express-session kept in Redis.
 * The packages are no dependencies of clowder, so they are looked for when this starts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { endWithParent } from './end-with-parent.ts'

/** What express-session makes of a request; clowder's own sessions are declared under the same name. */
type SessionRequest = Omit<IncomingMessage, 'session' | 'sessionID'> & { session: { n?: number }; sessionID: string }
type Middleware = (request: SessionRequest, response: ServerResponse, next: (error?: unknown) => void) => void

const [kind, route = 'worker1', redisPort] = process.argv.slice(2)
const session = kind === 'express-session' ? await expressSession(Number(redisPort)) : undefined

const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  if (request.url === '/plain') answer(response, 'ok\n')
  else if (request.url === '/count' && session !== undefined)
    countIn(session, request as unknown as SessionRequest, response)
  else answer(response, '?\n', 404)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  process.stdout.write(`ready worker ${route} port=${port} pid=${process.pid}\n`)
})
endWithParent()

function countIn(middleware: Middleware, request: SessionRequest, response: ServerResponse): void {
  middleware(request, response, (error) => {
    if (error !== undefined) return answer(response, `${error}\n`, 500)
    request.session.n = (request.session.n ?? 0) + 1
    answer(response, `${request.session.n} ${request.sessionID} ${route}\n`)
  })
}

function answer(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) }).end(body)
}

async function expressSession(port: number): Promise<Middleware> {
  // Names in variables: the compiler must not look for packages that need not be there.
  const [sessionPackage, storePackage, clientPackage] = ['express-session', 'connect-redis', 'redis']
  const { default: create } = (await import(sessionPackage!)) as { default: (options: object) => Middleware }
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

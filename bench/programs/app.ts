/**
 * One Node app behind HTTP or AJP: `node app.js http|ajp plain|express ROUTE`. The same handler is given to `node:http`
 * or to clowder's connector. GET /small answers 3 bytes, as the small backend does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express from 'express'
import { createConnector } from '../../src/connector/index.ts'
import { endWithParent } from './end-with-parent.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const HANDLERS: Readonly<Record<string, () => Handler>> = { plain: plainApp, express: expressApp }

const [protocol, kind = 'plain', route = 'worker1'] = process.argv.slice(2)
const handler = HANDLERS[kind]!()

function plainApp(): Handler {
  return (request, response) => {
    if (request.url !== '/small') response.statusCode = 404
    response.setHeader('Content-Type', 'text/plain')
    response.end(request.url === '/small' ? 'ok\n' : '?\n')
  }
}

function expressApp(): Handler {
  const app = express()
  app.get('/small', (_request, response) => {
    response.type('text/plain').send('ok\n')
  })
  return app
}

async function listen(): Promise<number> {
  if (protocol === 'ajp') {
    const connector = createConnector(handler, { port: 0, secretRequired: false })
    await connector.listen()
    return connector.address!.port
  }
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, handler)
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, resolve)
  })
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

process.stdout.write(`ready backend ${route} port=${await listen()} pid=${process.pid}\n`)
endWithParent()

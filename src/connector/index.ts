/**
 * The AJP/1.3 connector: a real httpd with mod_jk or mod_proxy_ajp, or clowder's balancer, sends requests to a Node app as
 * it would to Tomcat. The app gets `http.IncomingMessage` and `http.ServerResponse` of `node:http`, so that Express,
 * Fastify, Koa, Hono and plain handlers work as they are. What the web server knows besides HTTP is in `req.ajp`.
 */
export { Connector, type ConnectorAddress, type ConnectorSnapshot, createConnector } from './connector.ts'
export { ConnectorError, type ConnectorErrorCode, connectorErrors } from './errors.ts'
export type { ConnectorEvent, PeerAddress } from './events.ts'
export type { ConnectorOptions } from './options.ts'
export { AjpFacts, type TlsFacts } from './request-facts.ts'
export type { RequestHandler } from './state.ts'

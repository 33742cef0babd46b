/**
 * clowder: the Tomcat cluster for Node.js. `createBalancer` takes the place of httpd with mod_jk, `createWorker` that of a
 * Tomcat. The session middleware, the group channel and the adapters for web frameworks have exports of their own.
 */
export {
  type Balancer,
  type BalancerEvent,
  type BalancerHooks,
  type BalancerOptions,
  createBalancer,
} from './balancer/index.ts'
export { createWorker, type Worker, type WorkerContext, type WorkerEvent, type WorkerOptions } from './worker/index.ts'

/** How the servers of this room begin to listen, and that they go on when a connection cannot be accepted. */
import type { AddressInfo, ListenOptions, Server } from 'node:net'
import type { EndpointAddress } from './endpoint.ts'
import { WorkerError } from './errors.ts'

/** Without a host on all addresses, with port 0 on any free one. Rejects with WORKER_LISTEN. */
export function listen(server: Server, options: ListenOptions): Promise<EndpointAddress> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const where = `${options.host ?? '*'}:${options.port}`
      reject(new WorkerError('WORKER_LISTEN', `cannot listen on ${where}: ${error.message}`, error))
    }
    server.once('error', failed)
    server.listen(options, () => {
      server.off('error', failed)
      // Of a connection that could not be accepted, such as when files run out: the next one may be. Without a listener
      // it would end the process.
      server.on('error', () => {})
      const { address: host, port } = server.address() as AddressInfo
      resolve({ host, port })
    })
  })
}

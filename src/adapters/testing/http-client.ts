/** Plain requests for tests of adapters: cookies are checked to the byte, so nothing may tidy them up on the way. */
import { type OutgoingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: NodeJS.Dict<string | string[]>
  /** The `Set-Cookie` values. */
  readonly cookies: readonly string[]
  /** What a browser would send back. */
  readonly cookie: string
}

export type Client = (path: string, headers?: OutgoingHttpHeaders, method?: string) => Promise<Answer>

export function clientOf(server: Server): Client {
  const { port } = server.address() as AddressInfo
  return (path, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (res) => {
        let body = ''
        res.setEncoding('utf8')
        res.on('data', (chunk: string) => {
          body += chunk
        })
        res.on('error', reject)
        res.on('end', () => {
          const cookies = res.headers['set-cookie'] ?? []
          const cookie = cookies.map((value) => value.split(';')[0]).join('; ')
          resolve({ status: res.statusCode!, body, headers: res.headers, cookies, cookie })
        })
      })
      req.on('error', reject)
      req.end()
    })
}

export async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

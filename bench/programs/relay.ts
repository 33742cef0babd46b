/**
 * The floor for any proxy in Node: bytes relayed on `node:net` with a pool, `node relay.js ROUTE=PORT…`. It finds the
 * ends of heads and bodies and changes nothing: no parsing, no stickiness, no forwarded fields. It is no contestant in
 * what a balancer does, only a line to see how far above it a balancer is.
 */
import { connect, createServer, type Socket } from 'node:net'
import { ResponseReader } from '../load/response-reader.ts'
import { endWithParent } from './end-with-parent.ts'
import { parseBackends } from './program-arguments.ts'

const backends = parseBackends(process.argv.slice(2))
const idle: Upstream[] = []
let turn = 0

class Upstream {
  /** Who waits for the answer. */
  client: Socket | undefined
  readonly #socket: Socket
  readonly #reader = new ResponseReader({ end: () => this.#release() })

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => {
      const { client } = this
      if (client !== undefined && !client.write(chunk)) {
        this.#socket.pause()
        client.once('drain', () => this.#socket.resume())
      }
      this.#reader.feed(chunk)
    })
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('close', () => {
      this.client?.destroy()
      const at = idle.indexOf(this)
      if (at >= 0) idle.splice(at, 1)
    })
  }

  send(client: Socket, bytes: Buffer): void {
    this.client = client
    this.#socket.write(bytes)
  }

  /** The client has gone: so must the half-read answer. */
  abandon(): void {
    this.client = undefined
    this.#socket.destroy()
  }

  #release(): void {
    if (this.client !== undefined) upstreams.delete(this.client)
    this.client = undefined
    // A client that went away during its answer never drains.
    this.#socket.resume()
    idle.push(this)
  }
}

/** The answer each client waits for; bench clients have one request in flight. */
const upstreams = new Map<Socket, Upstream>()

const server = createServer({ noDelay: true }, (client) => {
  client.on('data', (chunk: Buffer) => {
    let upstream = upstreams.get(client)
    if (upstream === undefined) {
      upstream = idle.pop() ?? new Upstream(backends[turn++ % backends.length]!.port)
      upstreams.set(client, upstream)
    }
    upstream.send(client, chunk)
  })
  client.on('error', () => client.destroy())
  client.on('close', () => {
    upstreams.get(client)?.abandon()
    upstreams.delete(client)
  })
})
server.listen(0, '127.0.0.1', 16_384, () => {
  const address = server.address()
  process.stdout.write(`ready relay port=${typeof address === 'object' ? address?.port : 0} pid=${process.pid}\n`)
})
endWithParent()

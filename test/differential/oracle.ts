/**
 * node:http (llhttp, strict) as a second opinion on requests: which ones does it find in these bytes? Runs on streams in
 * memory, since it does not ask for more than that.
 */
import { createServer, type Server } from 'node:http'
import { Wire } from './wire.ts'

export interface FoundRequest {
  readonly method: string
  readonly target: string
  readonly body: string
}

export interface Opinion {
  /** Complete requests, in order. */
  readonly requests: readonly FoundRequest[]
  /** What it did not like about what follows them, if anything. */
  readonly error: string | undefined
}

export class NodeHttp {
  readonly #server: Server
  #requests: FoundRequest[] = []
  #error: string | undefined

  constructor() {
    const options = { maxHeaderSize: 200_000, insecureHTTPParser: false, requireHostHeader: true }
    this.#server = createServer({ ...options, connectionsCheckingInterval: 1_000_000 }, (request, response) => {
      let body = ''
      request.on('data', (bytes: Buffer) => {
        body += bytes.toString('latin1')
      })
      request.on('end', () => {
        if (request.complete) this.#requests.push({ method: request.method!, target: request.url!, body })
        response.end()
      })
    })
    // By default it forgets fields after the two thousandth, and misses a Host among them.
    this.#server.maxHeadersCount = 0
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#error ??= error.code ?? error.message
      // Requests before the error are complete, but their ends are not told before the next turn.
      setImmediate(() => socket.destroy())
    })
  }

  async read(text: string): Promise<Opinion> {
    this.#requests = []
    this.#error = undefined
    const wire = new Wire()
    wire.on('error', () => {})
    const closed = new Promise((done) => wire.once('close', done))
    this.#server.emit('connection', wire)
    wire.push(Buffer.from(text, 'latin1'))
    wire.push(null)
    await closed
    return { requests: this.#requests, error: this.#error }
  }

  close(): void {
    this.#server.close()
  }
}

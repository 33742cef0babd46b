/** A backend that reads strictly, remembers who asked for what, and answers in all the ways there are. */
import { createServer, type Socket } from 'node:net'
import { type RecordedRequest, StrictRequests } from '../corpus/strict-requests.ts'
import type { Owner } from '../kit/owner.ts'

const LONG = 'x'.repeat(70_000)

/** Answers in turn; the last closes its connection. */
const ANSWERS: readonly ((method: string) => string)[] = [
  (method) => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`,
  (method) =>
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${method === 'HEAD' ? '' : '1\r\no\r\n1\r\nk\r\n0\r\nX: 1\r\n\r\n'}`,
  () => 'HTTP/1.1 204 No Content\r\n\r\n',
  (method) =>
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 x\r\nContent-Length: 1\r\n\r\n${method === 'HEAD' ? '' : 'x'}`,
  () => 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
  (method) => `HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n${method === 'HEAD' ? '' : LONG}`,
  () => 'HTTP/1.1 200 OK\r\n\r\nuntil the end',
]
/** Long answers are rarer than others. */
const LONG_ONE_IN = 20

export class Recorder {
  readonly port: number
  readonly violations: string[] = []
  readonly #seen: Map<string, RecordedRequest[]>

  private constructor(port: number, seen: Map<string, RecordedRequest[]>, violations: string[]) {
    this.port = port
    this.#seen = seen
    this.violations = violations
  }

  static async listen(owner: Owner): Promise<Recorder> {
    const seen = new Map<string, RecordedRequest[]>()
    const violations: string[] = []
    const sockets = new Set<Socket>()
    let answers = 0
    const server = createServer({ noDelay: true }, (socket) => {
      const reader = new StrictRequests()
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      socket.on('data', (bytes: Buffer) => {
        for (const request of reader.push(bytes)) {
          const address = request.fields.find(([name]) => name === 'x-forwarded-for')?.[1]
          seen.get(address ?? '')?.push(request)
          let turn = answers++ % ANSWERS.length
          if (turn === 5 && answers % LONG_ONE_IN !== 0) turn = 0
          socket.write(ANSWERS[turn]!(request.method))
          if (turn === ANSWERS.length - 1) socket.end()
        }
        reader.forget()
        violations.push(...reader.violations)
        if (reader.isDead) socket.destroy()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    owner.after(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    })
    return new Recorder((server.address() as { port: number }).port, seen, violations)
  }

  begin(address: string): void {
    this.#seen.set(address, [])
  }

  /** The complete requests of this client, in order. */
  end(address: string): RecordedRequest[] {
    const requests = this.#seen.get(address)!
    this.#seen.delete(address)
    return requests
  }
}

/** One request at a time, sent as given, for showing that contestants give equal answers before they are measured. */
import { connect, type Socket } from 'node:net'
import { ResponseReader } from './load/response-reader.ts'

const ANSWER_WITHIN_MS = 60_000
const MAX_BODY_BYTES = 4 * 1024 * 1024

export interface Answer {
  readonly status: number
  /** Names in lower case; of a repeated field the values joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Length of the whole response as it came over the wire. */
  readonly bytes: number
}

/** Sends a whole request head to a loopback port on a connection of its own. */
export function ask(port: number, head: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    const body: Buffer[] = []
    let headers: ReadonlyMap<string, string> = new Map()
    let bodyBytes = 0
    const fail = (error: Error) => {
      socket.destroy()
      reject(new Error(`port ${port}, ${head.split('\r\n', 1)[0]}: ${error.message}`, { cause: error }))
    }
    const reader = new ResponseReader({
      head(_status, text) {
        headers = parseFields(text)
      },
      body(bytes) {
        bodyBytes += bytes.length
        if (bodyBytes > MAX_BODY_BYTES) throw new Error(`a body of more than ${MAX_BODY_BYTES} bytes`)
        body.push(Buffer.from(bytes))
      },
      end(status) {
        socket.destroy()
        resolve({ status, headers, body: Buffer.concat(body).toString('utf8'), bytes: socket.bytesRead })
      },
    })
    socket.setTimeout(ANSWER_WITHIN_MS, () => fail(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)))
    socket.on('connect', () => socket.write(head, 'latin1'))
    socket.on('error', fail)
    socket.on('end', () => fail(new Error('the connection was closed before the answer was complete')))
    socket.on('data', (chunk) => {
      try {
        reader.feed(chunk)
      } catch (error) {
        fail(error as Error)
      }
    })
  })
}

export function parseFields(head: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const earlier = fields.get(name)
    fields.set(name, earlier === undefined ? value : `${earlier}, ${value}`)
  }
  return fields
}

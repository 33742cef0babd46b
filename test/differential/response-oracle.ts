/** node:http's client (llhttp, strict) as a second opinion on answers: what does it make of these bytes? */
import { type IncomingMessage, request } from 'node:http'
import { Wire } from './wire.ts'

export interface AnswerOpinion {
  /** Undefined when it found no answer. */
  readonly status: number | undefined
  readonly body: string
  /** It found the end of the answer. */
  readonly isComplete: boolean
  readonly error: string | undefined
}

/** The bytes come at once, and the connection ends behind them. */
export function readAnswer(text: string, method: string): Promise<AnswerOpinion> {
  return new Promise((done) => {
    const wire = new Wire()
    let status: number | undefined
    let body = ''
    const tell = (isComplete: boolean, error?: string) => {
      done({ status, body, isComplete, error })
      wire.destroy()
    }
    const client = request({ method, createConnection: () => wire, maxHeaderSize: 200_000, insecureHTTPParser: false })
    let found: IncomingMessage | undefined
    client.on('response', (response) => {
      found = response
      status = response.statusCode
      response.on('data', (bytes: Buffer) => {
        body += bytes.toString('latin1')
      })
      response.on('end', () => tell(response.complete))
      response.on('error', (error: NodeJS.ErrnoException) => tell(false, error.code))
    })
    client.on('upgrade', () => tell(false, 'upgrade'))
    // What follows a complete answer may be wrong without harm to it; its end is told some turns later.
    client.on('error', (error: NodeJS.ErrnoException) =>
      setImmediate(() => setImmediate(() => tell(found?.complete === true, error.code))),
    )
    client.end(() => {
      wire.push(Buffer.from(text, 'latin1'))
      wire.push(null)
    })
  })
}

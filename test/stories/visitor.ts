/** Somebody with a browser: keeps a cookie, counts along, and notices when a count or the session is lost. */
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

export interface GetOptions {
  readonly host?: string
  readonly agent?: Agent | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
}

/** One request, with the whole answer. Fails when the connection does. */
export function get(port: number, path: string, options: GetOptions = {}): Promise<Answer> {
  const { host = '127.0.0.1', agent, headers = {}, method = 'GET', body } = options
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method, headers, agent: agent ?? false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export class Visitor {
  readonly #port: number
  readonly #agent: Agent | undefined
  readonly #host: string
  #cookie: string | undefined
  /** What the last answer said. */
  count = 0
  sessionId = ''
  route = ''

  constructor(port: number, agent?: Agent, host = '127.0.0.1') {
    this.#port = port
    this.#agent = agent
    this.#host = host
  }

  /** `GET /count`. Throws when it failed, when a count is missing, or when it is another session. */
  async visit(): Promise<void> {
    const headers: Record<string, string> = this.#cookie === undefined ? {} : { cookie: this.#cookie }
    const {
      status,
      headers: fields,
      text,
    } = await get(this.#port, '/count', {
      host: this.#host,
      agent: this.#agent,
      headers,
    })
    if (status !== 200) throw new Error(`answered ${status}: ${text}`)
    const match = /^(\d+) ([0-9A-F]{32})(\.\S+)? (\S*)\n$/.exec(text)
    if (match === null) throw new Error(`not a count: ${JSON.stringify(text)}`)
    const [, count = '', key = '', suffix = '', route = ''] = match
    for (const field of fields['set-cookie'] ?? []) this.#cookie = field.slice(0, field.indexOf(';'))
    if (this.sessionId !== '' && !this.sessionId.startsWith(key))
      throw new Error(`session ${this.sessionId} was lost: now ${key}${suffix}`)
    if (Number(count) !== this.count + 1)
      throw new Error(`after ${this.count} of session ${key} came ${count}, from ${route}`)
    this.count = Number(count)
    this.sessionId = key + suffix
    this.route = route
  }
}

/** Connections that stay open, as those of browsers. */
export function keepAliveAgent(maxSockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets })
}

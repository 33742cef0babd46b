/** Somebody with a browser: keeps a cookie, counts along, and notices when a count or the session is lost. */
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

export interface GetOptions {
  readonly host?: string
  /** Default: a connection for this request alone. */
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

/** What a visitor remembers: the last answer, and the cookie. */
export interface Memory {
  count: number
  sessionId: string
  route: string
  cookie: string | undefined
}

export class Visitor {
  readonly #port: number
  readonly #options: GetOptions
  readonly memory: Memory
  /**
   * Visits that were counted twice: a GET whose worker died after counting and before answering is sent once more. Only
   * a death can cause that.
   */
  repeats = 0

  /** With a `memory` it is the same visitor as before. */
  constructor(port: number, options: Pick<GetOptions, 'host' | 'agent'> = {}, memory?: Memory) {
    this.#port = port
    this.#options = options
    this.memory = memory ?? { count: 0, sessionId: '', route: '', cookie: undefined }
  }

  get count(): number {
    return this.memory.count
  }

  get route(): string {
    return this.memory.route
  }

  get sessionId(): string {
    return this.memory.sessionId
  }

  /** Any request of this visitor, with the cookie. */
  async get(path: string, method = 'GET'): Promise<Answer> {
    const { cookie } = this.memory
    const headers = cookie === undefined ? {} : { cookie }
    const answer = await get(this.#port, path, { ...this.#options, method, headers })
    for (const field of answer.headers['set-cookie'] ?? []) this.memory.cookie = field.slice(0, field.indexOf(';'))
    return answer
  }

  /** Asks for `/count`. Throws when that failed, when a count is missing, or when it is another session. */
  async visit(method = 'GET'): Promise<void> {
    const { status, text } = await this.get('/count', method)
    if (status !== 200) throw new Error(`answered ${status}: ${text}`)
    const match = /^(\d+) ([0-9A-F]{32})(\.\S+)? (\S*)\n$/.exec(text)
    if (match === null) throw new Error(`not a count: ${JSON.stringify(text)}`)
    const [, count = '', key = '', suffix = '', route = ''] = match
    const { memory } = this
    if (memory.sessionId !== '' && !memory.sessionId.startsWith(key))
      throw new Error(`session ${memory.sessionId} was lost: now ${key}${suffix}`)
    if (Number(count) <= memory.count)
      throw new Error(`after ${memory.count} of session ${key} came ${count}, from ${route}`)
    this.repeats += Number(count) - memory.count - 1
    Object.assign(memory, { count: Number(count), sessionId: key + suffix, route })
  }
}

/** Connections that stay open, as those of browsers. */
export function keepAliveAgent(maxSockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets })
}

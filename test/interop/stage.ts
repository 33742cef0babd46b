/** Where a case is played: a client before one arrangement, and the notes of what it and the application saw, as flat facts. */
import { createHash } from 'node:crypto'
import { until } from '../kit/until.ts'
import { answerFacts } from './answer-facts.ts'
import type { Arrangement } from './arrangement.ts'
import { type Case, HOST } from './case.ts'
import { type Answer, HttpClient } from './http-client.ts'

/** Byte i of a body is i mod 251. */
const PERIOD = 251
const PIECE = Buffer.from(Array.from({ length: PERIOD * 256 }, (_, i) => i % PERIOD))
/** In the place of a hash: the application got what the client sent. */
export const SENT = '(as sent)'

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 2\d{3} \d\d:\d\d:\d\d GMT$/
const SESSION_ID = /[0-9A-F]{32}(?=\.node1)/

export class Stage {
  readonly scene: Case
  readonly arrangement: Arrangement
  readonly facts = new Map<string, string>()
  readonly #id: string
  readonly #number: number
  #client: HttpClient | undefined
  #port = 0

  constructor(arrangement: Arrangement, scene: Case, id: string, number: number) {
    this.arrangement = arrangement
    this.scene = scene
    this.#id = id
    this.#number = number
  }

  get client(): HttpClient {
    return this.#client!
  }

  get method(): string {
    return this.scene.method ?? (this.scene.body === undefined ? 'GET' : 'POST')
  }

  async connect(certificate: { readonly cert: string; readonly key: string }): Promise<void> {
    const { port, tlsPort } = this.arrangement
    this.#client = await (this.scene.tls === true ? HttpClient.open(tlsPort!, certificate) : HttpClient.open(port))
    this.#port = this.client.port
  }

  /** The request's head; `more` are fields of this request only. */
  head(more: readonly string[] = []): string {
    const {
      target = `/probe/${this.#number}`,
      host = HOST,
      fields = [],
      version = 'HTTP/1.1',
      body,
      answer,
    } = this.scene
    const lines = [`${this.method} ${target} ${version}`]
    if (host !== null) lines.push(`Host: ${host}`)
    lines.push(`X-Case: ${this.#id}`)
    if (answer !== undefined) lines.push(`X-Answer: ${answer}`)
    lines.push(...fields, ...more)
    if (body !== undefined)
      lines.push(body.framing === 'length' ? `Content-Length: ${body.bytes}` : 'Transfer-Encoding: chunked')
    return `${lines.join('\r\n')}\r\n\r\n`
  }

  async sendAll(): Promise<void> {
    await this.client.send(this.head())
    await this.sendBody()
  }

  /** The first `count` bytes of the body, default all of it. Stops when the connection takes no more. */
  async sendBody(count = this.scene.body?.bytes ?? 0): Promise<void> {
    const { body } = this.scene
    if (body === undefined) return
    for (let sent = 0; sent < count; ) {
      const piece = PIECE.subarray(sent % PERIOD, Math.min(PIECE.length, (sent % PERIOD) + count - sent))
      const framed =
        body.framing === 'length'
          ? piece
          : Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      if (!(await this.client.send(framed))) return
      sent += piece.length
    }
    if (body.framing === 'chunked' && count === body.bytes) await this.client.send('0\r\n\r\n')
  }

  /** The body from `start` on. */
  async sendRest(start: number): Promise<void> {
    const { bytes } = this.scene.body!
    await this.client.send(Buffer.from(Array.from({ length: bytes - start }, (_, i) => (start + i) % PERIOD)))
  }

  async readAnswer(): Promise<Answer | undefined> {
    let answer: Answer
    try {
      answer = await this.client.answer(this.method)
    } catch (error) {
      this.facts.set('client.status', 'none')
      this.facts.set('client.ending', (error as Error).message.split(' ')[0]!)
      return undefined
    }
    this.noteAnswer(answer)
    return answer
  }

  noteAnswer(answer: Answer): void {
    for (const [fact, value] of answerFacts(answer, this.method))
      this.facts.set(fact, value.replace(this.#id, '(case)'))
  }

  /** Whether the connection serves another request, the right one. */
  async noteConnection(): Promise<void> {
    const { facts, client } = this
    if (facts.get('client.ending') !== 'complete' || facts.get('client.framing') === 'close') {
      const how = await client.end()
      facts.set('client.connection', how === 'end' ? 'closed' : how)
      return
    }
    if (
      client.closed ||
      !(await client.send(`GET /probe/after HTTP/1.1\r\nHost: ${HOST}\r\nX-Answer: text after\r\n\r\n`))
    ) {
      facts.set('client.connection', 'closed')
      return
    }
    try {
      const after = await client.answer('GET')
      facts.set('client.connection', after.text === 'after\n' ? 'serves the next' : `garbled: ${after.text}`)
    } catch {
      facts.set('client.connection', 'closed')
    }
  }

  /** What the application noted of this case so far; undefined if it has not seen it. */
  async seen(): Promise<Record<string, string> | undefined> {
    return this.#control('')
  }

  async release(gate: string): Promise<void> {
    await this.#control(`&release=${gate}`)
  }

  /** Waits until the application has come to a step, or has noted something. */
  untilSeen(what: string, condition: (seen: Record<string, string>) => boolean): Promise<unknown> {
    return until(`${this.arrangement.name}: application ${what}`, async () => {
      const seen = await this.seen()
      return seen !== undefined && condition(seen)
    })
  }

  /** Waits until what is counted does not grow any more; `what` is one of the application's facts. */
  async untilStalled(count: () => Promise<number>): Promise<number> {
    let last = -1
    let same = 0
    await until(
      'nothing moves any more',
      async () => {
        const now = await count()
        same = now === last && now > 0 ? same + 1 : 0
        last = now
        return same >= 8
      },
      { everyMs: 25 },
    )
    return last
  }

  async noteApp(): Promise<void> {
    const first = await this.seen()
    this.facts.set('app', first === undefined ? 'not reached' : 'reached')
    if (first === undefined) return this.normalise()
    let seen = first
    await until(`${this.arrangement.name}: application is done with ${this.scene.name}`, async () => {
      seen = (await this.seen())!
      return seen.outcome !== 'running'
    })
    for (const [name, value] of Object.entries(seen)) this.facts.set(`app.${name}`, value)
    this.normalise()
  }

  /** What differs from run to run, each by its name, and only where it is what it should be. */
  normalise(): void {
    const { facts } = this
    const rename = (name: string, wanted: string | RegExp, as: string) => {
      const value = facts.get(name)
      if (value !== undefined) facts.set(name, value.replace(wanted, as))
    }
    rename('client.header.date', HTTP_DATE, '(now)')
    rename('client.header.set-cookie', SESSION_ID, '(id)')
    rename('app.session.id', SESSION_ID, '(id)')
    rename('app.header.cookie', SESSION_ID, '(id)')
    if (facts.get('client.header.content-encoding') === 'gzip')
      rename('client.header.content-length', /^\d+$/, '(zipped)')
    rename('app.header.x-case', this.#id, '(case)')
    rename('app.remotePort', new RegExp(`^${this.#port}$`), '(of the client)')
    const port = this.scene.tls === true ? this.arrangement.tlsPort : this.arrangement.port
    for (const name of ['app.localPort', 'app.serverPort']) rename(name, new RegExp(`^${port}$`), '(of the front)')
    rename('app.tls.session', /^[0-9a-f]{64}$/, '(a session)')
    const { body } = this.scene
    if (body !== undefined) rename('app.body.sha256', hashOf(body.bytes), SENT)
    // How far things got before they broke.
    if (facts.get('app.outcome') === 'gone') for (const name of ['app.written', 'app.body.bytes']) facts.delete(name)
  }

  async #control(more: string): Promise<Record<string, string> | undefined> {
    const { controlPort, process } = this.arrangement.app
    const url = `http://127.0.0.1:${controlPort}/control?case=${this.#id}${more}`
    try {
      return ((await (await fetch(url)).json()) as Record<string, string> | null) ?? undefined
    } catch (error) {
      // Its last words say why it does not answer.
      throw process.failure(error)
    }
  }
}

function hashOf(bytes: number): string {
  const hash = createHash('sha256')
  for (let done = 0; done < bytes; done += PIECE.length)
    hash.update(PIECE.subarray(0, Math.min(PIECE.length, bytes - done)))
  return hash.digest('hex')
}

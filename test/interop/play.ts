/** Plays a case through an arrangement and writes down what the client and the application saw, as flat facts. */
import { until, within } from '../kit/until.ts'
import type { Arrangement, ArrangementName } from './arrangement.ts'
import { type Answer, HttpClient } from './http-client.ts'

export const HOST = 'shop.example'
/** Fields without a name: those on which nothing depends are in the facts under their own. */
export type Facts = ReadonlyMap<string, string>

export interface Body {
  readonly bytes: number
  readonly framing: 'length' | 'chunked'
}

export interface Case {
  /** Says the rule; unique. */
  readonly name: string
  readonly method?: string
  /** Default `/probe/NUMBER`. */
  readonly target?: string
  /** Lines, in order, without Host, which comes first. */
  readonly fields?: readonly string[]
  /** Default {@link HOST}; null for none. */
  readonly host?: string | null
  readonly version?: string
  readonly body?: Body
  /** The application's steps (node-app.ts). */
  readonly answer?: string
  readonly tls?: boolean
  /** Only httpd can play it. */
  readonly needsHttpd?: boolean
  /** Instead of sending all and reading all. */
  readonly act?: (stage: Stage) => Promise<void>
}

/** Byte i of a body is i mod 251. */
const PERIOD = 251
const PIECE = Buffer.from(Array.from({ length: PERIOD * 256 }, (_, i) => i % PERIOD))
/** Bodies below are compared as they are. */
const TEXT_BYTES = 200
const REPORT_WAIT_MS = 20_000

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 2\d{3} \d\d:\d\d:\d\d GMT$/
const SESSION_ID = /[0-9A-F]{32}(?=\.node1)/

/** Names of cases are equally long everywhere. */
const LETTERS: Readonly<Record<ArrangementName, string>> = {
  'mod_jk-tomcat': 'a',
  'mod_proxy_ajp-tomcat': 'b',
  'clowder-tomcat': 'c',
  'mod_jk-clowder': 'd',
  'mod_proxy_ajp-clowder': 'e',
  'clowder-clowder': 'f',
}

export async function play(
  arrangement: Arrangement,
  scene: Case,
  number: number,
  clientCertificate: { readonly cert: string; readonly key: string },
): Promise<Facts> {
  const stage = new Stage(arrangement, scene, `${LETTERS[arrangement.name]}${number}`, number)
  await stage.connect(clientCertificate)
  try {
    await (scene.act ?? whole)(stage)
    await stage.noteApp()
  } catch (error) {
    throw new Error(`${arrangement.name}: ${(error as Error).message}`, { cause: error })
  } finally {
    stage.client.close()
  }
  return stage.facts
}

/** The whole request, the whole answer, and whether the connection serves another request. */
async function whole(stage: Stage): Promise<void> {
  const sent = stage.sendAll()
  await stage.readAnswer()
  await within('the request is taken', sent)
  await stage.noteConnection()
}

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
    const { facts } = this
    facts.set('client.version', answer.version)
    facts.set('client.status', String(answer.status))
    facts.set('client.reason', answer.reason)
    if (answer.interim.length > 0) facts.set('client.interim', answer.interim.join(' '))
    facts.set('client.framing', answer.framing)
    facts.set('client.ending', answer.ending)
    facts.set('client.bytes', String(answer.bytes))
    if (answer.bytes < TEXT_BYTES) facts.set('client.text', answer.text.replace(this.#id, '(case)'))
    else facts.set('client.sha256', answer.sha256)
    for (const [name, value] of answer.fields) {
      const key = `client.header.${name.toLowerCase()}`
      const before = facts.get(key)
      facts.set(key, before === undefined ? value : `${before}\n${value}`)
    }
  }

  /** Whether the connection serves another request, the right one. */
  async noteConnection(): Promise<void> {
    const { facts, client } = this
    if (facts.get('client.ending') !== 'complete' || facts.get('client.framing') === 'close') {
      facts.set('client.connection', await client.end())
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
      { everyMs: 25, deadlineMs: 30_000 },
    )
    return last
  }

  async noteApp(): Promise<void> {
    const first = await this.seen()
    this.facts.set('app', first === undefined ? 'not reached' : 'reached')
    if (first === undefined) return this.#normalise()
    let seen = first
    await until(
      `${this.arrangement.name}: application is done with ${this.scene.name}`,
      async () => {
        seen = (await this.seen())!
        return seen.outcome !== 'running'
      },
      { deadlineMs: REPORT_WAIT_MS },
    )
    for (const [name, value] of Object.entries(seen)) this.facts.set(`app.${name}`, value)
    this.#normalise()
  }

  /** What differs from run to run, each by its name, and only where it is what it should be. */
  #normalise(): void {
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
    // How far things got before they broke.
    if (facts.get('app.outcome') === 'gone')
      for (const name of ['app.written', 'app.body.bytes']) rename(name, /^\d+$/, '(some)')
  }

  async #control(more: string): Promise<Record<string, string> | undefined> {
    const url = `http://127.0.0.1:${this.arrangement.app.controlPort}/control?case=${this.#id}${more}`
    return ((await (await fetch(url)).json()) as Record<string, string> | null) ?? undefined
  }
}

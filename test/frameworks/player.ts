/**
 * Plays one scene against one arrangement and writes down everything the client saw: interim responses, head lines as
 * they came, body, trailers, and what became of the connection.
 */
import { connect } from 'node:net'
import { RawConnection } from '../kit/raw-connection.ts'
import type { Framework } from './apps/app.ts'
import type { Journal, Visit } from './journal.ts'
import { bodyOf, get, headOf, type Request } from './requests.ts'

/** Clients have an address that no program has, where the system allows that without configuration. */
const CLIENT_ADDRESS = process.platform === 'linux' ? '127.0.0.9' : '127.0.0.1'

export interface Answer {
  readonly interim: readonly string[]
  readonly statusLine: string
  readonly status: number
  /** `Name: value`, in order. */
  readonly lines: readonly string[]
  readonly body: Buffer
  readonly trailers: readonly string[]
  /** Whether the end was announced: by length, by the last chunk, or by a close that the head promised. */
  readonly complete: boolean
}

/** One connection in a scene. */
export interface Client {
  readonly connection: RawConnection
  /** Sends and waits for the answer. */
  ask(request: Request): Promise<Answer>
  /** Sends the head, and the body unless told otherwise; gives the visit that the app will note. */
  send(request: Request, how?: { headOnly?: boolean }): Promise<Visit>
  /** Waits for the answer to `request`. */
  answer(request: Request): Promise<Answer>
  /** The same request's visit, before it was sent. */
  upcoming(): Visit
}

export interface Scene {
  /** The rule, in words. */
  readonly name: string
  /** The request of a scene with one; a scene with more says how it goes. */
  readonly play: Request | ((client: Client) => Promise<void>)
  /** Status of the last answer when played straight; 0 where the client gets none. */
  readonly status: number
  /** The same for frameworks that answer otherwise. */
  readonly elsewhere?: Partial<Record<Framework, number>>
  /** What the last answer's body contains when played straight. */
  readonly says?: string
  /**
   * The answer may come before the whole request has: then what becomes of the rest, and of the connection, depends on
   * the moment and is not compared.
   */
  readonly early?: true
  /** Frameworks that have the route; default all. */
  readonly only?: readonly Framework[]
}

export interface Observation {
  readonly answers: readonly Answer[]
  readonly visits: readonly Visit[]
  /** Whether the connection served another request afterwards; `closed` by the other end, or `left` by the client. */
  readonly afterwards: 'serves' | 'closed' | 'left'
}

const AFTERWARDS = get('/hello')

export async function play(scene: Scene, port: number, journal: Journal, id: string): Promise<Observation> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: CLIENT_ADDRESS, allowHalfOpen: true })
  const connection = new RawConnection(scene.name, socket)
  const names: string[] = []
  const answers: Answer[] = []
  const nextName = () => `${id}.${names.length + 1}`
  const client: Client = {
    connection,
    upcoming: () => journal.visit(nextName()),
    async send(request, { headOnly = false } = {}) {
      const name = nextName()
      names.push(name)
      const head = Buffer.from(headOf(request, name), 'latin1')
      await connection.send(headOnly ? head : Buffer.concat([head, bodyOf(request)]))
      return journal.visit(name)
    },
    async answer(request) {
      const answer = await readAnswer(connection, request.method === 'HEAD')
      answers.push(answer)
      return answer
    },
    async ask(request) {
      await client.send(request)
      return client.answer(request)
    },
  }
  try {
    if (typeof scene.play === 'function') await scene.play(client)
    else await client.ask(scene.play)
    const played = names.length
    const seen = answers.length
    const afterwards = await askAfterwards(client, socket.destroyed || socket.writableEnded)
    // The connection ends with the scene: apps see that while they are still busy.
    connection.close()
    await journal.settle(names)
    const visits = names.slice(0, played).map((name) => journal.visit(name))
    return { answers: answers.slice(0, seen), visits, afterwards }
  } finally {
    socket.destroy()
  }
}

/** Tells whether the connection can still be used, by using it. Whoever is out of step is found here. */
async function askAfterwards(client: Client, hasLeft: boolean): Promise<Observation['afterwards']> {
  if (hasLeft) return 'left'
  try {
    await client.send(AFTERWARDS)
    const answer = await client.answer(AFTERWARDS)
    if (answer.status === 0) return 'closed'
    if (answer.status === 200 && answer.body.toString() === 'hello') return 'serves'
    throw new Error(`afterwards: ${answer.statusLine}: ${answer.body}`)
  } catch (error) {
    if (isEnd(error)) return 'closed'
    throw error
  }
}

const NO_ANSWER = { statusLine: 'none', status: 0, lines: [], body: Buffer.alloc(0), trailers: [], complete: false }

/** For a connection that ended where something should have come: not a failure of the test, but something seen. */
function orEnd(error: Error): undefined {
  if (!isEnd(error)) throw error
}

const isEnd = (error: unknown): boolean => /: (?:end|reset) before |: cannot send/.test((error as Error).message)

export async function readAnswer(connection: RawConnection, bodyless: boolean): Promise<Answer> {
  const interim: string[] = []
  for (;;) {
    const head = await connection.expectHead().catch(orEnd)
    if (head === undefined) return { ...NO_ANSWER, interim }
    const [statusLine = '', ...lines] = head.split('\r\n').filter((line) => line !== '')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1])
    if (status < 200) {
      interim.push(head)
      continue
    }
    const hasBody = !bodyless && status !== 204 && status !== 304
    const trailers: string[] = []
    const pieces: Buffer[] = []
    const complete = !hasBody || (await readBody(connection, lines, pieces, trailers))
    return { interim, statusLine, status, lines, body: Buffer.concat(pieces), trailers, complete }
  }
}

/** Fills `pieces` as far as the body comes, and says whether it came whole. */
async function readBody(
  connection: RawConnection,
  lines: readonly string[],
  pieces: Buffer[],
  trailers: string[],
): Promise<boolean> {
  const value = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  try {
    const length = value('content-length')
    if (length !== undefined) {
      pieces.push(await connection.expectBytes(Number(length)))
      return true
    }
    if (value('transfer-encoding') === 'chunked') {
      for (;;) {
        const size = Number.parseInt(await connection.expect('\r\n'), 16)
        if (size === 0) break
        pieces.push(await connection.expectBytes(size))
        await connection.expect('\r\n')
      }
      for (let line = ''; line !== '\r\n'; ) {
        line = await connection.expect('\r\n')
        if (line !== '\r\n') trailers.push(line.trimEnd())
      }
      return true
    }
    // Nothing is announced: everything until the end, which must be an end in order.
    await connection.expectBytes(Number.POSITIVE_INFINITY).catch((error: Error) => {
      if (!error.message.includes(': end before')) throw error
    })
    pieces.push(await connection.expectBytes(Buffer.byteLength(connection.unread, 'latin1')))
    return true
  } catch (error) {
    if (!isEnd(error)) throw error
    const rest = Buffer.byteLength(connection.unread, 'latin1')
    if (rest > 0) pieces.push(await connection.expectBytes(rest))
    return false
  }
}

/** One session that several nodes are told to write to, and what each of these writers was answered. */
import type { Writers, Written } from './notes.ts'
import type { Caller } from './session-nodes.ts'

export class NotedSession {
  readonly key: string
  readonly #cookie: string
  readonly #writers = new Map<string, Written>()
  /** Answers in the name of another session. */
  strangers = 0
  /** It has been on all nodes that keep it. */
  shared = false
  /** How often a node had no such session. */
  absent = 0
  absentThoughShared = 0
  /** Calls without an answer, or with an error. */
  open = 0

  private constructor(key: string, cookie: string) {
    this.key = key
    this.#cookie = cookie
  }

  /** Made on one node. */
  static async begin(node: Caller): Promise<NotedSession> {
    const { status, cookie, text } = await node.call('POST', '/begin')
    if (status !== 200 || cookie === undefined) throw new Error(`/begin answered ${status}: ${text}`)
    return new NotedSession((JSON.parse(text) as { key: string }).key, cookie)
  }

  /** As it is now; later writes do not change it. */
  writers(): Writers {
    return new Map(this.#writers)
  }

  async write(writer: string, node: Caller): Promise<void> {
    const { asked, acknowledged } = this.#writers.get(writer) ?? { asked: 0, acknowledged: 0 }
    const op = asked + 1
    this.#writers.set(writer, { asked: op, acknowledged })
    const path = `/note?writer=${writer}&op=${op}`
    const called = await node.call('POST', path, this.#cookie).catch(() => undefined)
    if (called?.status === 404) {
      this.absent++
      if (this.shared) this.absentThoughShared++
    } else if (called?.status !== 200) this.open++
    else if ((JSON.parse(called.text) as { key: string }).key !== this.key) this.strangers++
    else this.#writers.set(writer, { asked: op, acknowledged: op })
  }
}

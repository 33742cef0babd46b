/**
 * Somebody who uses one session without a pause, and remembers enough to notice whatever the cluster loses or does
 * twice: every other call is a write, each is judged by `history.ts`.
 *
 * Writes are POSTs. A GET that counts would be sent again by the balancer when its worker dies (RFC 9110 9.2.2 allows
 * that), and count twice without anybody having done wrong. A POST that may have been executed is not sent again, and
 * its customer is told that nobody knows: an open write.
 */
import { type Answer, FAULTS, type Fault, follow, type History, NEW_HISTORY } from './history.ts'
import type { Called, Caller } from './session-nodes.ts'

/** Steps repeated in the report of a fault. */
const SHOWN_STEPS = 8

export class Customer {
  acknowledged = 0
  /** Writes that were not answered, or with an error. */
  open = 0
  reads = 0
  failedReads = 0
  /** The process that answered last. */
  pid = 0
  /** What is wrong with its history, and the last steps of it. After that it calls no more. */
  fault: string | undefined
  #history: History = NEW_HISTORY
  #steps: string[] = []
  #cookie: string | undefined
  #op = 0

  get key(): string | undefined {
    return this.#history.key
  }

  async run(caller: Caller, goesOn: () => boolean): Promise<void> {
    while (goesOn() && this.fault === undefined) {
      await this.write(caller)
      await this.read(caller)
    }
  }

  async write(caller: Caller): Promise<void> {
    if (this.fault !== undefined) return
    const op = ++this.#op
    const answer = await this.#call(caller, 'POST', `/count?op=${op}`)
    if (answer === undefined) this.open++
    else this.acknowledged++
    this.#follow(op, answer)
  }

  async read(caller: Caller): Promise<void> {
    if (this.fault !== undefined) return
    const answer = await this.#call(caller, 'GET', '/count')
    if (answer === undefined) this.failedReads++
    else this.reads++
    this.#follow(0, answer)
  }

  async #call(caller: Caller, method: 'GET' | 'POST', path: string): Promise<Answer | undefined> {
    const called = await caller.call(method, path, this.#cookie).catch((error: Error) => error)
    this.#note(`${method} ${path} → ${called instanceof Error ? called.message : `${called.status} ${called.text}`}`)
    if (called instanceof Error || called.status !== 200) return undefined
    return this.#take(called)
  }

  #take({ cookie, text }: Called): Answer {
    if (cookie !== undefined) this.#cookie = cookie
    const answer = JSON.parse(text) as Answer
    this.pid = answer.pid
    return answer
  }

  #follow(op: number, answer: Answer | undefined): void {
    const next = follow(this.#history, { op, answer })
    if (typeof next === 'string') this.fault = this.#describe(next)
    else this.#history = next
  }

  #note(step: string): void {
    this.#steps.push(step)
    if (this.#steps.length > SHOWN_STEPS) this.#steps.shift()
  }

  #describe(fault: Fault): string {
    return [`${fault} (${FAULTS[fault]}), session ${this.key ?? '(none)'}:`, ...this.#steps].join('\n    ')
  }
}

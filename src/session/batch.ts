/** The changes of one turn of the event loop: numbered, sent as one message, and waited for by the requests in it. */

export class Batch {
  readonly seq: number
  /** The whole message; empty once nobody needs it any more. */
  body: Uint8Array = EMPTY
  /** Members that have it to confirm, and one for the batch being still open. */
  #waiting = 1
  #promise: Promise<void> | undefined
  #resolve: (() => void) | undefined
  #joint: Batch | undefined

  constructor(seq: number) {
    this.seq = seq
  }

  /** Stands for both: settled when they are. */
  static both(one: Batch, other: Batch): Batch {
    const joint = new Batch(0)
    joint.#waiting = 0
    for (const batch of [one, other]) {
      if (batch.#waiting <= 0) continue
      joint.#waiting++
      const before = batch.#joint
      if (before === undefined) batch.#joint = joint
      else void batch.settled()?.then(() => joint.settle())
    }
    return joint
  }

  wait(): void {
    this.#waiting++
  }

  /** One of those who were waited for has it, or never will. */
  settle(): void {
    if (--this.#waiting > 0) return
    this.body = EMPTY
    this.#resolve?.()
    this.#joint?.settle()
  }

  /** Undefined when there is nothing to wait for. Made on demand: nobody asks in asynchronous mode. */
  settled(): Promise<void> | undefined {
    if (this.#waiting <= 0) return undefined
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#promise
  }
}

const EMPTY = new Uint8Array(0)
